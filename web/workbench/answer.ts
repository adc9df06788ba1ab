// The answer of a query, which the service writes as a page: its part with the answer is put under the editor.
import { joinLinks } from "../page/links";
import { movePictures } from "../page/pictures";
import { word, type Words } from "./tabs";

/** Longer addresses are sent as forms; they cannot be shared as links either. */
const LONGEST = 6000;

export class Answer {
  readonly #place = document.querySelector<HTMLElement>("#result") as HTMLElement;
  readonly #status = document.createElement("p");
  readonly #cancel = document.createElement("button");
  #asked: AbortController | null = null;
  #view = new URLSearchParams(location.search).get("view") ?? "";

  constructor(readonly words: Words, controls: HTMLElement) {
    this.#status.setAttribute("role", "status");
    this.#status.className = "quiet";
    this.#cancel.type = "button";
    this.#cancel.className = "plain";
    this.#cancel.textContent = word(words, "cancel");
    this.#cancel.hidden = true;
    this.#cancel.addEventListener("click", () => this.#asked?.abort());
    controls.firstElementChild?.after(this.#cancel);
    controls.after(this.#status);
    this.#place.addEventListener("click", (event) => this.#click(event));
  }

  /** Ask a query, and show its answer or what is wrong with it; another one that runs is cancelled. */
  async ask(query: string): Promise<void> {
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    const begun = performance.now();
    const seconds = (): string => ((performance.now() - begun) / 1000).toFixed(2);
    this.#status.textContent = word(this.words, "running");
    this.#cancel.hidden = false;
    this.#place.setAttribute("aria-busy", "true");
    try {
      const page = await this.#page(query, asked.signal);
      this.#show(page);
      const problem = this.#place.querySelector(".problem p")?.textContent?.trim();
      const counted = this.#place.querySelector("#answer ~ p")?.textContent?.trim() ?? "";
      this.#status.textContent = problem
        ? word(this.words, "wrong", seconds(), problem.slice(0, 300))
        : `${word(this.words, "done", seconds())} ${counted.slice(0, 200)}`;
    } catch {
      if (asked !== this.#asked) return;
      this.#status.textContent = asked.signal.aborted ? word(this.words, "cancelled", seconds()) : word(this.words, "failed");
    }
    if (asked !== this.#asked) return;
    this.#cancel.hidden = true;
    this.#place.removeAttribute("aria-busy");
  }

  async #page(query: string, signal: AbortSignal): Promise<Document> {
    const asking = new URLSearchParams({ query, ...(this.#view && { view: this.#view }) });
    const address = `/sparql?${asking}`;
    const short = address.length <= LONGEST;
    const headers = { Accept: "text/html" };
    const answer = await (short ? fetch(address, { headers, signal }) : fetch("/sparql", { method: "POST", headers, body: asking, signal }));
    const text = await answer.text();
    history.replaceState(null, "", short ? address : "/sparql");
    return new DOMParser().parseFromString(text, "text/html");
  }

  #show(page: Document): void {
    const found = page.querySelector("#result") ?? page.querySelector(".problem");
    if (!found) throw new Error("there is no answer");
    this.#place.replaceChildren(...(found.id === "result" ? found.childNodes : [found]));
    movePictures(this.#place);
    joinLinks(this.#place);
    const { top } = this.#place.getBoundingClientRect();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // The query stays in view, too.
    const room = innerHeight * 0.4;
    if (top > innerHeight * 0.6) scrollBy({ top: top - room, behavior: calm ? "auto" : "smooth" });
  }

  #click(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>(".views a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { searchParams } = new URL(link.href);
    this.#view = searchParams.get("view") ?? "";
    void this.ask(searchParams.get("query") ?? "").then(() =>
      this.#place.querySelector<HTMLElement>(".views [aria-current]")?.focus({ preventScroll: true }),
    );
  }
}
