import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./ui/studio.css";
import { TransportProvider } from "@connectrpc/connect-query";
import { createTransport } from "@laurel/client";
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { DirectionProvider, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createRouter, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { activateLocale, locales, preferredLocale } from "./i18n.ts";
import { routeTree } from "./routeTree.gen.ts";
import { studioQueryClient } from "./rpc.ts";
import { NoSuchRoom } from "./ui/NoSuchRoom.tsx";
import { RoomFailed } from "./ui/RoomFailed.tsx";
import { cssVariables, schemeStorage, theme } from "./ui/theme.ts";

const transport = createTransport();
const queryClient = studioQueryClient(() => {
  const { pathname, href } = router.state.location;
  if (pathname === "/signin") return;
  // No question before leaving: there is no way to stay, and what was written is kept.
  void router.navigate({ to: "/signin", search: { to: href, ended: true }, ignoreBlocker: true });
});

const router = createRouter({
  routeTree,
  context: { queryClient, transport },
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  notFoundMode: "root",
  defaultNotFoundComponent: NoSuchRoom,
  defaultErrorComponent: RoomFailed,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

async function start(): Promise<void> {
  const place = document.getElementById("root");
  if (place === null) throw new Error("index.html has no element with id root");
  const locale = preferredLocale();
  await activateLocale(locale);
  createRoot(place).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <DirectionProvider initialDirection={locales[locale].direction} detectDirection={false}>
          <MantineProvider
            theme={theme}
            cssVariablesResolver={cssVariables}
            colorSchemeManager={schemeStorage()}
            defaultColorScheme="auto"
          >
            <TransportProvider transport={transport}>
              <QueryClientProvider client={queryClient}>
                <RouterProvider router={router} />
              </QueryClientProvider>
            </TransportProvider>
          </MantineProvider>
        </DirectionProvider>
      </I18nProvider>
    </StrictMode>,
  );
}

void start();
