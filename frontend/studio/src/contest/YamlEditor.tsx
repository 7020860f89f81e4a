import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useEffect, useEffectEvent, useRef } from "react";
import { type ProblemFacts, problemText, stretchOf } from "./definition.model.ts";
import { editorLook } from "./editorLook.ts";

/** A place to put the cursor at; a new object moves it again. */
export interface Jump {
  readonly line: number;
  readonly column: number;
}

interface YamlEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly problems: readonly ProblemFacts[];
  readonly label: string;
  readonly jump?: Jump | undefined;
}

function diagnosticsOf(document: string, problems: readonly ProblemFacts[]): Diagnostic[] {
  return problems.map((problem) => ({
    ...stretchOf(document, problem),
    severity: "error",
    message: problemText(problem),
  }));
}

/** What makes writing YAML comfortable. Mod-Enter is left to the page, which publishes by it. */
const writing = [
  lineNumbers(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  history(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  highlightSelectionMatches(),
  lintGutter(),
  yaml(),
  keymap.of([
    ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
    ...historyKeymap,
    ...searchKeymap,
    ...lintKeymap,
  ]),
];

/** The YAML editor. Tab leaves it, as the keyboard's users expect of a page; it reads from left to right in each language. */
export default function YamlEditor({ value, onChange, problems, label, jump }: YamlEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const report = useEffectEvent(onChange);
  const first = useRef({ value, label });

  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const editor = new EditorView({
      parent,
      state: EditorState.create({
        doc: first.current.value,
        extensions: [
          ...writing,
          EditorView.contentAttributes.of({
            "aria-label": first.current.label,
            spellcheck: "false",
            dir: "ltr",
          }),
          EditorView.lineWrapping,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) report(update.state.doc.toString());
          }),
          editorLook,
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = undefined;
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    editor.dispatch(setDiagnostics(editor.state, diagnosticsOf(editor.state.doc.toString(), problems)));
  }, [problems]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || jump === undefined) return;
    const { from, to } = stretchOf(editor.state.doc.toString(), jump);
    editor.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    editor.focus();
  }, [jump]);

  return <div ref={place} dir="ltr" />;
}
