import { useLingui } from "@lingui/react";
import { Container } from "@mantine/core";
import { ErrorNotice } from "./ErrorNotice.tsx";

/** What a room shows when it broke, for example when a newer studio was installed and its old parts are gone. */
export function RoomFailed({ error }: { readonly error: unknown }) {
  const { i18n } = useLingui();
  return (
    <Container size="sm" py="xl">
      <ErrorNotice
        error={error}
        title={i18n.t("This page broke. Loading it anew may help.")}
        onRetry={() => window.location.reload()}
      />
    </Container>
  );
}
