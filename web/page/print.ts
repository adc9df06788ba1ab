// A button that prints the page; without a script, where it could do nothing, it is not there.
export function printPages(): void {
  for (const item of document.querySelectorAll<HTMLElement>(".print[hidden]")) {
    item.querySelector("button")?.addEventListener("click", () => print());
    item.hidden = false;
  }
}
