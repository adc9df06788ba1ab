"""Random data and random shapes, with constraints of every kind, queries and components among them."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from clustergraph.shacl.triples import rdf, rdfs, sh
from clustergraph.terms import VOCABULARIES

E = "http://example.org/"
XSD = VOCABULARIES["xsd"]


def e(name: str) -> NamedNode:
    return NamedNode(E + name)


def xsd(value: str, datatype: str) -> Literal:
    return Literal(value, datatype=NamedNode(XSD + datatype))


NODES = [e(name) for name in "abcd"] + [BlankNode("x"), BlankNode("y")]
CLASSES = [e("C"), e("D")]
PREDICATES = [e(name) for name in "pqr"]
WORLDS = {
    "numbers": [
        xsd("1", "integer"), xsd("01", "integer"), xsd("7", "byte"), xsd("1.0", "decimal"), xsd("2.5", "decimal"),
        xsd("3", "double"), xsd("5", "nonNegativeInteger"), xsd("2", "int"), Literal(2), Literal(3),
    ],
    "dates": [xsd("2020-01-01", "date"), xsd("2021-06-30", "date"), xsd("2020-06-01", "date")],
    "texts": [
        Literal("one"), Literal("two words"), Literal(""), Literal("one", language="en"),
        Literal("eins", language="de"), Literal("ein", language="de-AT"), Literal("uno", language="en"),
        Literal("two", language="de"), Literal("thing", datatype=e("type")),
    ],
    "ill-formed": [
        xsd("300", "byte"), xsd("many", "integer"), xsd("-1", "nonNegativeInteger"), xsd("2020-02-30", "date"),
        xsd("01.02.2020", "date"), xsd("true", "boolean"), xsd("1", "boolean"), xsd("yes", "boolean"),
    ],
}  # fmt: skip
"""Literals that go together: of two that cannot be compared the engines say different things, see docs."""
WORLDS["ordered"] = WORLDS["numbers"]
"""Here properties have literals only, which can all be ordered."""
LIMITS = {
    "numbers": [Literal(2), Literal(1), xsd("2.5", "decimal"), xsd("2", "byte")],
    "dates": [xsd("2020-06-01", "date")],
    "texts": [],
    "ill-formed": [],
    "ordered": [],
}
DATATYPES = [NamedNode(XSD + name) for name in ("string", "integer", "decimal", "byte", "date", "boolean")] + [
    rdf("langString")
]

PREFIXES = f"PREFIX e: <{E}> PREFIX xsd: <{XSD}> "
OF_TERMS = [
    "FILTER(isIRI(?value))",
    "FILTER(isLiteral(?value) && STRLEN(STR(?value)) > 2)",
    "FILTER(STR(?value) = '1')",
    "FILTER(LANG(?value) = 'de')",
    "FILTER(LANGMATCHES(LANG(?value), 'de'))",
    "FILTER(sameTerm(?value, '01'^^xsd:integer) || sameTerm(?value, '2'^^xsd:int))",
    "FILTER EXISTS { ?other e:q ?value FILTER(!sameTerm(?other, $this)) }",
    "FILTER NOT EXISTS { $this e:r ?value }",
    "$this e:q ?value .",
    "?other e:p '01'^^xsd:integer ; e:q ?value .",
    "{ SELECT $this (COUNT(DISTINCT ?each) AS ?count) { $this e:q ?each } GROUP BY $this } FILTER(?count > 1)",
]
OF_KINDS = ["FILTER(isNumeric(?value))", "FILTER(DATATYPE(?value) = xsd:byte)"]
OF_NUMBERS = [
    "FILTER(isLiteral(?value) && ?value > 2)",
    "FILTER(isLiteral(?value) && ?value * 2 <= 5)",
    "FILTER(isLiteral(?value) && ?value = 1)",
    "FILTER(isLiteral(?value) && xsd:decimal(?value) > 2)",
    "$this e:q ?other FILTER(isLiteral(?value) && isLiteral(?other) && ?value < ?other)",
    "$this e:q ?other FILTER(?other = ?value)",
    "OPTIONAL { $this e:r ?other } FILTER(isLiteral(?value) && COALESCE(?other, 1) != ?value)",
    "BIND(?value + 1 AS ?more) FILTER(BOUND(?more) && ?more > 3)",
]
"""What queries say of a value: of any term; of one that is well formed; of numbers, equal ones of which are many terms.

