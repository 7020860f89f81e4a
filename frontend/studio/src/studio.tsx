import type { Transport } from "@connectrpc/connect";
import { createConnectQueryKey, TransportProvider } from "@connectrpc/connect-query";
import { OperatorService } from "@laurel/client";
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { DirectionProvider, MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRouter, type RouterHistory, RouterProvider } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { locales, pickLocale } from "./i18n.ts";
import { routeTree } from "./routeTree.gen.ts";
import { studioQueryClient } from "./rpc.ts";
import { NoSuchRoom } from "./ui/NoSuchRoom.tsx";
import { RoomFailed } from "./ui/RoomFailed.tsx";
import { cssVariables, schemeStorage, theme } from "./ui/theme.ts";

function studioRouter(queryClient: QueryClient, transport: Transport, history: RouterHistory | undefined) {
  return createRouter({
    routeTree,
    context: { queryClient, transport },
    ...(history === undefined ? {} : { history }),
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    notFoundMode: "root",
    defaultNotFoundComponent: NoSuchRoom,
    defaultErrorComponent: RoomFailed,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof studioRouter>;
  }
}

/** The studio before it is drawn: where one is in it, what was read, and the way to the server. */
export interface Studio {
  readonly router: ReturnType<typeof studioRouter>;
  readonly queryClient: QueryClient;
  readonly transport: Transport;
}

/** Puts the studio together; `history` is the browser's own when missing. A session that ends leads to the sign-in. */
export function createStudio(transport: Transport, history?: RouterHistory): Studio {
  const schema = OperatorService.method.getSession;
  const session = createConnectQueryKey({ schema, input: {}, transport, cardinality: "finite" });
  const queryClient = studioQueryClient(() => {
    const { pathname, href } = router.state.location;
    // Where nobody was signed in no session ended: the way into the rooms leads to the sign-in by itself.
    if (pathname === "/signin" || queryClient.getQueryData(session) === undefined) return;
    // No question before leaving: there is no way to stay, and what was written is kept.
    void router.navigate({ to: "/signin", search: { to: href, ended: true }, ignoreBlocker: true });
  });
  const router = studioRouter(queryClient, transport, history);
  return { router, queryClient, transport };
}

/** What each part of the studio stands in: the current language, its direction, the look, and the way to the server. */
export function Surroundings({
  studio,
  children,
}: {
  readonly studio: Studio;
  readonly children: ReactNode;
}) {
  return (
    <I18nProvider i18n={i18n}>
      <DirectionProvider
        initialDirection={locales[pickLocale([i18n.locale])].direction}
        detectDirection={false}
      >
        <MantineProvider
          theme={theme}
          cssVariablesResolver={cssVariables}
          colorSchemeManager={schemeStorage()}
          defaultColorScheme="auto"
        >
          <TransportProvider transport={studio.transport}>
            <QueryClientProvider client={studio.queryClient}>{children}</QueryClientProvider>
          </TransportProvider>
        </MantineProvider>
      </DirectionProvider>
    </I18nProvider>
  );
}

/** The whole studio. */
export function StudioRooms({ studio }: { readonly studio: Studio }) {
  return (
    <Surroundings studio={studio}>
      <RouterProvider router={studio.router} />
    </Surroundings>
  );
}
