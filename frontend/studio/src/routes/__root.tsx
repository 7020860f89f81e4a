import type { Transport } from "@connectrpc/connect";
import { Notifications } from "@mantine/notifications";
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, Outlet } from "@tanstack/react-router";

interface StudioContext {
  readonly queryClient: QueryClient;
  readonly transport: Transport;
}

export const Route = createRootRouteWithContext<StudioContext>()({
  component: () => (
    <>
      <Outlet />
      <Notifications position="bottom-right" />
    </>
  ),
});
