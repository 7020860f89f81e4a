import { createMemoryHistory, RouterContextProvider } from "@tanstack/react-router";
import { act, type RenderResult, render } from "@testing-library/react";
import { type UserEvent, userEvent } from "@testing-library/user-event";
import type { ReactElement } from "react";
import { activateLocale, type Locale } from "../src/i18n.ts";
import { createStudio, type Studio, StudioRooms, Surroundings } from "../src/studio.tsx";
import { Laurel } from "./laurel.ts";

/** Who looks: in which language, and where. */
export interface Viewer {
  readonly locale?: Locale;
  /** The viewer's own zone; UTC when missing. */
  readonly zone?: string;
}

async function seatedAt(path: string, laurel: Laurel, { locale = "en", zone = "UTC" }: Viewer) {
  process.env.TZ = zone;
  await activateLocale(locale);
  const studio = createStudio(laurel.transport, createMemoryHistory({ initialEntries: [path] }));
  const usual = studio.queryClient.getDefaultOptions();
  studio.queryClient.setDefaultOptions({ ...usual, queries: { ...usual.queries, retryDelay: 1 } });
  // All boxes lie at one place here, so what covers what can't be asked.
  return { studio, user: userEvent.setup({ pointerEventsCheck: 0 }) };
}

/** A studio somebody sits at. */
export interface Seat {
  readonly user: UserEvent;
  readonly studio: Studio;
  /** Where it is, as the address says. */
  readonly address: () => string;
  /** Asks the server again for all that rooms ask for by themselves every few seconds. */
  readonly again: () => Promise<void>;
}

/** Opens the studio at an address. */
export async function openStudio(path: string, laurel: Laurel, viewer: Viewer = {}): Promise<Seat> {
  const { studio, user } = await seatedAt(path, laurel, viewer);
  render(<StudioRooms studio={studio} />);
  return {
    user,
    studio,
    address: () => studio.router.state.location.href,
    again: () =>
      act(() =>
        studio.queryClient.refetchQueries({
          predicate: ({ observers }) => observers.some(({ options }) => Boolean(options.refetchInterval)),
        }),
      ),
  };
}

/** Draws a part of a room by itself; its links have a studio to lead into. */
export async function draw(
  element: ReactElement,
  viewer: Viewer = {},
): Promise<{ readonly user: UserEvent; readonly redraw: RenderResult["rerender"]; readonly studio: Studio }> {
  const { studio, user } = await seatedAt("/", new Laurel(), viewer);
  const { rerender } = render(element, {
    wrapper: ({ children }) => (
      <Surroundings studio={studio}>
        <RouterContextProvider router={studio.router}>{children}</RouterContextProvider>
      </Surroundings>
    ),
  });
  return { user, redraw: rerender, studio };
}
