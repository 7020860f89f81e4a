/**
 * Announcer passes at most one sentence per interval on to a polite live region. What comes faster is replaced by what
 * comes last, so a player hears where he stands and not every place he passed.
 */
export class Announcer {
  readonly #speak: (sentence: string) => void;
  readonly #intervalMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next: string | undefined;

  constructor(speak: (sentence: string) => void, intervalMs = 10_000) {
    this.#speak = speak;
    this.#intervalMs = intervalMs;
  }

  /** Says the sentence now, or as soon as the interval since the last one is over. */
  say(sentence: string): void {
    if (this.#timer !== undefined) {
      this.#next = sentence;
      return;
    }
    this.#speak(sentence);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const next = this.#next;
      this.#next = undefined;
      if (next !== undefined) this.say(next);
    }, this.#intervalMs);
  }

  /** Forgets what waits. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = undefined;
  }
}
