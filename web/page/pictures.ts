// Maps and networks that the server draws, made to move: by pointer, wheel with Ctrl, keys and buttons. Only the part
// that is shown changes (the viewBox); the drawing stays as it is. In a map the land moves, and its marks and names keep
// their size.

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const CLOSEST = 12;
/** How much nearer one step comes. */
const STEP = 1.4;
/** The part of the shown width by which an arrow moves. */
const SHIFT = 0.12;
const MILLISECONDS = 160;
/** Pixels after which a pointer that is down moves the picture, and no longer points at a link. */
const SLACK = 5;

/** What keeps its size in a map, by the place it stands at. */
const KEPT = ".place, [aria-hidden] text";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** A mark with the place that it stands at. */
function placed(mark: Element): [Element, number, number] {
  const at = mark.querySelector("circle") ?? mark.querySelector("text") ?? mark;
  const number = (name: string): number => Number(at.getAttribute(`c${name}`) ?? at.getAttribute(name) ?? 0);
  return [mark, number("x"), number("y")];
}

class Picture {
  readonly #whole: Box;
  #shown: Box;
  #frame = 0;
  readonly #pointers = new Map<number, PointerEvent>();
  #moved = 0;
  readonly #buttons = new Map<string, HTMLButtonElement>();
  readonly #kept: [Element, number, number][];

