/** Timers are one-shot timers by name: setting a name again replaces what waited under it. */
export class Timers<Name extends string> {
  readonly #waiting = new Map<Name, ReturnType<typeof setTimeout>>();

  /** Runs the action once after the wait, in milliseconds. */
  set(name: Name, waitMs: number, action: () => void): void {
    this.clear(name);
    this.#waiting.set(
      name,
      setTimeout(() => {
        this.#waiting.delete(name);
        action();
      }, waitMs),
    );
  }

  /** Whether something waits under this name. */
  has(name: Name): boolean {
    return this.#waiting.has(name);
  }

  /** Forgets what waits under these names; all names when none is given. */
  clear(...names: readonly Name[]): void {
    for (const name of names.length > 0 ? names : [...this.#waiting.keys()]) {
      clearTimeout(this.#waiting.get(name));
      this.#waiting.delete(name);
    }
  }
}
