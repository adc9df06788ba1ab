// Suggestions under a field for a name, as in the head: a combobox with a list, after the patterns of ARIA.

interface Suggestion {
  label: string;
  /** What it is: the label of its class, or of its kind. */
  class: string;
  /** The name by which it is found, where that is another one. */
  name: string;
  href: string;
}

interface Group {
  title: string;
  hits: Suggestion[];
}

/** Milliseconds without a key after which is asked. */
const PAUSE = 120;
const LEAST_LETTERS = 2;
/** How many lists there are: each has identifiers of its own. */
let lists = 0;

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string>,
  ...inside: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...inside);
  return made;
}

class Suggestions {
  readonly #list: HTMLElement;
  readonly #status: HTMLElement;
  readonly #id = `found-${lists++}`;
  #options: HTMLElement[] = [];
  #active = -1;
  #timer = 0;
  #asked: AbortController | null = null;

  constructor(readonly field: HTMLInputElement) {
    const name = field.dataset["suggestions"] ?? "";
    this.#list = element("div", { id: this.#id, class: "suggestions", role: "listbox", "aria-label": name, hidden: "" });
    this.#status = element("p", { class: "hidden", role: "status" });
    field.after(this.#list, this.#status);
    for (const [attribute, value] of Object.entries({
      role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.#id,
    })) field.setAttribute(attribute, value);
    // The browser's own list would lie over this one.
    field.removeAttribute("list");
    field.addEventListener("input", () => this.#wait());
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => this.#close());
    // So that the field keeps the focus until a link is followed.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), PAUSE);
  }

  async #ask(): Promise<void> {
    const text = this.field.value.trim();
    this.#asked?.abort();
    if (text.length < LEAST_LETTERS) {
      this.#close();
      return;
    }
    this.#asked = new AbortController();
    const asking = new URLSearchParams(this.field.dataset["fill"] ?? "");
    asking.set("q", text);
    asking.set("lang", document.documentElement.lang);
    try {
      const answer = await fetch(`/search/suggest?${asking}`, { signal: this.#asked.signal });
      if (answer.ok) this.#show(((await answer.json()) as { groups: Group[] }).groups);
    } catch {
      // Whoever types on asks again, and the form still works without.
    }
  }

  #show(groups: Group[]): void {
    this.#options = [];
    this.#list.replaceChildren(...groups.map((group, place) => this.#group(group, place)));
    this.#mark(-1);
    this.#open(this.#options.length > 0 && document.activeElement === this.field);
    const counted = groups.map((group) => `${group.title}: ${group.hits.length}`).join(", ");
    this.#status.textContent = counted || (this.field.dataset["nothing"] ?? "");
  }

  #group({ title, hits }: Group, place: number): HTMLElement {
    const heading = element("div", { class: "heading", role: "presentation", id: `${this.#id}-${place}` }, title);
    return element("div", { role: "group", "aria-labelledby": heading.id }, heading, ...hits.map((hit) => this.#option(hit)));
  }

  #option(hit: Suggestion): HTMLElement {
    const beside = [hit.class, hit.name].filter(Boolean).join(" · ");
    const id = `${this.#id}-option-${this.#options.length}`;
    const link = element("a", { href: hit.href, role: "option", tabindex: "-1", id, "aria-selected": "false" }, hit.label);
    if (beside) link.append(" ", element("span", { class: "quiet" }, beside));
    if (this.field.dataset["fill"] !== undefined) link.addEventListener("click", (event) => this.#fill(event, hit.label));
    this.#options.push(link);
    return link;
  }

  /** Puts the name into the field, where it is not a link that is looked for. */
  #fill(event: Event, name: string): void {
    event.preventDefault();
    this.field.value = name;
    this.#close();
  }

  #key(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined && this.#options.length && !event.altKey) {
      event.preventDefault();
      const number = this.#options.length + 1;
      this.#open(true);
      // One place of the round is the field itself.
      this.#mark(((this.#active + 1 + step + number) % number) - 1);
    } else if (event.key === "Enter" && this.#active >= 0) {
      event.preventDefault();
      this.#options[this.#active]?.click();
    } else if (event.key === "Escape" && !this.#list.hidden) {
      event.preventDefault();
      this.#close();
    }
  }

  #mark(place: number): void {
    this.#options[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = place;
    const option = this.#options[place];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.field.setAttribute("aria-activedescendant", option.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  #open(open: boolean): void {
    this.#list.hidden = !open;
    this.field.setAttribute("aria-expanded", String(open));
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    this.#mark(-1);
    this.#open(false);
  }
}

export function suggestNames(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-suggestions]")) new Suggestions(field);
}