  constructor(readonly figure: HTMLElement, readonly svg: SVGSVGElement) {
    const { x, y, width, height } = svg.viewBox.baseVal;
    this.#whole = { x, y, width, height };
    this.#shown = { ...this.#whole };
    this.#kept = svg.classList.contains("frame") ? [...svg.querySelectorAll(KEPT)].map(placed) : [];
    figure.classList.add("movable");
    svg.classList.add("moves");
    figure.prepend(this.#controls());
    svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.#down(event));
    svg.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      svg.addEventListener(end, (event) => this.#pointers.delete(event.pointerId));
    }
    svg.addEventListener("click", (event) => this.#click(event), true);
    svg.addEventListener("dragstart", (event) => event.preventDefault());
    figure.addEventListener("keydown", (event) => this.#key(event));
    this.#draw();
  }

  #controls(): HTMLElement {
    const words = (name: string): string => this.figure.dataset[name] ?? "";
    const group = document.createElement("div");
    group.className = "controls";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", words("move"));
    const actions: [string, string, () => void][] = [
      ["nearer", "+", () => this.#zoom(STEP)],
      ["farther", "−", () => this.#zoom(1 / STEP)],
      ["whole", "⤢", () => this.#go(this.#whole)],
    ];
    for (const [name, sign, action] of actions) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.textContent = sign;
      button.title = words(name);
      button.setAttribute("aria-label", words(name));
      button.addEventListener("click", action);
      this.#buttons.set(name, button);
      group.append(button);
    }
    return group;
  }

  /** The place in the drawing under a place of the window. */
  #at(event: { clientX: number; clientY: number }): { x: number; y: number } {
    const matrix = this.svg.getScreenCTM();
    const point = new DOMPoint(event.clientX, event.clientY);
    return matrix ? point.matrixTransform(matrix.inverse()) : point;
  }

  #zoom(factor: number, at = this.#middle(), quick = false): void {
    const { width, height } = this.#whole;
    const wanted = Math.min(width, Math.max(width / CLOSEST, this.#shown.width / factor));
    const scale = wanted / this.#shown.width;
    this.#go({
      x: at.x - (at.x - this.#shown.x) * scale,
      y: at.y - (at.y - this.#shown.y) * scale,
      width: wanted,
      height: (height * wanted) / width,
    }, quick);
  }

  #middle(): { x: number; y: number } {
    const { x, y, width, height } = this.#shown;
    return { x: x + width / 2, y: y + height / 2 };
  }

  #inside({ x, y, width, height }: Box): Box {
    const whole = this.#whole;
    return {
      x: Math.min(whole.x + whole.width - width, Math.max(whole.x, x)),
      y: Math.min(whole.y + whole.height - height, Math.max(whole.y, y)),
      width,
      height,
    };
  }

  #go(box: Box, quick = false): void {
    cancelAnimationFrame(this.#frame);
    const [from, to] = [this.#shown, this.#inside(box)];
    if (quick || still.matches) {
      this.#shown = to;
      this.#draw();
      return;
    }
    const begun = performance.now();
    const step = (now: number): void => {
      const part = Math.min(1, Math.max(0, (now - begun) / MILLISECONDS));
      const between = (name: keyof Box): number => from[name] + (to[name] - from[name]) * part;
      this.#shown = { x: between("x"), y: between("y"), width: between("width"), height: between("height") };
      this.#draw();
      if (part < 1) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  #draw(): void {
    const { x, y, width, height } = this.#shown;
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    const near = this.#whole.width / width;
    for (const [mark, atX, atY] of this.#kept) {
      mark.setAttribute("transform", `translate(${atX} ${atY}) scale(${1 / near}) translate(${-atX} ${-atY})`);
    }
    this.figure.classList.toggle("near", near > 1.001);
    this.#enable("nearer", near < CLOSEST - 0.001);
    this.#enable("farther", near > 1.001);
    this.#enable("whole", near > 1.001);
  }

  /** A button that does nothing now stays where the keyboard is. */
  #enable(name: string, enabled: boolean): void {
    this.#buttons.get(name)?.setAttribute("aria-disabled", String(!enabled));
  }

  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.#zoom(Math.exp(-event.deltaY / 300), this.#at(event), true);
  }

  #down(event: PointerEvent): void {
    if (event.button) return;
    this.#moved = this.#pointers.size ? SLACK + 1 : 0;
    this.#pointers.set(event.pointerId, event);
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    this.#moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
    if (this.#moved <= SLACK) return;
    if (!this.svg.hasPointerCapture(event.pointerId)) this.svg.setPointerCapture(event.pointerId);
    const other = [...this.#pointers.values()].find((each) => each.pointerId !== event.pointerId);
    const [from, to] = [this.#at(before), this.#at(event)];
    if (other) {
      const away = (one: PointerEvent): number =>
        Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      this.#zoom(away(event) / Math.max(1, away(before)), this.#at(other), true);
    } else {
      this.#go({ ...this.#shown, x: this.#shown.x + from.x - to.x, y: this.#shown.y + from.y - to.y }, true);
    }
    this.#pointers.set(event.pointerId, event);
  }

  #click(event: MouseEvent): void {
    if (this.#moved <= SLACK) return;
    event.preventDefault();
    event.stopPropagation();
    this.#moved = 0;
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { x, y, width } = this.#shown;
    const shift = width * SHIFT;
    const actions: Record<string, () => void> = {
      "+": () => this.#zoom(STEP),
      "=": () => this.#zoom(STEP),
      "-": () => this.#zoom(1 / STEP),
      "0": () => this.#go(this.#whole),
      ArrowLeft: () => this.#go({ ...this.#shown, x: x - shift }),
      ArrowRight: () => this.#go({ ...this.#shown, x: x + shift }),
      ArrowUp: () => this.#go({ ...this.#shown, y: y - shift }),
      ArrowDown: () => this.#go({ ...this.#shown, y: y + shift }),
    };
    const action = actions[event.key];
    // Where all is shown, arrows move the page as ever.
    if (!action || (event.key.startsWith("Arrow") && width >= this.#whole.width)) return;
    event.preventDefault();
    action();
  }
}

export function movePictures(inside: ParentNode = document): void {
  for (const figure of inside.querySelectorAll<HTMLElement>("[data-move]:not(.movable)")) {
    const svg = figure.querySelector<SVGSVGElement>("svg");
    // Of a map in several parts the first one moves, which is the largest.
    const part = svg?.querySelector<SVGSVGElement>("svg.frame") ?? svg;
    if (part?.viewBox.baseVal.width) new Picture(figure, part);
  }
}
