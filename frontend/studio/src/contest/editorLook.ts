import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Colours of the editor, from the studio's variables so that they follow the colour scheme. */
export const editorLook = [
  EditorView.theme({
    "&": {
      fontSize: "0.875rem",
      backgroundColor: "var(--laurel-surface)",
      color: "var(--mantine-color-text)",
      border: "1px solid var(--laurel-line)",
      borderRadius: "var(--mantine-radius-md)",
      overflow: "hidden",
    },
    "&.cm-focused": { outline: "2px solid var(--laurel-accent-text)", outlineOffset: "1px" },
    ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "1.6" },
    ".cm-content": { caretColor: "var(--mantine-color-text)", paddingBlock: "0.75rem" },
    ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)" },
    ".cm-gutters": {
      backgroundColor: "transparent",
      color: "var(--mantine-color-dimmed)",
      border: "none",
    },
    ".cm-activeLine, .cm-activeLineGutter": {
      backgroundColor: "light-dark(rgb(23 96 63 / 5%), rgb(255 255 255 / 4%))",
    },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "light-dark(#cfe7da, #2d4a3b)",
    },
    ".cm-tooltip": {
      backgroundColor: "var(--laurel-surface)",
      color: "var(--mantine-color-text)",
      border: "1px solid var(--laurel-line)",
      borderRadius: "var(--mantine-radius-sm)",
    },
    ".cm-panels": { backgroundColor: "var(--laurel-surface)", color: "var(--mantine-color-text)" },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "light-dark(#17603f, #8bc9a6)" },
      { tag: [tags.string, tags.special(tags.string)], color: "light-dark(#8a4b08, #ffc46b)" },
      { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "light-dark(#234a94, #a9c5ff)" },
      { tag: tags.comment, color: "var(--mantine-color-dimmed)", fontStyle: "italic" },
    ]),
  ),
];
