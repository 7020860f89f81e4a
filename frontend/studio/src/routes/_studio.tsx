import { createQueryOptions, useMutation } from "@connectrpc/connect-query";
import { OperatorService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Center, Container } from "@mantine/core";
import { spotlight } from "@mantine/spotlight";
import { createFileRoute, Outlet, redirect, useLocation, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useNamedContests } from "../contest/useNamedContests.ts";
import { LiveProvider } from "../leaderboard/live.tsx";
import { useSession } from "../operator/useSession.ts";
import { isUnauthenticated } from "../rpc.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Frame } from "../ui/Frame.tsx";
import { Palette } from "../ui/Palette.tsx";

export const Route = createFileRoute("/_studio")({
  beforeLoad: async ({ context, location }) => {
    const session = createQueryOptions(
      OperatorService.method.getSession,
      {},
      { transport: context.transport },
    );
    try {
      await context.queryClient.ensureQueryData({ ...session, staleTime: Number.POSITIVE_INFINITY });
    } catch (error) {
      if (isUnauthenticated(error)) {
        throw redirect({ to: "/signin", search: location.href === "/" ? {} : { to: location.href } });
      }
      throw error;
    }
  },
  component: Studio,
  errorComponent: NoServer,
});

/** Moves the focus to the content when the room changes, so that keyboard and screen reader start there. */
function useFocusOnRoom(): void {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [pathname]);
}

function Studio() {
  const { queryClient } = Route.useRouteContext();
  const router = useRouter();
  const session = useSession();
  const [query, setQuery] = useState("");
  const named = useNamedContests(query);
  const signOut = useMutation(OperatorService.method.signOut, {
    onSettled: async () => {
      queryClient.clear();
      await router.navigate({ to: "/signin" });
    },
  });
  useFocusOnRoom();
  return (
    <LiveProvider>
      <Frame
        operatorName={session?.operator?.name ?? ""}
        roles={session?.operator?.roles ?? []}
        serverVersion={session?.serverVersion ?? ""}
        onSearch={spotlight.open}
        onSignOut={() => signOut.mutate({})}
      >
        <Outlet />
      </Frame>
      <Palette
        contests={named.contests}
        query={query}
        onQuery={setQuery}
        roles={session?.operator?.roles ?? []}
        onOpen={named.refetch}
        onGo={(path) => void router.navigate({ href: path })}
        onSignOut={() => signOut.mutate({})}
      />
    </LiveProvider>
  );
}

function NoServer({ error }: { readonly error: unknown }) {
  const { i18n } = useLingui();
  const router = useRouter();
  return (
    <Center component="main" mih="100dvh">
      <Container size="xs" w="100%">
        <title>Laurel</title>
        <ErrorNotice
          error={error}
          title={i18n.t("The studio could not start.")}
          onRetry={() => void router.invalidate()}
        />
      </Container>
    </Center>
  );
}
