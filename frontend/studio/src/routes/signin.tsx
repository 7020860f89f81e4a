import { useMutation } from "@connectrpc/connect-query";
import { OperatorService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Center, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { SignInForm } from "../operator/SignInForm.tsx";
import { safeReturn } from "../operator/session.model.ts";
import { LanguageMenu, SchemeMenu } from "../ui/Choices.tsx";
import { LaurelMark } from "../ui/icons.tsx";

/** What the address says of the sign-in. */
interface SignInSearch {
  /** Where to go on afterwards. */
  readonly to?: string;
  /** A session ended while its operator was at work. */
  readonly ended?: boolean;
}

export const Route = createFileRoute("/signin")({
  validateSearch: (search: Record<string, unknown>): SignInSearch => {
    const to = safeReturn(search.to);
    return { ...(to === "/" ? {} : { to }), ...(search.ended === true ? { ended: true } : {}) };
  },
  component: SignIn,
});

function SignIn() {
  const { i18n } = useLingui();
  const { to, ended = false } = Route.useSearch();
  const navigate = Route.useNavigate();
  const { queryClient } = Route.useRouteContext();
  const signIn = useMutation(OperatorService.method.signIn, {
    onSuccess: async () => {
      // What another operator saw must not stay.
      queryClient.clear();
      await navigate({ href: safeReturn(to) });
    },
  });
  return (
    <Center component="main" mih="100dvh" p="md">
      <title>{`${i18n.t("Sign in")} · Laurel`}</title>
      <Stack w="100%" maw={380} gap="md">
        <Paper withBorder p="xl" bg="var(--laurel-surface)">
          <Stack gap="lg">
            <Group gap="sm">
              <LaurelMark size={40} />
              <div>
                <Title order={1} size="h3">
                  {i18n.t("Sign in to Laurel")}
                </Title>
                <Text c="dimmed" size="sm">
                  {i18n.t("Contests, boards and rewards")}
                </Text>
              </div>
            </Group>
            {ended ? (
              <Text size="sm" role="status">
                {i18n.t("Your session ended. Sign in and go on where you were; what you wrote is kept.")}
              </Text>
            ) : null}
            <SignInForm
              busy={signIn.isPending}
              error={signIn.error}
              onSignIn={(name, password) => signIn.mutate({ name, password })}
            />
          </Stack>
        </Paper>
        <Group justify="center" gap="xs">
          <LanguageMenu />
          <SchemeMenu />
        </Group>
      </Stack>
    </Center>
  );
}
