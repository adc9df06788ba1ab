// The queries that somebody works on, and those that were run: kept in the browser, within bounds.

const PLACE = "clustergraph.queries";
const MOST_TABS = 12;
const MOST_PAST = 40;
/** A longer query is not kept in the history. */
const LONGEST = 20_000;

interface Kept {
  tabs: string[];
  active: number;
  past: string[];
}

function read(): Kept {
  try {
    const { tabs, active, past } = JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Kept>;
    const texts = (given: unknown): string[] =>
      Array.isArray(given) ? given.filter((each): each is string => typeof each === "string") : [];
    return { tabs: texts(tabs), active: Number(active) || 0, past: texts(past) };
  } catch {
    return { tabs: [], active: 0, past: [] };
  }
}

export class Desk {
  readonly #kept = read();

  /** Take the query of the page, which stands in a tab of its own unless it is in one already. */
  constructor(text: string, asked: boolean) {
    const { tabs } = this.#kept;
    if (asked || !tabs.length) this.open(text);
    else this.#kept.active = Math.min(Math.max(this.#kept.active, 0), tabs.length - 1);
  }

  get tabs(): readonly string[] {
    return this.#kept.tabs;
  }

  get active(): number {
    return this.#kept.active;
  }

  get text(): string {
    return this.#kept.tabs[this.#kept.active] ?? "";
  }

  set text(text: string) {
    this.#kept.tabs[this.#kept.active] = text;
    this.#write();
  }

  get past(): readonly string[] {
    return this.#kept.past;
  }

  /** Open a tab with a query; where there is no room, the oldest goes, which may still be in the history. */
  open(text: string): void {
    const { tabs } = this.#kept;
    const place = tabs.indexOf(text);
    if (place < 0) {
      tabs.push(text);
      if (tabs.length > MOST_TABS) tabs.shift();
    }
    this.#kept.active = place < 0 ? tabs.length - 1 : place;
    this.#write();
  }

  choose(place: number): void {
    this.#kept.active = place;
    this.#write();
  }

  close(): void {
    const { tabs, active } = this.#kept;
    tabs.splice(active, 1);
    if (!tabs.length) tabs.push("");
    this.#kept.active = Math.min(active, tabs.length - 1);
    this.#write();
  }

  ran(text: string): void {
    if (text.length > LONGEST) return;
    this.#kept.past = [text, ...this.#kept.past.filter((each) => each !== text)].slice(0, MOST_PAST);
    this.#write();
  }

  forget(): void {
    this.#kept.past = [];
    this.#write();
  }

  #write(): void {
    try {
      localStorage.setItem(PLACE, JSON.stringify(this.#kept));
    } catch {
      // Where nothing may be kept, or no more, it works until the page is closed.
    }
  }
}

/** What a query is called: its first comment, or its first line. */
export function titleOf(text: string, untitled: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line && !/^PREFIX\b/i.test(line));
  const title = (lines[0] ?? "").replace(/^#+\s*/, "");
  return title.length > 32 ? `${title.slice(0, 31)}…` : title || untitled;
}
