import { useQuery } from "@connectrpc/connect-query";
import { CatalogService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Button } from "@mantine/core";
import { useDebouncedValue, useHotkeys } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { isFinal } from "../rpc.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { RoomButton } from "../ui/links.tsx";
import { PageHead } from "../ui/PageHead.tsx";
import { Conflict } from "./Conflict.tsx";
import { DefinitionEditor } from "./DefinitionEditor.tsx";
import { RestoredNotice } from "./RestoredNotice.tsx";
import { type Base, useDraft, type Writing } from "./useDraft.ts";
import { type Publication, usePublication } from "./usePublication.tsx";

interface EditorRoomProps {
  readonly title: string;
  readonly description: string;
  /** The contest that is edited; undefined for a new one. */
  readonly contestId?: string;
  /** The document to start from. */
  readonly initial: string;
  /** The newest version; for a new definition version 0 with the document to start from. */
  readonly newest: Base;
}

/** How long typing rests before the server is asked, in milliseconds. */
const checkDelayMillis = 300;
/** How often a check that failed is tried again, in milliseconds. */
const checkAgainMillis = 3_000;

/** Asks the server what is wrong, a moment after the last key. */
function useCheck(yaml: string) {
  const [settled] = useDebouncedValue(yaml, checkDelayMillis);
  const check = useQuery(
    CatalogService.method.checkDefinition,
    { yaml: settled },
    {
      placeholderData: keepPreviousData,
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10_000,
      refetchInterval: ({ state }) =>
        state.status === "error" && !isFinal(state.error) ? checkAgainMillis : false,
    },
  );
  return {
    check,
    checking: check.isFetching || settled !== yaml,
    current: settled === yaml && !check.isPlaceholderData,
  };
}

/** Publishes by the keyboard, and asks before what was written is left behind. */
function useWayOut({ changed, forget }: Writing, submit: () => void) {
  const { i18n } = useLingui();
  useHotkeys(
    [
      ["mod+S", submit],
      ["mod+Enter", submit],
    ],
    [],
    true,
  );
  useBlocker({
    shouldBlockFn: () => {
      if (!changed) return false;
      if (!window.confirm(i18n.t("Leave without publishing your changes?"))) return true;
      forget();
      return false;
    },
    enableBeforeUnload: () => changed,
  });
}

/** Edits, checks and publishes a definition. */
export function EditorRoom({ title, description, contestId, initial, newest }: EditorRoomProps) {
  const { i18n } = useLingui();
  const writing = useDraft(contestId ?? "", initial, newest);
  const { yaml, base, changed, restored } = writing;
  const { check, checking, current } = useCheck(yaml);
  const publication = usePublication(check.data, writing.forget);
  const { refused, theirs, failure, pending } = publication;
  const problems =
    refused?.yaml === yaml && refused.problems.length > 0 ? refused.problems : (check.data?.problems ?? []);
  // What is known to be wrong can't be published; what isn't checked yet the server checks when it is published.
  const sound = check.data !== undefined && !(current && problems.length > 0);
  const ready = theirs === undefined && sound && !pending && (changed || base.version === 0);
  const submit = () => {
    if (ready) publication.publish(yaml, base.version);
  };
  useWayOut(writing, submit);
  return (
    <>
      <PageHead
        title={title}
        description={description}
        actions={
          <>
            {contestId === undefined ? null : (
              <RoomButton to="/contests/$id" params={{ id: contestId }} variant="default">
                {i18n.t("Contest")}
              </RoomButton>
            )}
            <Button onClick={submit} disabled={!ready} loading={pending}>
              {i18n.t("Publish")}
            </Button>
          </>
        }
      />
      {restored === undefined ? null : (
        <RestoredNotice keptAt={new Date(restored.keptAt)} onDrop={writing.restart} />
      )}
      {failure === null ? null : (
        <ErrorNotice error={failure} title={i18n.t("It could not be published.")} onRetry={submit} />
      )}
      {check.error === null ? null : (
        <ErrorNotice
          error={check.error}
          title={i18n.t("The document could not be checked.")}
          onRetry={() => void check.refetch()}
        />
      )}
      <PublishedMeanwhile publication={publication} writing={writing} />
      <DefinitionEditor
        yaml={yaml}
        onChange={writing.setYaml}
        result={check.data}
        problems={problems}
        checking={checking}
      />
    </>
  );
}

interface PublishedMeanwhileProps {
  readonly publication: Publication;
  readonly writing: Writing;
}

/** Lets the author decide between what somebody else published and what he wrote. */
function PublishedMeanwhile({ publication, writing }: PublishedMeanwhileProps) {
  const { theirs, settle } = publication;
  if (theirs === undefined) return null;
  const onTop = () => {
    writing.setBase({ version: theirs.version, yaml: theirs.yaml });
    settle();
  };
  return (
    <Conflict
      theirs={theirs}
      mine={writing.yaml}
      onKeepMine={onTop}
      onTakeTheirs={() => {
        writing.setYaml(theirs.yaml);
        onTop();
      }}
    />
  );
}
