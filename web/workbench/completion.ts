// What can be written at a place of a query.
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { isType, placeAfter, triplesOf, type Place } from "./pattern";
import { vocabulary, type Term, type Vocabulary } from "./vocabulary";

const KEYWORDS =
  "SELECT DISTINCT WHERE OPTIONAL UNION FILTER EXISTS MINUS BIND VALUES GRAPH ORDER GROUP HAVING LIMIT OFFSET ASK CONSTRUCT DESCRIBE PREFIX AS BY ASC DESC IN NOT COUNT SUM AVG MIN MAX SAMPLE GROUP_CONCAT STR LANG DATATYPE CONTAINS STRSTARTS STRENDS LCASE UCASE REGEX REPLACE CONCAT IF COALESCE BOUND YEAR isIRI isLiteral".split(" ");
const MOST = 80;
const LEAST_OF_A_NAME = 3;

interface Suggested extends Completion {
  rank: number;
}

/** How well a term fits what is typed: 0 not at all. */
function fit(typed: string, { name, label }: Term): number {
  const wanted = typed.toLowerCase();
  const written = name.toLowerCase();
  if (!wanted) return 1;
  if (written.startsWith(wanted)) return 4 + wanted.length / written.length;
  if (wanted.includes(":")) return 0;
  const local = written.slice(written.indexOf(":") + 1);
  if (local.startsWith(wanted)) return 3 + wanted.length / local.length;
  const words = label.toLowerCase();
  if (words.startsWith(wanted)) return 3;
  return words.includes(` ${wanted}`) || written.includes(wanted) ? 1 : 0;
}

function suggested(term: Term, rank: number, typed: string, more = ""): Suggested[] {
  const found = fit(typed, term);
  const detail = [term.label, more].filter(Boolean).join(" · ");
  return found ? [{ label: term.name, detail, rank: rank + found }] : [];
}

function properties(known: Vocabulary, place: Place, text: string, typed: string, mandatory: string): Suggested[] {
  const own = known.propertiesOf(known.classesOf(place.subject, triplesOf(text)));
  const found = known.told.properties.flatMap((each) => {
    const needed = own.get(each.name);
    return suggested(each, needed ? 200 : needed === false ? 100 : 0, typed, needed ? mandatory : "");
  });
  for (const [name, needed] of own) {
    if (!known.property(name)) found.push(...suggested({ name, label: "" }, needed ? 200 : 100, typed, needed ? mandatory : ""));
  }
  return [...suggested({ name: "a", label: "" }, 300, typed), ...found];
}

function values(known: Vocabulary, place: Place, typed: string): Suggested[] {
  if (isType(place.predicate)) {
    const most = Math.max(...known.told.classes.map(({ count }) => count), 1);
    return known.told.classes.flatMap((each) => suggested(each, (100 * each.count) / most, typed, each.count ? String(each.count) : ""));
  }
  const list = known.property(place.predicate)?.list;
  return known.told.codes.flatMap((each) => suggested(each, each.list === list ? 200 : 0, typed, list ? "" : each.list));
}

async function things(known: Vocabulary, typed: string, context: CompletionContext): Promise<Suggested[]> {
  if (typed.length < LEAST_OF_A_NAME || typed.includes(":")) return [];
  const stop = new AbortController();
  context.addEventListener("abort", () => stop.abort(), { onDocChange: true });
  const asking = new URLSearchParams({ q: typed, lang: document.documentElement.lang });
  try {
    const answer = await fetch(`/search/suggest?${asking}`, { signal: stop.signal });
    const told = (await answer.json()) as { groups: { hits: { label: string; class: string; iri: string }[] }[] };
    const hits = told.groups.flatMap((group) => group.hits).filter((hit) => hit.iri);
    return hits.map((hit, place) => ({ label: known.written(hit.iri), detail: `${hit.label} · ${hit.class}`, rank: 90 - place }));
  } catch {
    return [];
  }
}

function variables(text: string, typed: string): Suggested[] {
  const names = new Set(text.match(/[?$][\p{L}\d_]+/gu) ?? []);
  names.delete(typed);
  return [...names].flatMap((name) => suggested({ name, label: "" }, 0, typed));
}

function keywords(typed: string): Suggested[] {
  return KEYWORDS.flatMap((name) => (typed && name.toLowerCase().startsWith(typed.toLowerCase()) ? [{ label: name, rank: 20 }] : []));
}

function prefixes(known: Vocabulary, typed: string): Suggested[] {
  if (!typed || typed.includes(":")) return [];
  return Object.keys(known.told.prefixes).flatMap((prefix) => suggested({ name: `${prefix}:`, label: "" }, 0, typed));
}

/** The source of completions; a word says what is mandatory. */
export function completing(mandatory: string): (context: CompletionContext) => Promise<CompletionResult | null> {
  return async (context) => {
    const word = context.matchBefore(/[?$]?[\p{L}\d_%:-]*/u);
    const typed = word?.text ?? "";
    if (!context.explicit && /^\d*$/.test(typed)) return null;
    const text = context.state.doc.toString();
    const from = word?.from ?? context.pos;
    if (/[<"']$/.test(text.slice(0, from)) || insideComment(text, from)) return null;
    const known = await vocabulary().catch(() => null);
    if (!known || context.aborted) return null;
    const place = placeAfter(text.slice(0, from));
    const found: Suggested[] = [...variables(text, typed)];
    if (!/^[?$]/.test(typed)) {
      if (place.slot === "predicate") found.push(...properties(known, place, text, typed, mandatory));
      else if (place.slot === "object" || place.slot === "values") found.push(...values(known, place, typed));
      else if (typed) found.push(...known.told.classes.flatMap((each) => suggested(each, 0, typed)), ...keywords(typed));
      if (place.slot !== "predicate" && !isType(place.predicate)) found.push(...(await things(known, typed, context)));
      found.push(...prefixes(known, typed));
    }
    if (!context.explicit) return unasked(found, typed, from);
    found.sort((one, other) => other.rank - one.rank);
    return found.length ? { from, options: found.slice(0, MOST), filter: false } : null;
  };
}

/** What is suggested of its own accord: what is written out already, or a new variable, is not to be taken for another. */
function unasked(found: Suggested[], typed: string, from: number): CompletionResult | null {
  const whole = /^[?$]./.test(typed) || found.some(({ label }) => label === typed);
  const others = found.filter(({ label }) => label !== typed).sort((one, other) => other.rank - one.rank);
  if (!others.length) return null;
  const options = whole ? [{ label: typed }, ...others] : others;
  return { from, options: options.slice(0, MOST), filter: false };
}

function insideComment(text: string, place: number): boolean {
  const line = text.slice(text.lastIndexOf("\n", place - 1) + 1, place);
  return /(^|\s)#/.test(line);
}
