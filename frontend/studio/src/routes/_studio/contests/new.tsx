import { useLingui } from "@lingui/react";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { exampleContest } from "../../../contest/definition.model.ts";
import { EditorRoom } from "../../../contest/EditorRoom.tsx";
import { viewerZone } from "../../../ui/time.model.ts";

export const Route = createFileRoute("/_studio/contests/new")({ component: NewContest });

function NewContest() {
  const { i18n } = useLingui();
  const [example] = useState(() => exampleContest(new Date(), viewerZone()));
  return (
    <EditorRoom
      title={i18n.t("New contest")}
      description={i18n.t("This is an example: change its id and what you like, then publish.")}
      initial={example}
      newest={{ version: 0, yaml: example }}
    />
  );
}
