// The things in a picture are one stop of the keyboard: arrows go from one to the next. Without a script each is a stop.

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function join(svg: SVGSVGElement): void {
  const links = [...svg.querySelectorAll<SVGAElement>("a")];
  const choose = (chosen: SVGAElement): void => {
    for (const link of links) link.setAttribute("tabindex", link === chosen ? "0" : "-1");
  };
  if (links[0]) choose(links[0]);
  // With a listener of its own for the focus the drawing would be one more stop.
  svg.parentElement?.addEventListener("focusin", (event) => {
    const link = (event.target as Element).closest<SVGAElement>("a");
    if (link && links.includes(link)) choose(link);
  });
  svg.addEventListener("keydown", (event) => {
    const place = links.indexOf(document.activeElement as SVGAElement);
    const ends: Record<string, number> = { Home: 0, End: links.length - 1 };
    const next = ends[event.key] ?? place + (STEPS[event.key] ?? NaN);
    if (place < 0 || Number.isNaN(next) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    // Else the picture would move, too.
    event.stopPropagation();
    links[(next + links.length) % links.length]?.focus();
  });
}

export function joinLinks(inside: ParentNode = document): void {
  for (const svg of inside.querySelectorAll<SVGSVGElement>("svg[data-kind]")) join(svg);
}
