// The vocabulary that the service tells, and what of it fits a term of a query.
import { isType, type Triple } from "./pattern";

export interface Term {
  name: string;
  label: string;
}

export interface Class extends Term {
  count: number;
  above: string[];
}

export interface Property extends Term {
  domain: string[];
  range: string[];
  list: string;
}

export interface Code extends Term {
  list: string;
}

interface Told {
  prefixes: Record<string, string>;
  classes: Class[];
  properties: Property[];
  shapes: Record<string, Record<string, boolean>>;
  codes: Code[];
}

export class Vocabulary {
  readonly #classes: Map<string, Class>;
  readonly #properties: Map<string, Property>;

  constructor(readonly told: Told) {
    this.#classes = new Map(told.classes.map((each) => [each.name, each]));
    this.#properties = new Map(told.properties.map((each) => [each.name, each]));
  }

  property(name: string): Property | undefined {
    return this.#properties.get(name);
  }

  /** The classes that something is of: those that the query says, or else those that its properties lead to. */
  classesOf(term: string, triples: Triple[]): string[] {
    const said = triples.filter(({ subject, predicate }) => subject === term && isType(predicate));
    if (said.length) return said.map(({ object }) => object);
    const found = new Set<string>();
    for (const { subject, predicate, object } of triples) {
      const property = this.#properties.get(predicate);
      if (subject === term) property?.domain.forEach((each) => found.add(each));
      if (object === term) property?.range.forEach((each) => found.add(each));
    }
    return [...found];
  }

  /** The properties that things of some classes have, each with whether it is mandatory. */
  propertiesOf(classes: string[]): Map<string, boolean> {
    const above = this.#above(classes);
    const found = new Map<string, boolean>();
    for (const property of this.told.properties) {
      if (property.domain.some((each) => above.has(each))) found.set(property.name, false);
    }
    for (const name of above) {
      for (const [property, needed] of Object.entries(this.told.shapes[name] ?? {})) {
        found.set(property, needed || found.get(property) === true);
      }
    }
    return found;
  }

  #above(classes: string[]): Set<string> {
    const found = new Set<string>();
    const left = [...classes];
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      left.push(...(this.#classes.get(name)?.above ?? []));
    }
    return found;
  }

  /** An IRI as it is written in a query. */
  written(iri: string): string {
    let [best, space] = ["", ""];
    for (const [prefix, each] of Object.entries(this.told.prefixes)) {
      if (each.length > space.length && iri.startsWith(each)) [best, space] = [prefix, each];
    }
    const local = iri.slice(space.length);
    return space && /^[\p{L}\d_][\p{L}\d_-]*$/u.test(local) ? `${best}:${local}` : `<${iri}>`;
  }
}

let asked: Promise<Vocabulary> | null = null;

/** The vocabulary, which is asked for once. */
export function vocabulary(): Promise<Vocabulary> {
  asked ??= fetch(`/sparql/vocabulary?lang=${document.documentElement.lang}`).then(async (answer) => {
    if (!answer.ok) throw new Error(answer.statusText);
    return new Vocabulary((await answer.json()) as Told);
  });
  // Where the service was busy, the next key asks again.
  asked.catch(() => (asked = null));
  return asked;
}
