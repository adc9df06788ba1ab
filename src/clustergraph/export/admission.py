"""The admission rules of a platform: each judged met, not met or not known, with the evidence.

A rule is a ``sh:PropertyGroup`` of the shapes. Its shapes of severity Info say that the answer is known, those of
severity Warning that it is as it should be. A rule that another one waives names that other with ``rdfs:seeAlso``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pyoxigraph import NamedNode, Quad, QuerySolutions, Store

from clustergraph.shacl.findings import Finding, Severity
from clustergraph.terms import PREFIXES, SHAPE

_RULES: Final = """SELECT ?group ?text ?order ?waiver ?shape {
  ?group a sh:PropertyGroup ; rdfs:label ?text ; sh:order ?order . ?shape sh:group ?group
  OPTIONAL { ?group rdfs:seeAlso ?waiver } } ORDER BY ?order ?shape"""


class Verdict(StrEnum):
    """How a rule is judged."""

    MET = "met"
    NOT_MET = "not met"
    NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Rule:
    """An admission rule."""

    iri: str
    text: str
    shapes: frozenset[str]
    waiver: str = ""
    """The IRI of the rule that waives this one, where it is met."""

    @property
    def name(self) -> str:
        """The name of the rule, which is also that of its query for evidence.

        >>> Rule(SHAPE + "EccpAdmission-team", "", frozenset()).name
        'team'
        """
        return self.iri.removeprefix(SHAPE).rpartition("-")[2]


@dataclass(frozen=True)
class Evidence:
    """Something that is known about a rule, and who says so."""

    said: str
    source: str = ""

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.said} [{self.source}]" if self.source else self.said


@dataclass(frozen=True)
class Judgement:
    """How one rule is judged for one thing."""

    rule: Rule
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    waived: bool = False
    """Whether the rule need not be met."""


def rules(shapes: Iterable[Quad]) -> list[Rule]:
    """Return the admission rules among shapes, in their order."""
    store = Store()
    store.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in shapes)
    rows = store.query(_RULES, prefixes=PREFIXES)
    assert isinstance(rows, QuerySolutions)
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in rows:
        waiver = row["waiver"].value if row["waiver"] else ""
        found[row["group"].value, row["text"].value, waiver].add(row["shape"].value)
    return [Rule(iri, text, frozenset(named), waiver) for (iri, text, waiver), named in found.items()]


def judge(
    things: Sequence[str], judged_by: Sequence[Rule], findings: Iterable[Finding], evidence: Mapping[str, Evidences]
) -> dict[str, list[Judgement]]:
    """Return the judgements of things, by thing and in the order of the rules.

    Args:
        things: the IRIs of the things.
        judged_by: the rules.
        findings: what the shapes of the rules, among others, found.
        evidence: for each rule by name, what is known of each thing.
    """
    broken = {(f.focus.term.value, f.shape.term.value): f.severity for f in findings if _named(f)}  # type: ignore[union-attr]  # _named has looked
    judged: dict[str, list[Judgement]] = {}
    for thing in things:
        verdicts = {rule.iri: _verdict(thing, rule, broken) for rule in judged_by}
        judged[thing] = [
            Judgement(
                rule,
                verdicts[rule.iri],
                tuple(evidence.get(rule.name, {}).get(thing, ())),
                waived=verdicts.get(rule.waiver) is Verdict.MET,
            )
            for rule in judged_by
        ]
    return judged


def _named(finding: Finding) -> bool:
    return isinstance(finding.focus.term, NamedNode) and isinstance(finding.shape.term, NamedNode)


def _verdict(thing: str, rule: Rule, broken: Mapping[tuple[str, str], Severity]) -> Verdict:
    found = {broken[thing, shape] for shape in rule.shapes if (thing, shape) in broken}
    if Severity.INFO in found:
        return Verdict.NOT_KNOWN
    return Verdict.NOT_MET if found else Verdict.MET


Evidences = Mapping[str, Sequence[Evidence]]
"""What is known about one rule, by thing."""


def evidence(store: Store, queries: Mapping[str, str], words: Mapping[str, str]) -> dict[str, Evidences]:
    """Return what a package knows about each rule.

    Args:
        store: the graph of the package.
        queries: by the name of a rule, a query for ``?thing``, ``?said`` and ``?source``.
        words: the labels of what the graph names.
    """
    return {name: dict(_evidence(store, query, words)) for name, query in queries.items()}


def _evidence(store: Store, query: str, words: Mapping[str, str]) -> Iterator[tuple[str, list[Evidence]]]:
    rows = store.query(query, prefixes=PREFIXES)
    assert isinstance(rows, QuerySolutions)
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        source = row["source"].value if row["source"] else ""
        found[row["thing"].value].add((row["said"].value, words.get(source, source)))
    for thing, said in found.items():
        yield thing, [Evidence(*pair) for pair in sorted(said)]
