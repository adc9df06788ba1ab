// The examples beside the editor: found by their words, and opened in a tab without leaving the page.

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

export function findExamples(list: HTMLElement, label: string, found: (number: number) => string, open: (text: string) => void): void {
  const field = document.createElement("input");
  field.type = "search";
  field.id = "find-example";
  field.placeholder = label;
  field.setAttribute("aria-label", label);
  const status = document.createElement("p");
  status.className = "hidden";
  status.setAttribute("role", "status");
  list.querySelector("h2")?.after(field, status);
  const groups = [...list.querySelectorAll("details")];
  const before = groups.map((group) => group.open);
  field.addEventListener("input", () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    groups.forEach((group, place) => {
      const subject = plain(group.querySelector("summary")?.textContent ?? "");
      for (const line of group.querySelectorAll("li")) {
        const text = `${subject} ${plain(line.textContent ?? "")} ${plain(line.dataset["words"] ?? "")}`;
        line.hidden = !words.every((word) => text.includes(word));
      }
      group.hidden = !group.querySelector("li:not([hidden])");
      group.open = words.length ? !group.hidden : before[place] ?? false;
    });
    status.textContent = found(list.querySelectorAll("details:not([hidden]) li:not([hidden])").length);
  });
  list.addEventListener("click", (event) => {
    const link = (event.target as Element).closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void fetch(link.href, { headers: { Accept: "text/html" } })
      .then((answer) => answer.text())
      .then((text) => {
        const page = new DOMParser().parseFromString(text, "text/html");
        open(page.querySelector<HTMLTextAreaElement>("#query")?.value ?? "");
        list.querySelector("[aria-current]")?.removeAttribute("aria-current");
        link.setAttribute("aria-current", "true");
      })
      .catch(() => location.assign(link.href));
  });
}
