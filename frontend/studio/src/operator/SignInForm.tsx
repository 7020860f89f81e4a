import { Code, ConnectError } from "@connectrpc/connect";
import { useLingui } from "@lingui/react";
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Notice } from "../ui/Notice.tsx";

interface SignInFormProps {
  readonly busy: boolean;
  readonly error: unknown;
  readonly onSignIn: (name: string, password: string) => void;
}

/** Name and password. */
export function SignInForm({ busy, error, onSignIn }: SignInFormProps) {
  const { i18n } = useLingui();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSignIn(name.trim(), password);
  };
  const cause = error === null || error === undefined ? undefined : ConnectError.from(error);
  const wrong = cause?.code === Code.Unauthenticated;
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {cause === undefined ? null : (
          <Notice
            tone="bad"
            role="alert"
            title={wrong ? i18n.t("Name or password is wrong.") : i18n.t("Signing in failed.")}
          >
            {wrong ? null : <bdi lang="en">{cause.rawMessage}</bdi>}
          </Notice>
        )}
        <TextInput
          label={i18n.t("Name")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          required
          withAsterisk={false}
          maxLength={64}
          size="md"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label={i18n.t("Password")}
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          maxLength={256}
          size="md"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": i18n.t("Show password"), tabIndex: 0 }}
        />
        <Button type="submit" size="md" loading={busy} fullWidth>
          {i18n.t("Sign in")}
        </Button>
      </Stack>
    </form>
  );
}
