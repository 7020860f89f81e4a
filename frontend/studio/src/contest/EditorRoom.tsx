import { Code, type ConnectError } from "@connectrpc/connect";
import {
  callUnaryMethod,
  createConnectQueryKey,
  useMutation,
  useQuery,
  useTransport,
} from "@connectrpc/connect-query";
import { CatalogService, ContestService } from "@laurel/client";
import { type Definition, PublishProblemsSchema } from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";
import { useLingui } from "@lingui/react";
import { Button } from "@mantine/core";
import { useDebouncedValue, useHotkeys } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { keepPreviousData, useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { PageHead } from "../ui/PageHead.tsx";
import { useFormat } from "../ui/useFormat.ts";
import { Conflict } from "./Conflict.tsx";
import { DefinitionEditor } from "./DefinitionEditor.tsx";
import { hasChanged, type ProblemFacts } from "./definition.model.ts";

interface EditorRoomProps {
  readonly title: string;
  readonly description: string;
  /** The document to start from. */
  readonly initial: string;
  /** The version it is; 0 for a new definition. */
  readonly baseVersion: number;
}

/** How long typing rests before the server is asked, in milliseconds. */
const checkDelayMillis = 300;

/** Problems that came with a refused publication. */
function problemsOf(error: ConnectError | null): ProblemFacts[] {
  return error?.findDetails(PublishProblemsSchema).flatMap((detail) => detail.problems) ?? [];
}

/** Asks the server what is wrong, a moment after the last key. */
function useCheck(yaml: string) {
  const [settled] = useDebouncedValue(yaml, checkDelayMillis);
  const check = useQuery(
    CatalogService.method.checkDefinition,
    { yaml: settled },
    { placeholderData: keepPreviousData, staleTime: Number.POSITIVE_INFINITY, gcTime: 10_000 },
  );
  return {
    check,
    checking: check.isFetching || settled !== yaml,
    current: settled === yaml && !check.isPlaceholderData,
  };
}

/** Edits, checks and publishes a definition. */
export function EditorRoom({ title, description, initial, baseVersion }: EditorRoomProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const navigate = useNavigate();
  const transport = useTransport();
  const queryClient = useQueryClient();
  const [yaml, setYaml] = useState(initial);
  const [base, setBase] = useState({ version: baseVersion, yaml: initial });
  const [theirs, setTheirs] = useState<Definition>();
  const [refused, setRefused] = useState<{ yaml: string; problems: ProblemFacts[] }>();
  const { check, checking, current } = useCheck(yaml);

  const publish = useMutation(CatalogService.method.publishDefinition, {
    onSuccess: async ({ definition }) => {
      if (definition === undefined) return;
      await Promise.all([
        queryClient.invalidateQueries({
          queryKey: createConnectQueryKey({ schema: ContestService, transport, cardinality: undefined }),
        }),
        queryClient.invalidateQueries({
          queryKey: createConnectQueryKey({ schema: CatalogService, transport, cardinality: undefined }),
        }),
      ]);
      notifications.show({
        role: "status",
        message: i18n.t("Version {version} is published.", { version: format.count(definition.version) }),
        closeButtonProps: { "aria-label": i18n.t("Close") },
      });
      await navigate({ to: "/contests/$id", params: { id: definition.id }, ignoreBlocker: true });
    },
    onError: async (error, input) => {
      if (error.code === Code.InvalidArgument) {
        setRefused({ yaml: input.yaml ?? "", problems: problemsOf(error) });
        return;
      }
      const id = check.data?.id ?? "";
      if (error.code !== Code.FailedPrecondition || id === "") return;
      const newest = await callUnaryMethod(transport, CatalogService.method.getDefinition, {
        kind: check.data?.kind || "Contest",
        id,
        version: 0,
      });
      setTheirs(newest.definition);
    },
  });
  const problems =
    refused?.yaml === yaml && refused.problems.length > 0 ? refused.problems : (check.data?.problems ?? []);
  // What is known to be wrong can't be published; what isn't checked yet the server checks when it is published.
  const conflict = theirs !== undefined;
  const ready =
    !conflict && check.data !== undefined && !(current && problems.length > 0) && !publish.isPending;
  const submit = () => {
    if (ready) publish.mutate({ yaml, baseVersion: base.version });
  };
  useHotkeys(
    [
      ["mod+S", submit],
      ["mod+Enter", submit],
    ],
    [],
    true,
  );
  useBlocker({
    shouldBlockFn: () =>
      hasChanged(base.yaml, yaml) && !window.confirm(i18n.t("Leave without publishing your changes?")),
    enableBeforeUnload: () => hasChanged(base.yaml, yaml),
  });
  const failure = conflict || problemsOf(publish.error).length > 0 ? null : publish.error;
  return (
    <>
      <PageHead
        title={title}
        description={description}
        actions={
          <Button onClick={submit} disabled={!ready} loading={publish.isPending}>
            {i18n.t("Publish")}
          </Button>
        }
      />
      {failure === null || failure === undefined ? null : (
        <ErrorNotice error={failure} title={i18n.t("It could not be published.")} onRetry={submit} />
      )}
      {check.error === null ? null : (
        <ErrorNotice
          error={check.error}
          title={i18n.t("The document could not be checked.")}
          onRetry={() => void check.refetch()}
        />
      )}
      {conflict ? (
        <Conflict
          theirs={theirs}
          mine={yaml}
          onKeepMine={() => {
            setBase({ version: theirs.version, yaml: theirs.yaml });
            setTheirs(undefined);
          }}
          onTakeTheirs={() => {
            setBase({ version: theirs.version, yaml: theirs.yaml });
            setYaml(theirs.yaml);
            setTheirs(undefined);
          }}
        />
      ) : null}
      <DefinitionEditor
        yaml={yaml}
        onChange={setYaml}
        result={check.data}
        problems={problems}
        checking={checking}
      />
    </>
  );
}