Left out is what others get wrong: to pySHACL, IN compares terms and ill-formed numbers are numeric; to `shacl` what is
ill-formed has no datatype. And what our engine does: a path that may be empty, in a query, from a node without triples.
"""


def graph(draw: Random, world: str) -> list[Triple]:
    literals = WORLDS[world]
    values = literals if world == "ordered" else NODES + literals
    found = []
    for _ in range(draw.randint(0, 25)):
        match draw.choice(["value", "value", "value", "class", "subclass"]):
            case "value":
                found.append(Triple(draw.choice(NODES), draw.choice(PREDICATES), draw.choice(values)))
            case "class":
                found.append(Triple(draw.choice(NODES), rdf("type"), draw.choice(CLASSES)))
            case _:
                found.append(Triple(e("D"), rdfs("subClassOf"), e("C")))
    return found


class Writer:
    """Collects the triples of shapes."""

    def __init__(self, world: str) -> None:
        self.literals = WORLDS[world]
        self.limits = LIMITS[world]
        self.ordered = world == "ordered"
        self.conditions = (
            OF_TERMS + 4 * OF_KINDS * (world != "ill-formed") + OF_NUMBERS * (world in ("numbers", "ordered"))
        )
        self.zero = False
        """Whether the last path may be empty, or a part of it."""
        self.components: dict[str, NamedNode | BlankNode] = {}
        self.triples: list[Triple] = []
        self._number = 0

    def new(self, name: str | None = None) -> NamedNode | BlankNode:
        self._number += 1
        return e(name) if name else BlankNode(f"s{self._number}")

    def add(self, subject, predicate: str, value) -> None:
        self.triples.append(Triple(subject, sh(predicate), value))

    def list(self, items) -> NamedNode | BlankNode:
        rest = rdf("nil")
        for item in reversed(items):
            node = self.new()
            self.triples += [Triple(node, rdf("first"), item), Triple(node, rdf("rest"), rest)]
            rest = node
        return rest


def path(draw, writer: Writer, depth: int = 2):
    kind = draw.choice(["step"] * 4 + ["inversePath", "sequence", "alternativePath", "zeroOrMorePath",
                                               "oneOrMorePath", "zeroOrOnePath"])  # fmt: skip
    if kind == "step" or not depth or writer.ordered:
        return draw.choice(PREDICATES)
    if kind in ("sequence", "alternativePath"):
        items = writer.list([path(draw, writer, depth - 1) for _ in range(2)])
        if kind == "sequence":
            return items
        node = writer.new()
        writer.add(node, kind, items)
        return node
    node = writer.new()
    writer.add(node, kind, path(draw, writer, depth - 1))
    writer.zero = writer.zero or kind.startswith("zero")
    return node


def number(draw, most: int = 3, least: int = 0) -> Literal:
    return xsd(str(draw.randint(least, most)), "integer")


KINDS = ["IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"]
OF_VALUES = ["class", "datatype", "nodeKind", "length", "pattern", "languageIn", "in", "hasValue", "pair", "closed"]
OF_PROPERTIES = ["minCount", "maxCount", "uniqueLang"]
OF_SHAPES = ["node", "not", "and", "or", "xone", "property"]
OF_QUERIES = ["sparql", "component"]
OF_LIMITS = ["minInclusive", "minExclusive", "maxInclusive", "maxExclusive"]


def constraint(draw, writer: Writer, shape, is_property: bool, depth: int) -> None:
    kinds = OF_VALUES + (OF_LIMITS if writer.limits else []) + (OF_SHAPES if depth else [])
    kinds += OF_QUERIES * (not (is_property and writer.zero))
    if is_property:
        kinds += OF_PROPERTIES + ["order"] * 3 * writer.ordered + ["qualified"] * bool(depth)
    kind = draw.choice(kinds)
    if kind in OF_SHAPES:
        of_shapes(draw, writer, shape, kind, depth)
    elif kind in OF_QUERIES:
        of_queries(draw, writer, shape, kind, is_property)
    elif kind == "qualified":
        qualified(draw, writer, shape, depth)
    elif kind in OF_PROPERTIES:
        writer.add(shape, kind, Literal(value=True) if kind == "uniqueLang" else number(draw))
    elif kind in OF_LIMITS:
        writer.add(shape, kind, draw.choice(writer.limits))
    elif kind in ("pair", "order"):
        names = {"pair": ["equals", "disjoint"], "order": ["lessThan", "lessThanOrEquals"]}
        writer.add(shape, draw.choice(names[kind]), draw.choice(PREDICATES))
    else:
        of_values(draw, writer, shape, kind, is_property)


def of_values(draw, writer: Writer, shape, kind: str, is_property: bool) -> None:
    named = writer.literals + NODES[:4]
    match kind:
        case "class":
            writer.add(shape, kind, draw.choice(CLASSES))
        case "datatype" | "nodeKind":
            kinds = DATATYPES if kind == "datatype" else [sh(name) for name in KINDS]
            writer.add(shape, kind, draw.choice(kinds))
        case "length":
            writer.add(shape, draw.choice(["minLength", "maxLength"]), number(draw, 5, 1))
        case "pattern":
            writer.add(shape, kind, Literal(draw.choice(["^o", "[0-9]+$", "W", "example"])))
            if draw.choice([False, True]):
                writer.add(shape, "flags", Literal("i"))
        case "languageIn":
            writer.add(shape, kind, writer.list([Literal(draw.choice(["en", "de"]))]))
        case "in":
            writer.add(shape, kind, writer.list(draw.choices(named, k=draw.randint(0, 4))))
        case "hasValue":
            writer.add(shape, kind, draw.choice(named))
        case "closed" if not is_property:
            writer.add(shape, kind, Literal(value=True))
            writer.add(shape, "ignoredProperties", writer.list([rdf("type"), draw.choice(PREDICATES)]))


def of_queries(draw, writer: Writer, shape, kind: str, is_property: bool) -> None:
    condition = draw.choice(writer.conditions)
    if kind == "component":
        writer.triples.append(Triple(shape, component(draw, writer, condition), draw.choice(WORLDS["numbers"])))
        return
    node = writer.new()
    writer.add(shape, "sparql", node)
    writer.add(node, "select", Literal(select(condition, "$PATH" if is_property else draw.choice(["", "e:p"]))))


def select(condition: str, path: str) -> str:
    values = f"$this {path} ?value ." if path else "BIND($this AS ?value)"
    return f"{PREFIXES} SELECT $this ?value WHERE {{ {values} {condition} }}"


def component(draw, writer: Writer, condition: str) -> NamedNode:
    """Define a kind of constraint that a query tests, and return its parameter."""
    number = len(writer.components)
    parameter, validator = e(f"limit{number}"), writer.new()
    writer.components[f"K{number}"] = node = e(f"K{number}")
    writer.triples.append(Triple(node, rdf("type"), sh("ConstraintComponent")))
    writer.add(node, "parameter", about := writer.new())
    writer.add(about, "path", parameter)
    limited = condition.replace("> 2", f"> $limit{number}").replace("= 1)", f"= $limit{number})")
    if "SELECT" not in condition and draw.choice([False, True]):
        writer.add(node, "validator", validator)
        writer.add(validator, "ask", Literal(f"{PREFIXES} ASK {{ {limited.replace('?value', '$value')} }}"))
    else:
        # In a node shape $value is bound beforehand, so the query cannot find it.
        of_node = select(limited, "").replace("?value", "?node")
        for role, text in (("nodeValidator", of_node), ("propertyValidator", select(limited, "$PATH"))):
            writer.add(node, role, validator := writer.new())
            writer.add(validator, "select", Literal(text))
    return parameter


def of_shapes(draw, writer: Writer, shape, kind: str, depth: int) -> None:
    if kind in ("and", "or", "xone"):
        inner = [new_shape(draw, writer, depth - 1, draw.choice([False, True])) for _ in range(draw.randint(1, 3))]
        writer.add(shape, kind, writer.list(inner))
    else:
        writer.add(shape, kind, new_shape(draw, writer, depth - 1, is_property=kind == "property"))


def qualified(draw, writer: Writer, shape, depth: int) -> None:
    writer.add(shape, "qualifiedValueShape", new_shape(draw, writer, depth - 1, is_property=False))
    writer.add(shape, draw.choice(["qualifiedMinCount", "qualifiedMaxCount"]), number(draw, 2))
    if draw.choice([False, True]):
        writer.add(shape, "qualifiedValueShapesDisjoint", Literal(value=True))


def new_shape(draw, writer: Writer, depth: int, is_property: bool, name: str | None = None):
    shape, zero = writer.new(name), False
    writer.triples.append(Triple(shape, rdf("type"), sh("PropertyShape" if is_property else "NodeShape")))
    if is_property:
        writer.zero = False
        writer.add(shape, "path", path(draw, writer))
        zero = writer.zero
    if draw.randint(0, 15) == 0:
        writer.add(shape, "deactivated", Literal(value=True))
    for _ in range(draw.randint(1, 3)):
        writer.zero = zero
        constraint(draw, writer, shape, is_property, depth)
    return shape


def case(number: int) -> tuple[list[Triple], list[Triple]]:
    """Data and shapes, the same for the same number."""
    draw = Random(number)
    world = draw.choice(list(WORLDS))
    writer = Writer(world)
    for name in ("S", "T")[: draw.randint(1, 2)]:
        shape = new_shape(draw, writer, 2, draw.choice([False, True]), name)
        for _ in range(draw.randint(1, 2)):
            kind = draw.choice(["targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"])
            target = {
                "targetClass": CLASSES,
                "targetNode": NODES[:4] + writer.literals,
            }
            writer.add(shape, kind, draw.choice(target.get(kind, PREDICATES)))
    # A parameter that can have one value only is given once.
    once = {"datatype", "nodeKind", "minCount", "maxCount", "minInclusive", "minExclusive", "maxInclusive",
            "maxExclusive", "minLength", "maxLength", "languageIn", "in", "uniqueLang", "closed", "ignoredProperties",
            "flags", "pattern", "qualifiedValueShape", "qualifiedMinCount", "qualifiedMaxCount"}  # fmt: skip
    seen = set()
    kept = []
    for triple in writer.triples:
        key = (triple.subject, triple.predicate)
        if triple.predicate.value.removeprefix(VOCABULARIES["sh"]) not in once or key not in seen:
            kept.append(triple)
        seen.add(key)
    return graph(draw, world), kept


def cases() -> st.SearchStrategy[tuple[list[Triple], list[Triple]]]:
    """Any data and shapes. They come from a number, for drawn one by one most would be small and alike."""
    return st.integers(0, 2**40).map(case)
