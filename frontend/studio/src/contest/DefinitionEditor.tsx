import type { CheckDefinitionResponse } from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";
import { useLingui } from "@lingui/react";
import { Grid, Skeleton, Stack, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { CheckResult } from "./CheckResult.tsx";
import type { ProblemFacts } from "./definition.model.ts";
import type { Jump } from "./YamlEditor.tsx";

const YamlEditor = lazy(() => import("./YamlEditor.tsx"));

interface DefinitionEditorProps {
  readonly yaml: string;
  readonly onChange: (yaml: string) => void;
  readonly result: CheckDefinitionResponse | undefined;
  readonly problems: readonly ProblemFacts[];
  readonly checking: boolean;
}

/** The document and, beside it, what the server says of it. */
export function DefinitionEditor({ yaml, onChange, result, problems, checking }: DefinitionEditorProps) {
  const { i18n } = useLingui();
  const [jump, setJump] = useState<Jump>();
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <Stack gap="xs">
          <Suspense fallback={<Skeleton height={420} animate={false} />}>
            <YamlEditor
              value={yaml}
              onChange={onChange}
              problems={problems}
              label={i18n.t("Definition in YAML")}
              jump={jump}
            />
          </Suspense>
          <Text size="xs" c="dimmed">
            {i18n.t("Ctrl S or Ctrl Enter publishes. Tab leaves the editor, Ctrl F finds.")}
          </Text>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <CheckResult
          result={result}
          problems={problems}
          checking={checking}
          onChoose={({ line, column }) => setJump({ line, column })}
        />
      </Grid.Col>
    </Grid>
  );
}
