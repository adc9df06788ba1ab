// A slider beside a field for a date, over years: `data-range="1995/2026"`. What is written in the field counts.

class Years {
  readonly #slider = document.createElement("input");

  constructor(readonly field: HTMLInputElement, from: string, to: string) {
    const slider = this.#slider;
    slider.type = "range";
    slider.min = from;
    slider.max = to;
    slider.className = "years";
    slider.setAttribute("aria-label", field.labels?.[0]?.textContent?.trim() ?? "");
    slider.addEventListener("input", () => {
      field.value = slider.value;
      this.#tell();
    });
    // A pointer that is let go asks; by keys, which go step by step, Enter does.
    slider.addEventListener("pointerup", () => field.form?.requestSubmit());
    slider.addEventListener("keydown", (event) => {
      if (event.key === "Enter") field.form?.requestSubmit();
    });
    field.addEventListener("input", () => this.#follow());
    field.after(slider);
    this.#follow();
  }

  #follow(): void {
    this.#slider.value = /^\d{4}/.exec(this.field.value)?.[0] ?? this.#slider.max;
    this.#tell();
  }

  #tell(): void {
    this.#slider.setAttribute("aria-valuetext", this.field.value || "–");
  }
}

export function slideYears(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-range]")) {
    const [from, to] = (field.dataset["range"] ?? "").split("/");
    if (from && to) new Years(field, from, to);
  }
}
