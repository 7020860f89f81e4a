import { yaml } from "@codemirror/lang-yaml";
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { editorLook } from "./editorLook.ts";

interface DocumentsComparedProps {
  readonly theirs: string;
  readonly mine: string;
  readonly theirsLabel: string;
  readonly mineLabel: string;
}

/** Two documents side by side with their differences marked. */
export default function DocumentsCompared({ theirs, mine, theirsLabel, mineLabel }: DocumentsComparedProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const side = (doc: string, label: string) => ({
      doc,
      extensions: [
        lineNumbers(),
        yaml(),
        editorLook,
        EditorState.readOnly.of(true),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, dir: "ltr" }),
      ],
    });
    const merge = new MergeView({
      a: side(theirs, theirsLabel),
      b: side(mine, mineLabel),
      parent,
      gutter: true,
    });
    return () => merge.destroy();
  }, [theirs, mine, theirsLabel, mineLabel]);
  return <div ref={place} dir="ltr" />;
}
