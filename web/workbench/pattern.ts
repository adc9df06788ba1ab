// What stands where in a query that is being written: enough of its patterns to know what fits at a place. The service
// has the parser that says whether a query is right.

const TOKEN =
  /#[^\n]*|"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|<[^<>"{}|^`\\\s]*>|[?$][\p{L}\d_]+|(?:\p{L}[\p{L}\d_-]*)?:(?:[\p{L}\d_%-]+(?:\.[\p{L}\d_%-]+)*)?|_:[\p{L}\d_-]+|@[A-Za-z-]+|\^\^|[\d.]+(?=[\s;,)}\]]|$)|[\p{L}_][\p{L}\d_]*|\S/gu;
const EXPRESSION = new Set(["FILTER", "BIND", "HAVING", "ORDER", "GROUP", "LIMIT", "OFFSET", "SELECT", "ASK", "DESCRIBE", "FROM", "PREFIX", "BASE"]);
const TYPE = new Set(["a", "rdf:type"]);

export type Slot = "subject" | "predicate" | "object" | "values" | "graph" | "other";

export interface Triple {
  subject: string;
  predicate: string;
  object: string;
}

export interface Place {
  slot: Slot;
  subject: string;
  predicate: string;
}

interface Frame extends Place {
  kind: "group" | "node" | "round";
  /** Whether the triple at hand is whole. */
  whole: boolean;
}

class Reader {
  readonly triples: Triple[] = [];
  readonly #frames: Frame[] = [{ kind: "group", slot: "other", subject: "", predicate: "", whole: false }];
  #nodes = 0;
  #typed = false;

  get top(): Frame {
    return this.#frames.at(-1) as Frame;
  }

  read(token: string): void {
    if (token.startsWith("#")) return;
    const word = token.toUpperCase();
    if (this.#typed) this.#typed = false;
    else if (token === "^^") this.#typed = true;
    else if ("{([".includes(token)) this.#open(token);
    else if ("})]".includes(token)) this.#close(token);
    else if (token === ".") this.#turn("subject");
    else if (token === ";") this.#turn("predicate");
    else if (token === ",") this.#turn("object");
    else if (token === "/" || token === "|") this.#path();
    else if (word === "VALUES") this.top.slot = "values";
    else if (word === "GRAPH" || word === "SERVICE") this.top.slot = "graph";
    else if (EXPRESSION.has(word)) this.top.slot = "other";
    else if (/^[?$<"':_\d]|:/u.test(token) || token === "a" || /^(true|false)$/i.test(token)) this.#term(token);
  }

  #open(token: string): void {
    const { slot, subject, predicate } = this.top;
    if (token === "{") this.#push("group", slot === "values" ? "values" : "subject");
    else if (token === "[") this.#push("node", "predicate", `[${this.#nodes++}`);
    else this.#push("round", slot === "predicate" || slot === "values" ? slot : slot === "object" ? "values" : "other", subject, predicate);
  }

  #push(kind: Frame["kind"], slot: Slot, subject = "", predicate = ""): void {
    this.#frames.push({ kind, slot, subject, predicate, whole: false });
  }

  #close(token: string): void {
    const kind = token === "}" ? "group" : token === "]" ? "node" : "round";
    const place = this.#frames.findLastIndex((frame) => frame.kind === kind);
    if (place < 1) return;
    const closed = this.#frames.splice(place)[0] as Frame;
    if (kind === "node") this.#term(closed.subject);
    else if (kind === "group") this.#turn("subject");
    else if (closed.slot === "predicate" || closed.slot === "object") {
      Object.assign(this.top, { predicate: closed.predicate, slot: "object", whole: false });
    } else if (this.top.slot === "other" && this.#frames.length > 1) this.#turn("subject");
  }

  #turn(slot: Slot): void {
    if (this.top.kind === "round") return;
    if (this.#frames.length > 1 && this.top.slot !== "values") Object.assign(this.top, { slot, whole: false });
  }

  #path(): void {
    if (this.top.slot === "object" && !this.top.whole) this.top.slot = "predicate";
  }

  #term(token: string): void {
    const frame = this.top;
    if (frame.slot === "graph") frame.slot = "other";
    else if (frame.slot === "subject") Object.assign(frame, { subject: token, slot: "predicate" });
    else if (frame.slot === "predicate") Object.assign(frame, { predicate: token, slot: "object" });
    else if (frame.slot === "object" && !frame.whole) {
      frame.whole = true;
      this.triples.push({ subject: frame.subject, predicate: frame.predicate, object: token });
    }
  }
}

/** The place after some text of a query. */
export function placeAfter(text: string): Place {
  const reader = new Reader();
  for (const [token] of text.matchAll(TOKEN)) reader.read(token);
  const { slot, subject, predicate, whole } = reader.top;
  return { slot: whole ? "other" : slot, subject, predicate };
}

/** The triple patterns of a query. */
export function triplesOf(text: string): Triple[] {
  const reader = new Reader();
  for (const [token] of text.matchAll(TOKEN)) reader.read(token);
  return reader.triples;
}

export function isType(predicate: string): boolean {
  return TYPE.has(predicate);
}
