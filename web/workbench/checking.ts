// What is wrong with a query, as the service says it, at its place while somebody types.
import { linter, type Diagnostic } from "@codemirror/lint";
import type { EditorState, Text } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";

interface Found {
  message: string;
  advice?: string;
  line?: number;
  column?: number;
  length?: number;
}

interface Told {
  problem?: Found;
  hints: Found[];
}

/** Milliseconds without a key after which is asked. */
const PAUSE = 400;

function offset(text: Text, { line = 1, column = 1 }: Found): number {
  const found = text.line(Math.min(Math.max(line, 1), text.lines));
  // Columns count characters, and not halves of them.
  const before = [...found.text].slice(0, column - 1).join("").length;
  return found.from + Math.min(before, found.length);
}

function end(state: EditorState, from: number, length = 0): number {
  const rest = state.sliceDoc(from, state.doc.lineAt(from).to);
  return from + (length || /^[\p{L}\d_:?$-]+|^\S?/u.exec(rest)?.[0].length || 0);
}

function diagnostic(state: EditorState, found: Found, severity: Diagnostic["severity"]): Diagnostic {
  const from = offset(state.doc, found);
  // The place is shown by the mark.
  const said = found.message.replace(/^line \d+, column \d+: /, "");
  return { from, to: end(state, from, found.length), severity, message: [said, found.advice].filter(Boolean).join(". ") };
}

/** The extension that checks; `tell` gets the first mistake, or nothing. */
export function checking(tell: (first: Diagnostic | null) => void): ReturnType<typeof linter> {
  let asked = new AbortController();
  const source = async (view: EditorView): Promise<Diagnostic[]> => {
    asked.abort();
    asked = new AbortController();
    const { state } = view;
    const query = state.doc.toString();
    if (!query.trim()) return [];
    try {
      const headers = { "Content-Type": "application/sparql-query" };
      const answer = await fetch("/sparql/check", { method: "POST", headers, body: query, signal: asked.signal });
      if (!answer.ok) return [];
      const { problem, hints } = (await answer.json()) as Told;
      const found = hints.map((hint) => diagnostic(state, hint, "warning"));
      if (problem) found.unshift(diagnostic(state, problem, "error"));
      tell(found[0] ?? null);
      return found;
    } catch {
      return [];
    }
  };
  return linter(source, { delay: PAUSE });
}
