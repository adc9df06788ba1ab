// The workbench at /sparql. What it adds to the form: an editor that knows the model, tabs and history, answers without
// leaving the page, and cancelling.
import { Answer } from "./answer";
import { Desk } from "./desk";
import { editorFor } from "./editor";
import { findExamples } from "./examples";
import { Tabs, word, type Words } from "./tabs";

function begin(form: HTMLFormElement): void {
  const words = JSON.parse(form.dataset["words"] ?? "{}") as Words;
  const area = form.querySelector("textarea") as HTMLTextAreaElement;
  const format = form.querySelector("select") as HTMLSelectElement;
  const given = new URLSearchParams(location.search);
  const desk = new Desk(area.value, given.has("query") || given.has("example"));
  area.value = desk.text;
  area.required = false;
  const wrong = document.createElement("p");
  wrong.className = "wrong";
  const answer = new Answer(words, form.querySelector(".row") as HTMLElement);
  const run = (): void => {
    if (!editor.text.trim()) return;
    desk.ran(editor.text);
    tabs.show();
    void answer.ask(editor.text);
  };
  const panel = document.createElement("div");
  area.after(panel);
  const editor = editorFor(area, panel, {
    label: word(words, "editor"),
    help: word(words, "help"),
    mandatory: word(words, "mandatory"),
    run,
    changed: () => {
      desk.text = editor.text;
      tabs.show();
    },
    wrong: (first, state) => {
      const line = first ? state.doc.lineAt(Math.min(first.from, state.doc.length)) : null;
      wrong.textContent = first && line ? `${word(words, "line", line.number, first.from - line.from + 1)} ${first.message}` : "";
      wrong.classList.toggle("error", first?.severity === "error");
      return wrong.textContent;
    },
  });
  panel.append(wrong);
  const tabs = new Tabs(desk, words, panel, () => {
    editor.text = desk.text;
    editor.focus();
  });
  form.append(tabs.history);
  // Its tabs name it now.
  form.querySelector("label[for=query]")?.remove();
  form.addEventListener("submit", (event) => {
    // Other formats are files, which the browser fetches.
    if (format.value !== "html") return;
    event.preventDefault();
    run();
  });
  const examples = document.querySelector<HTMLElement>("aside.examples");
  if (examples) {
    const found = (number: number): string => word(words, "found_examples", number);
    findExamples(examples, word(words, "find_example"), found, (text) => {
      desk.open(text);
      tabs.show();
      editor.text = text;
      editor.focus();
    });
  }
}

const form = document.querySelector<HTMLFormElement>("#workbench");
if (form) begin(form);
