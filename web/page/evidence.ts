// What a row rests on, opened under it; without a script it has a page of its own.

/** The row with the evidence, out of the page that has it. */
async function evidenceOf(link: HTMLAnchorElement): Promise<HTMLElement> {
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const row = page.querySelector<HTMLElement>("tr.evidence");
  if (!answer.ok || !row) throw new Error("there is no evidence");
  return document.adoptNode(row);
}

function follow(link: HTMLAnchorElement, row: HTMLElement): void {
  const details = row.querySelector("details") as HTMLDetailsElement;
  details.open = true;
  // Closed at its own heading, it is so for the link, too.
  details.addEventListener("toggle", () => link.setAttribute("aria-expanded", String(details.open && !row.hidden)));
}

/** Tells who listens that evidence is on its way; nothing once it is there. */
function tell(loads: boolean): void {
  const status = document.getElementById("evidence-status");
  if (status) status.textContent = loads ? (status.dataset["loads"] ?? "") : "";
}

/** Escape in the evidence closes it and goes back to what opened it. */
function closeByKey(link: HTMLAnchorElement, row: HTMLElement): void {
  row.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    row.hidden = true;
    link.setAttribute("aria-expanded", "false");
    link.focus();
  });
}

async function open(link: HTMLAnchorElement): Promise<void> {
  const under = link.closest("tr") as HTMLElement;
  let row = under.nextElementSibling as HTMLElement | null;
  if (!row?.classList.contains("evidence")) {
    under.setAttribute("aria-busy", "true");
    tell(true);
    row = await evidenceOf(link);
    tell(false);
    under.removeAttribute("aria-busy");
    under.after(row);
    follow(link, row);
    closeByKey(link, row);
  }
  const opened = link.getAttribute("aria-expanded") !== "true";
  row.hidden = !opened;
  (row.querySelector("details") as HTMLDetailsElement).open = opened;
  link.setAttribute("aria-expanded", String(opened));
  if (opened) row.querySelector("summary")?.focus();
}

export function openEvidence(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a.row-why")) {
    link.setAttribute("aria-expanded", "false");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      open(link).catch(() => location.assign(link.href));
    });
  }
}
