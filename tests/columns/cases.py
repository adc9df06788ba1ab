"""Random graphs and queries of all that SPARQL has, small enough that everything meets everything."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

_X: Final = "http://x.example/"
NODES: Final = [NamedNode(f"{_X}n{n}") for n in range(5)]
PREDICATES: Final = [NamedNode(f"{_X}p{n}") for n in range(4)]
GRAPHS: Final = [NamedNode(f"{_X}g{n}") for n in range(3)]
LITERALS: Final = [
    *(Literal(n) for n in (-1, 0, 1, 2, 10)),
    Literal("1"), Literal("a"), Literal("b \"c\"\n"), Literal("a", language="en"), Literal("é", language="fr"),
    Literal("1.5", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
    Literal("2020", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#gYear")),
    Literal("2020-01-02", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#date")),
    Literal(True),
]  # fmt: skip
_VARIABLES: Final = ["?a", "?b", "?c", "?d", "?e"]


@dataclass(frozen=True)
class Case:
    """A graph and a query."""

    quads: tuple[Quad, ...]
    query: str


def case(number: int) -> Case:
    """Return the case that has a number."""
    chance = Random(number)
    return Case(_quads(chance), _Maker(chance).query())


def _quads(chance: Random) -> tuple[Quad, ...]:
    quads = []
    for _ in range(chance.randint(0, 40)):
        subject, predicate = chance.choice(NODES), chance.choice([PREDICATES[0], *PREDICATES])
        # Of the last predicate all objects are integers.
        values = LITERALS[:5] if predicate == PREDICATES[3] else [*NODES, *NODES, *LITERALS]
        value = chance.choice(values)
        quads += [
            Quad(subject, predicate, value, graph) for graph in chance.sample(GRAPHS, chance.choice([1, 1, 1, 2]))
        ]
    return tuple(quads)


@dataclass
class _Maker:
    """Makes parts of queries by chance."""

    chance: Random
    bound: int = 0
    """How many variables that expressions make there are."""

    def query(self) -> str:
        group = self.group(2)
        match self.chance.randrange(7):
            case 0:
                return f"ASK {group}"
            case 1 | 2:
                return self.grouped(group)
            case 3:
                names = " ".join(self.some(_VARIABLES))
                part = self.chance.choice(["", " LIMIT 3", " OFFSET 1"])
                return f"SELECT DISTINCT {names} {group} ORDER BY {names}{part}"
            case 4:
                return f"SELECT {' '.join(self.some(_VARIABLES))} {group}"
            case 5:
                return f"SELECT DISTINCT * {group}"
        return f"SELECT * {group}"

    def some(self, of: list[str]) -> list[str]:
        return self.chance.sample(of, self.chance.randint(1, 3))

    def grouped(self, group: str) -> str:
        keys = self.chance.sample(_VARIABLES, self.chance.randint(0, 2))
        call = self.chance.choice(
            ["COUNT(*)", "COUNT(?e)", "COUNT(DISTINCT ?e)", "SUM(?e)", "MIN(?e)", "MAX(?e)", "AVG(?e)", "SUM(?d) + 1"]
        )
        behind = f" GROUP BY {' '.join(keys)}" if keys else ""
        having = self.chance.choice(["", "", " HAVING (COUNT(*) > 1)"]) if keys else ""
        return f"SELECT {' '.join(keys)} ({call} AS ?n) {group}{behind}{having}"

    def group(self, depth: int) -> str:
        parts = [f"{self.triple()} ." for _ in range(self.chance.choice([0, 1, 1, 1, 2, 2, 3]))]
        parts += [self.part(depth) for _ in range(self.chance.choice([0, 1, 1, 2]))]
        if self.chance.random() < 0.4:
            self.chance.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def part(self, depth: int) -> str:
        kinds = ["FILTER", "FILTER", "VALUES", "BIND"]
        if depth:
            kinds += ["OPTIONAL", "OPTIONAL", "UNION", "MINUS", "GRAPH", "GRAPH", "GROUP", "SELECT", "EXISTS", "EXISTS"]
        match self.chance.choice(kinds):
            case "FILTER":
                return f"FILTER ({self.condition()})"
            case "VALUES":
                return self.values()
            case "BIND":
                self.bound += 1
                return f"BIND ({self.value()} AS ?v{self.bound})"
            case "UNION":
                return f"{self.group(depth - 1)} UNION {self.group(depth - 1)}"
            case "GRAPH":
                name = self.chance.choice(["?g", "?g", "?d", str(self.chance.choice(GRAPHS))])
                return f"GRAPH {name} {self.group(depth - 1)}"
            case "GROUP":
                return self.group(depth - 1)
            case "SELECT":
                return f"{{ SELECT DISTINCT {' '.join(self.some(_VARIABLES))} {self.group(depth - 1)} }}"
            case "EXISTS":
                return f"FILTER {self.chance.choice(['', 'NOT '])}EXISTS {self.group(depth - 1)}"
            case word:
                return f"{word} {self.group(depth - 1)}"

    def triple(self) -> str:
        subject = self.chance.choice([*_VARIABLES, *_VARIABLES, *map(str, NODES[:2])])
        predicate = str(self.chance.choice([PREDICATES[0], *PREDICATES]))
        if self.chance.random() < 0.2:
            other = self.chance.choice(PREDICATES)
            predicate = self.chance.choice(
                [f"{predicate}/{other}", f"{predicate}|{other}", f"^{predicate}", f"{predicate}*", f"{predicate}+",
                 f"({predicate}/^{other})?", f"{predicate}/{other}*", "?p", f"({predicate}|^{other})+"]
            )  # fmt: skip
        value = self.chance.choice([*_VARIABLES, *_VARIABLES, *map(str, [*NODES[:2], *LITERALS[:3], LITERALS[6]])])
        return f"{subject} {predicate} {value}"

    def value(self) -> str:
        name = self.chance.choice(_VARIABLES)
        return self.chance.choice(
            [name, f"STR({name})", f"{name} + 1", f"IF(BOUND({name}), 1, 2)", f"COALESCE({name}, 7)", "3",
             f"LANG({name})", f"CONCAT(STR({name}), 'x')"]
        )  # fmt: skip

    def condition(self) -> str:
        left, right = self.chance.sample(_VARIABLES, 2)
        simple = [
            f"{left} = {right}", f"{left} != {right}", f"{left} = {NODES[0]}", f"{left} != {NODES[1]}", f"{left} > 0",
            f"BOUND({left})", f"!BOUND({left})", f"ISIRI({left})", f"REGEX(STR({left}), '1')", f"{left} < {right}",
            f"{left} IN ({NODES[0]}, 1)", f"LANG({left}) = 'en'", f"!({left} < 5)",
        ]  # fmt: skip
        if self.chance.random() < 0.3:
            sign = self.chance.choice(["&&", "||"])
            return f"{self.chance.choice(simple)} {sign} {self.chance.choice(simple)}"
        if self.chance.random() < 0.1:
            return f"{self.chance.choice(['', '!'])}EXISTS {self.group(0)} || {self.chance.choice(simple)}"
        return self.chance.choice(simple)

    def values(self) -> str:
        terms = ["UNDEF", *map(str, [*NODES, *LITERALS[:7]])]
        if self.chance.random() < 0.5:
            some = [self.chance.choice(terms[1:]) for _ in range(self.chance.randint(0, 3))]
            return f"VALUES {self.chance.choice(_VARIABLES)} {{ {' '.join(some)} }}"
        names = self.chance.sample(_VARIABLES, 2)
        rows = [f"({self.chance.choice(terms)} {self.chance.choice(terms)})" for _ in range(self.chance.randint(1, 3))]
        return f"VALUES ({' '.join(names)}) {{ {' '.join(rows)} }}"
