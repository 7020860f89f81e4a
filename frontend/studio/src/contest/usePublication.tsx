import { Code, type ConnectError } from "@connectrpc/connect";
import { callUnaryMethod, createConnectQueryKey, useMutation, useTransport } from "@connectrpc/connect-query";
import { CatalogService, ContestService } from "@laurel/client";
import {
  type CheckDefinitionResponse,
  type Definition,
  PublishProblemsSchema,
} from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";
import { useLingui } from "@lingui/react";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useFormat } from "../ui/useFormat.ts";
import type { ProblemFacts } from "./definition.model.ts";
import { Published } from "./Published.tsx";

/** How long the note of a publication stays, in milliseconds: it holds the way back. */
const noteMillis = 12_000;

/** The kind that has rooms; of other kinds only the document is written here. */
const contestKind = "Contest";

/** A publication under way, and what came of the last one. */
export interface Publication {
  readonly publish: (yaml: string, baseVersion: number) => void;
  readonly pending: boolean;
  /** Problems for which a document was refused, with that document. */
  readonly refused: { readonly yaml: string; readonly problems: ProblemFacts[] } | undefined;
  /** What somebody else published meanwhile; undefined once it is settled. */
  readonly theirs: Definition | undefined;
  readonly settle: () => void;
  /** Any other failure. */
  readonly failure: ConnectError | null;
}

/** Problems that came with a refused publication. */
function problemsOf(error: ConnectError | null): ProblemFacts[] {
  return error?.findDetails(PublishProblemsSchema).flatMap((detail) => detail.problems) ?? [];
}

/**
 * Publishes, tells what came of it, and goes to the contest; to all of them after a document of another kind. `checked` is what the
 * server read in the document.
 */
export function usePublication(
  checked: CheckDefinitionResponse | undefined,
  onPublished: () => void,
): Publication {
  const { i18n } = useLingui();
  const format = useFormat();
  const navigate = useNavigate();
  const transport = useTransport();
  const queryClient = useQueryClient();
  const [theirs, setTheirs] = useState<Definition>();
  const [refused, setRefused] = useState<Publication["refused"]>();

  const publish = useMutation(CatalogService.method.publishDefinition, {
    onSuccess: async ({ definition }) => {
      if (definition === undefined) return;
      onPublished();
      const services = [ContestService, CatalogService].map((schema) =>
        queryClient.invalidateQueries({
          queryKey: createConnectQueryKey({ schema, transport, cardinality: undefined }),
        }),
      );
      await Promise.all(services);
      notifications.show({
        role: "status",
        autoClose: noteMillis,
        message: (
          <Published
            text={i18n.t("Version {version} is published.", { version: format.count(definition.version) })}
            contestId={definition.kind === contestKind ? definition.id : undefined}
            version={definition.version}
          />
        ),
        closeButtonProps: { "aria-label": i18n.t("Close") },
      });
      await (definition.kind === contestKind
        ? navigate({ to: "/contests/$id", params: { id: definition.id }, ignoreBlocker: true })
        : navigate({ to: "/contests", ignoreBlocker: true }));
    },
    onError: async (error, input) => {
      if (error.code === Code.InvalidArgument) {
        setRefused({ yaml: input.yaml ?? "", problems: problemsOf(error) });
        return;
      }
      const id = checked?.id ?? "";
      if (error.code !== Code.FailedPrecondition || id === "") return;
      const newest = await callUnaryMethod(transport, CatalogService.method.getDefinition, {
        kind: checked?.kind || contestKind,
        id,
        version: 0,
      });
      setTheirs(newest.definition);
    },
  });
  const explained = theirs !== undefined || problemsOf(publish.error).length > 0;
  return {
    publish: (yaml, baseVersion) => publish.mutate({ yaml, baseVersion }),
    pending: publish.isPending,
    refused,
    theirs,
    settle: () => {
      setTheirs(undefined);
      publish.reset();
    },
    failure: explained ? null : publish.error,
  };
}
