"""Both engines find the same in random data by random shapes."""

from __future__ import annotations

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from clustergraph.shacl import oracle
from clustergraph.shacl.data import Data
from clustergraph.shacl.engine import Engine
from clustergraph.shacl.model import Shapes
from clustergraph.shacl.results import by_name
from clustergraph.shacl.triples import InvalidShapesError, rdf, rdfs, sh
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

subjects = st.sampled_from(NODES)
predicates = st.sampled_from(PREDICATES)


def graphs(world: str):
    literals = st.sampled_from(WORLDS[world])
    values = literals if world == "ordered" else st.one_of(subjects, literals)
    triples = st.one_of(
        st.builds(Triple, subjects, predicates, values),
        st.builds(Triple, subjects, st.just(rdf("type")), st.sampled_from(CLASSES)),
        st.just(Triple(e("D"), rdfs("subClassOf"), e("C"))),
    )
    return st.lists(triples, max_size=25)


class Writer:
    """Collects the triples of shapes."""

    def __init__(self, world: str) -> None:
        self.literals = st.sampled_from(WORLDS[world])
        self.limits = LIMITS[world]
        self.ordered = world == "ordered"
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
    kind = draw(st.sampled_from(["step"] * 4 + ["inversePath", "sequence", "alternativePath", "zeroOrMorePath",
                                               "oneOrMorePath", "zeroOrOnePath"]))  # fmt: skip
    if kind == "step" or not depth or writer.ordered:
        return draw(predicates)
    if kind in ("sequence", "alternativePath"):
        items = writer.list([path(draw, writer, depth - 1) for _ in range(2)])
        if kind == "sequence":
            return items
        node = writer.new()
        writer.add(node, kind, items)
        return node
    node = writer.new()
    writer.add(node, kind, path(draw, writer, depth - 1))
    return node


def number(draw, most: int = 3, least: int = 0) -> Literal:
    return xsd(str(draw(st.integers(least, most))), "integer")


KINDS = ["IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"]
OF_VALUES = ["class", "datatype", "nodeKind", "length", "pattern", "languageIn", "in", "hasValue", "pair", "closed"]
OF_PROPERTIES = ["minCount", "maxCount", "uniqueLang"]
OF_SHAPES = ["node", "not", "and", "or", "xone", "property"]
OF_LIMITS = ["minInclusive", "minExclusive", "maxInclusive", "maxExclusive"]


def constraint(draw, writer: Writer, shape, is_property: bool, depth: int) -> None:
    kinds = OF_VALUES + (OF_LIMITS if writer.limits else []) + (OF_SHAPES if depth else [])
    if is_property:
        kinds += OF_PROPERTIES + ["order"] * 3 * writer.ordered + ["qualified"] * bool(depth)
    kind = draw(st.sampled_from(kinds))
    if kind in OF_SHAPES:
        of_shapes(draw, writer, shape, kind, depth)
    elif kind == "qualified":
        qualified(draw, writer, shape, depth)
    elif kind in OF_PROPERTIES:
        writer.add(shape, kind, Literal(value=True) if kind == "uniqueLang" else number(draw))
    elif kind in OF_LIMITS:
        writer.add(shape, kind, draw(st.sampled_from(writer.limits)))
    elif kind in ("pair", "order"):
        names = {"pair": ["equals", "disjoint"], "order": ["lessThan", "lessThanOrEquals"]}
        writer.add(shape, draw(st.sampled_from(names[kind])), draw(predicates))
    else:
        of_values(draw, writer, shape, kind, is_property)


def of_values(draw, writer: Writer, shape, kind: str, is_property: bool) -> None:
    named = st.one_of(writer.literals, st.sampled_from(NODES[:4]))
    match kind:
        case "class":
            writer.add(shape, kind, draw(st.sampled_from(CLASSES)))
        case "datatype" | "nodeKind":
            kinds = DATATYPES if kind == "datatype" else [sh(name) for name in KINDS]
            writer.add(shape, kind, draw(st.sampled_from(kinds)))
        case "length":
            writer.add(shape, draw(st.sampled_from(["minLength", "maxLength"])), number(draw, 5, 1))
        case "pattern":
            writer.add(shape, kind, Literal(draw(st.sampled_from(["^o", "[0-9]+$", "W", "example"]))))
            if draw(st.booleans()):
                writer.add(shape, "flags", Literal("i"))
        case "languageIn":
            writer.add(shape, kind, writer.list([Literal(draw(st.sampled_from(["en", "de"])))]))
        case "in":
            writer.add(shape, kind, writer.list(draw(st.lists(named, max_size=4))))
        case "hasValue":
            writer.add(shape, kind, draw(named))
        case "closed" if not is_property:
            writer.add(shape, kind, Literal(value=True))
            writer.add(shape, "ignoredProperties", writer.list([rdf("type"), draw(predicates)]))


def of_shapes(draw, writer: Writer, shape, kind: str, depth: int) -> None:
    if kind in ("and", "or", "xone"):
        inner = [new_shape(draw, writer, depth - 1, draw(st.booleans())) for _ in range(draw(st.integers(1, 3)))]
        writer.add(shape, kind, writer.list(inner))
    else:
        writer.add(shape, kind, new_shape(draw, writer, depth - 1, is_property=kind == "property"))


def qualified(draw, writer: Writer, shape, depth: int) -> None:
    writer.add(shape, "qualifiedValueShape", new_shape(draw, writer, depth - 1, is_property=False))
    writer.add(shape, draw(st.sampled_from(["qualifiedMinCount", "qualifiedMaxCount"])), number(draw, 2))
    if draw(st.booleans()):
        writer.add(shape, "qualifiedValueShapesDisjoint", Literal(value=True))


def new_shape(draw, writer: Writer, depth: int, is_property: bool, name: str | None = None):
    shape = writer.new(name)
    writer.triples.append(Triple(shape, rdf("type"), sh("PropertyShape" if is_property else "NodeShape")))
    if is_property:
        writer.add(shape, "path", path(draw, writer))
    if draw(st.integers(0, 15)) == 0:
        writer.add(shape, "deactivated", Literal(value=True))
    for _ in range(draw(st.integers(1, 3))):
        constraint(draw, writer, shape, is_property, depth)
    return shape


@st.composite
def cases(draw) -> tuple[list[Triple], list[Triple]]:
    """Data and shapes."""
    world = draw(st.sampled_from(list(WORLDS)))
    writer = Writer(world)
    for name in ("S", "T")[: draw(st.integers(1, 2))]:
        shape = new_shape(draw, writer, 2, draw(st.booleans()), name)
        for _ in range(draw(st.integers(1, 2))):
            kind = draw(st.sampled_from(["targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"]))
            target = {
                "targetClass": st.sampled_from(CLASSES),
                "targetNode": st.one_of(st.sampled_from(NODES[:4]), writer.literals),
            }
            writer.add(shape, kind, draw(target.get(kind, predicates)))
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
    return draw(graphs(world)), kept


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_both_engines_find_the_same(case: tuple[list[Triple], list[Triple]]) -> None:
    data, shapes = case
    ours = set(map(by_name, Engine(Data(data), Shapes(shapes)).run()))
    try:
        theirs = set(map(by_name, oracle.run(data, shapes, None)))
    except InvalidShapesError:
        reject()
    assert ours == theirs
