// The tabs over the editor, and the history under it.
import { titleOf, type Desk } from "./desk";

export interface Words {
  [name: string]: string;
}

export function word(words: Words, name: string, ...values: (string | number)[]): string {
  return (words[name] ?? name).replace(/\{(\d)\}/g, (_, place: string) => String(values[Number(place) - 1] ?? ""));
}

function button(text: string, action: () => void, look = "plain"): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = look;
  made.textContent = text;
  made.addEventListener("click", action);
  return made;
}

export class Tabs {
  readonly #list = document.createElement("div");
  readonly #history = document.createElement("details");
  readonly #past = document.createElement("ul");

  constructor(readonly desk: Desk, readonly words: Words, readonly panel: HTMLElement, readonly chosen: () => void) {
    const bar = document.createElement("div");
    bar.className = "tabs";
    this.#list.setAttribute("role", "tablist");
    this.#list.setAttribute("aria-label", word(words, "tabs"));
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    const open = button("+", () => this.#do(() => desk.open("")), "plain sign");
    open.setAttribute("aria-label", word(words, "new_tab"));
    open.title = word(words, "new_tab");
    bar.append(this.#list, open, button(word(words, "close_tab"), () => this.#do(() => desk.close())));
    panel.id = "panel";
    panel.setAttribute("role", "tabpanel");
    panel.before(bar);
    this.#history.className = "past";
    const summary = document.createElement("summary");
    summary.textContent = word(words, "history");
    const forget = button(word(words, "forget"), () => {
      desk.forget();
      this.show();
      summary.focus();
    });
    this.#history.append(summary, this.#past, forget);
    this.show();
  }

  get history(): HTMLElement {
    return this.#history;
  }

  #do(change: () => void): void {
    change();
    this.show();
    this.chosen();
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const many = this.desk.tabs.length;
    this.#do(() => this.desk.choose((this.desk.active + step + many) % many));
    this.#list.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
  }

  /** Draw tabs and history anew. */
  show(): void {
    const focused = this.#list.contains(document.activeElement);
    this.#list.replaceChildren(...this.desk.tabs.map((text, place) => this.#tab(text, place)));
    if (focused) this.#list.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
    this.panel.setAttribute("aria-labelledby", `tab-${this.desk.active}`);
    this.#history.hidden = !this.desk.past.length;
    this.#past.replaceChildren(...this.desk.past.map((text) => this.#ran(text)));
  }

  #tab(text: string, place: number): HTMLElement {
    const active = place === this.desk.active;
    const tab = button(titleOf(text, word(this.words, "untitled")), () => this.#do(() => this.desk.choose(place)), "tab");
    tab.id = `tab-${place}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-selected", String(active));
    tab.setAttribute("aria-controls", "panel");
    tab.tabIndex = active ? 0 : -1;
    return tab;
  }

  #ran(text: string): HTMLElement {
    const line = document.createElement("li");
    const again = button(titleOf(text, word(this.words, "untitled")), () => this.#do(() => this.desk.open(text)), "link");
    again.title = text.slice(0, 500);
    line.append(again);
    return line;
  }
}
