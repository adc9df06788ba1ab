"""The file of links, ``data/links.trig``: what is decided and what waits; what people decided outlives every import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.matching.matches import Match, State
from clustergraph.rdf.files import whole
from clustergraph.rdf.reading import read
from clustergraph.rdf.turtle import write
from clustergraph.terms import ONTOLOGY, SCHEME, VOCABULARIES, expand, own

NAME: Final = "links.trig"
"""The file, in the folder of the data."""
STATES: Final = ("same", "candidate", "different")
_A: Final = expand("rdf:type")
_XSD: Final = VOCABULARIES["xsd"]
_MATCH: Final = expand("cg:Match")
_STATE: Final = SCHEME + "match-state/"
_STATED: Final = NamedNode(SCHEME + "certainty/stated")


def graph_of_links() -> NamedNode:
    """Return the graph of the project's own that holds its links."""
    return own("graph/links")


def load(path: Path) -> list[Match]:
    """Return the matches in a file of links; none where it is not there.

    Raises:
        SourceError: it cannot be read.
    """
    return list(matches_of(read(path))) if path.is_file() else []


def matches_of(quads: Iterable[Quad]) -> Iterator[Match]:
    """Yield the matches that statements make, by their IRIs in order."""
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in quads:
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
            said[quad.subject.value][quad.predicate.value].append(quad.object.value)
    for _, each in sorted(said.items()):
        things = sorted(set(each[expand("cg:matches").value]))
        state = "".join(each[expand("cg:matchState").value][:1]).removeprefix(_STATE)
        if len(things) == 2 and state in STATES:
            yield _match(things, cast("State", state), each)


def _match(things: list[str], state: State, said: Mapping[str, list[str]]) -> Match:
    score = next(iter(said[expand("cg:score").value]), "0")
    role = next(iter(said[expand("cg:decidedBy").value]), "person")
    return Match(
        things[0],
        things[1],
        state,
        float(score),
        tuple(sorted(said[expand("cg:speaksFor").value])),
        tuple(sorted(said[expand("cg:speaksAgainst").value])),
        role,
        next(iter(said[expand("cg:decided").value]), ""),
    )


def save(path: Path, matches: Iterable[Match]) -> None:
    """Write a file of links in canonical form, whole or not at all."""
    text = write([*_head(), *(quad for match in matches for quad in statements(match))])
    with whole(path) as file:
        file.write(text.encode())


def _head() -> Iterator[Quad]:
    said: dict[str, NamedNode | Literal] = {
        VOCABULARIES["rdf"] + "type": expand("cg:ReferenceGraph"),
        VOCABULARIES["skos"] + "prefLabel": Literal("Links", language="en"),
        VOCABULARIES["dcterms"] + "description": Literal(
            "Which things of different sources are the same, which may be, and which are not.", language="en"
        ),
    }
    graph = graph_of_links()
    for property_, value in said.items():
        yield Quad(graph, NamedNode(property_), value, graph)


def statements(match: Match) -> Iterator[Quad]:
    """Yield what is said of a match."""
    score = f"{match.score:.3f}".rstrip("0").rstrip(".") or "0"
    said: list[tuple[str, NamedNode | Literal]] = [
        ("cg:certainty", _STATED),
        ("cg:matchState", NamedNode(_STATE + match.state)),
        ("cg:matches", NamedNode(match.one)),
        ("cg:matches", NamedNode(match.other)),
        ("cg:decidedBy", Literal(match.decided_by)),
        ("cg:score", Literal(score, datatype=expand("xsd:decimal"))),
        *(("cg:speaksFor", Literal(text)) for text in match.speaks_for),
        *(("cg:speaksAgainst", Literal(text)) for text in match.speaks_against),
    ]
    if match.decided:
        said.append(("cg:decided", Literal(match.decided, datatype=NamedNode(_XSD + "date"))))
    node, graph = NamedNode(match.iri), graph_of_links()
    yield Quad(node, _A, _MATCH, graph)
    for name, value in said:
        yield Quad(node, expand(name), value, graph)


def merged(old: Iterable[Match], found: Iterable[Match]) -> list[Match]:
    """Return what was found, with what people decided before in its place.

    What a rule decided or proposed before and finds no more is left out; what a person decided stays for ever.
    """
    kept = {match.iri: match for match in old if match.decided_by != "rule"}
    new = {match.iri: match for match in found}
    decided = {iri: _renewed(match, new.get(iri)) for iri, match in kept.items()}
    return sorted({**new, **decided}.values(), key=lambda match: match.iri)


def _renewed(decided: Match, found: Match | None) -> Match:
    """Return a decision with the reasons and the score of the last comparison."""
    if found is None:
        return decided
    return replace(decided, score=found.score, speaks_for=found.speaks_for, speaks_against=found.speaks_against)


def decide(matches: Iterable[Match], decisions: Mapping[str, State], role: str, day: str) -> list[Match]:
    """Return matches with the decisions that somebody in a role took, by the IRI of the match."""
    return [
        replace(match, state=decisions[match.iri], decided_by=role, decided=day)
        if match.iri in decisions and (match.state != decisions[match.iri] or match.decided_by == "rule")
        else match
        for match in matches
    ]


def contradictions(matches: Iterable[Match]) -> list[tuple[str, str, str]]:
    """Return threes of things where the first is the same as the others, and these are said to be different."""
    partners: dict[str, set[str]] = defaultdict(set)
    apart = []
    for match in matches:
        if match.state == "same":
            partners[match.one].add(match.other)
            partners[match.other].add(match.one)
        elif match.state == "different":
            apart.append(match.pair)
    return [(third, one, other) for one, other in apart for third in sorted(partners[one] & partners[other])]


def update(match: str, state: State, role: str, day: str) -> str:
    """Return the SPARQL update that records a decision on a match of the graph."""
    return f"""PREFIX cg: <{ONTOLOGY}>
WITH {graph_of_links()}
DELETE {{ ?match cg:matchState ?state ; cg:decidedBy ?role ; cg:decided ?day }}
INSERT {{
  ?match cg:matchState <{_STATE}{state}> ; cg:decidedBy {Literal(role)} ; cg:decided "{day}"^^<{_XSD}date>
}}
WHERE {{
  BIND (<{match}> AS ?match)
  ?match cg:matchState ?state ; cg:decidedBy ?role
  OPTIONAL {{ ?match cg:decided ?day }}
}}"""
