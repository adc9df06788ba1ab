// The editor in the place of the text area, whose text it keeps: without it the form is sent as ever.
import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, selectedCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, LanguageSupport, syntaxHighlighting } from "@codemirror/language";
import { forEachDiagnostic, lintGutter, lintKeymap, type Diagnostic } from "@codemirror/lint";
import { EditorState, Prec, type Extension } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { styleTags, tags } from "@lezer/highlight";
import { SparqlLanguage } from "codemirror-lang-sparql";
import { checking } from "./checking";
import { completing } from "./completion";

// The package gives short names of IRIs no look.
const LANGUAGE = new LanguageSupport(
  SparqlLanguage.configure({ props: [styleTags({ "Pname_ln Pname_ns": tags.namespace, A_predicate: tags.keyword })] }),
);

// The colours are those of the style sheet, for light and dark.
const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)", fontWeight: "600" },
  { tag: [tags.variableName], color: "var(--code-variable)" },
  { tag: [tags.string, tags.url, tags.annotation], color: "var(--code-string)" },
  { tag: [tags.integer, tags.float, tags.bool], color: "var(--code-number)" },
  { tag: [tags.namespace, tags.typeName], color: "var(--code-name)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]);

const LOOK = EditorView.theme({
  "&": { backgroundColor: "var(--tint)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: ".5rem", fontSize: ".9rem" },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", minHeight: "14rem", maxHeight: "min(34rem, 70vh)" },
  ".cm-content": { padding: ".6rem 0", caretColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--quiet)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  ".cm-matchingBracket": { backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent) !important" },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: ".4rem", maxWidth: "min(36rem, 90vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "18rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".2rem .6rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--paper)" },
  ".cm-completionDetail": { fontFamily: "system-ui, sans-serif", fontStyle: "normal", color: "var(--quiet)", marginLeft: ".8rem" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  // The pictures that these have of their own are data in addresses, which the Content-Security-Policy refuses.
  ".cm-lintRange-error, .cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warn) 1.5px", textUnderlineOffset: "3px" },
  ".cm-lint-marker": { content: "normal", color: "var(--warn)", lineHeight: "1.5" },
  ".cm-lint-marker-error, .cm-lint-marker-warning, .cm-lint-marker-info": { content: "normal" },
  ".cm-lint-marker::before": { content: "'●'" },
  ".cm-lint-marker-warning::before": { content: "'▲'" },
  ".cm-diagnostic": { padding: ".4rem .7rem", borderLeftWidth: ".3rem", fontFamily: "system-ui, sans-serif", overflowWrap: "anywhere" },
});

// Where a selection is typed over, a browser gives the new text the look of the old one as a style of its own, which the
// Content-Security-Policy refuses; so it is done here. Brackets and quotes go around a selection.
const TYPING_OVER = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data, inputType } = event;
    if (inputType !== "insertText" || !data || /[([{"']/.test(data)) return false;
    if (view.composing || view.state.selection.main.empty) return false;
    view.dispatch(view.state.replaceSelection(data), { userEvent: "input.type" });
    return true;
  },
});

// Where the chosen suggestion stands there already, Enter is a new line, as whoever wrote it out expects.
const WRITTEN_OUT = Prec.highest(keymap.of([{
  key: "Enter",
  run(view) {
    const { head } = view.state.selection.main;
    const label = selectedCompletion(view.state)?.label;
    if (label && view.state.sliceDoc(Math.max(0, head - label.length), head) === label) closeCompletion(view);
    return false;
  },
}]));

function isWrong(state: EditorState): boolean {
  let found = false;
  forEachDiagnostic(state, ({ severity }) => (found ||= severity === "error"));
  return found;
}

/** Text for who listens, in the tree of the editor: names reach no further. */
function said(root: ShadowRoot, id: string, text: string): HTMLElement {
  const made = document.createElement("p");
  made.id = id;
  made.hidden = true;
  made.textContent = text;
  root.append(made);
  return made;
}

export interface Editor {
  readonly view: EditorView;
  text: string;
  focus(): void;
}

interface Wishes {
  label: string;
  help: string;
  mandatory: string;
  run(): void;
  changed(): void;
  /** Show the first mistake, and return it in words. */
  wrong(first: Diagnostic | null, state: EditorState): string;
}

/** Put an editor into a panel; what is written goes to the text area, too. */
export function editorFor(area: HTMLTextAreaElement, panel: HTMLElement, wishes: Wishes): Editor {
  const host = document.createElement("div");
  host.className = "editor";
  // In a shadow tree its styles are sheets that the page adopts, which the Content-Security-Policy lets pass.
  const root = host.attachShadow({ mode: "open" });
  panel.append(host);
  said(root, "help", wishes.help);
  const mistake = said(root, "mistake", "");
  area.hidden = true;
  const run = { key: "Mod-Enter", preventDefault: true, run: () => (wishes.run(), true) };
  const extensions: Extension = [
    lineNumbers(), lintGutter(), history(), indentOnInput(), bracketMatching(), closeBrackets(), highlightActiveLine(),
    EditorView.lineWrapping, EditorState.tabSize.of(2), LANGUAGE, syntaxHighlighting(COLOURS), LOOK, TYPING_OVER,
    // Before the keys of suggestions.
    WRITTEN_OUT,
    autocompletion({ override: [completing(wishes.mandatory)], icons: false, maxRenderedOptions: 80 }),
    checking((first) => (mistake.textContent = wishes.wrong(first, view.state))),
    EditorView.contentAttributes.of({ "aria-label": wishes.label, "aria-describedby": "help mistake", spellcheck: "false", autocapitalize: "off" }),
    EditorView.contentAttributes.of(({ state }) => ({ "aria-invalid": String(isWrong(state)) })),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      area.value = update.state.doc.toString();
      wishes.changed();
    }),
    // Tab is not taken: it leaves the editor.
    keymap.of([run, ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
  ];
  const begin = (doc: string): EditorState => EditorState.create({ doc, extensions });
  const view: EditorView = new EditorView({ state: begin(area.value), parent: root, root });
  return {
    view,
    get text() {
      return view.state.doc.toString();
    },
    set text(text: string) {
      area.value = text;
      view.setState(begin(text));
    },
    focus: () => view.focus(),
  };
}
