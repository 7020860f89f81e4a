import { useLingui } from "@lingui/react";
import { Button, Code, CopyButton } from "@mantine/core";
import { Panel } from "../ui/Panel.tsx";

/** The published document, to read and to copy. */
export function DefinitionText({ yaml }: { readonly yaml: string }) {
  const { i18n } = useLingui();
  return (
    <Panel
      title={i18n.t("Definition")}
      aside={
        <CopyButton value={yaml}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? i18n.t("Copied") : i18n.t("Copy")}
            </Button>
          )}
        </CopyButton>
      }
    >
      <Code block tabIndex={0} role="region" aria-label={i18n.t("Definition in YAML")}>
        {yaml}
      </Code>
    </Panel>
  );
}
