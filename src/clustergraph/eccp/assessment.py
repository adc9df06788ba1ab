"""What the report says of a profile: how the admission rules of a platform are judged, and what its answers lack.

An admission rule is a ``sh:PropertyGroup`` of the shapes. Its shapes of severity Info say that the answer is known,
those of severity Warning that it is as it should be. A rule that another one waives names that other with
``rdfs:seeAlso``. A gap is what the form asks and the graph does not know, is out of date, or contradicts itself.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from pyoxigraph import NamedNode, Quad, Store

from clustergraph.eccp.form import Answers, FormColumn, Value
from clustergraph.eccp.recipe import ClusterProfile
from clustergraph.rdf.reading import solutions
from clustergraph.shacl.findings import Finding, Severity

_RULES: Final = """SELECT ?group ?text ?order ?waiver (GROUP_CONCAT(STR(?shape)) AS ?shapes) {
  ?group a sh:PropertyGroup ; rdfs:label ?text ; sh:order ?order . ?shape sh:group ?group
  OPTIONAL { ?group rdfs:seeAlso ?waiver } } GROUP BY ?group ?text ?order ?waiver ORDER BY ?order"""


class Verdict(StrEnum):
    """How a rule is judged."""

    MET = "met"
    NOT_MET = "not met"
    NOT_KNOWN = "not known"


@dataclass(frozen=True)
class AdmissionRule:
    """An admission rule."""

    iri: str
    text: str
    shapes: tuple[NamedNode, ...]
    waiver: str
    """The IRI of the rule that waives this one, where it is met."""

    @property
    def name(self) -> str:
        """The name of the rule, which is also that of its query for evidence."""
        return self.iri.rpartition("-")[2]


class Grounds(NamedTuple):
    """Something that is known about a rule, and who says so."""

    said: str
    source: str

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.said} [{self.source}]" if self.source else self.said


@dataclass(frozen=True)
class Judgement:
    """How one rule is judged for one thing."""

    rule: AdmissionRule
    verdict: Verdict
    evidence: Sequence[Grounds]
    waived: bool
    """Whether the rule need not be met."""

    def __str__(self) -> str:
        """Return the verdict in words."""
        return f"waived (by itself {self.verdict})" if self.waived else self.verdict


class Kind(StrEnum):
    """What is the matter with an answer, the worst first."""

    CONTRADICTION = "contradiction"
    UNCERTAIN = "uncertain"
    OUTDATED = "out of date"
    UNDATED = "no date"
    UNLISTED = "not in the list"
    MISSING = "not known"


@dataclass(frozen=True)
class Gap:
    """Something that is wrong with one answer of one thing."""

    column: str
    kind: Kind
    finding: str
    """What the graph knows."""
    advice: str
    """What to do."""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """What the report says of one thing."""

    thing: str
    name: str
    judgements: Sequence[Judgement]
    gaps: Sequence[Gap]
    """The worst first."""

    @property
    def admission(self) -> str:
        """How the admission rules end, in a few words.

        >>> Assessment("x", "X", (), ()).admission
        'all rules met'
        """
        if self.waived:
            return "waived by recognition"
        counted = Counter(judgement.verdict for judgement in self.rules)
        parts = [f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict]]
        return ", ".join(parts) if set(counted) - {Verdict.MET} else "all rules met"

    @property
    def waived(self) -> bool:
        """Whether rules need not be met."""
        return any(judgement.waived for judgement in self.judgements)

    @property
    def rules(self) -> list[Judgement]:
        """The judgements of the rules that have to be met; the others only waive them."""
        return [judgement for judgement in self.judgements if judgement.rule.waiver]


def rules(shapes: Iterable[Quad]) -> list[AdmissionRule]:
    """Return the admission rules among shapes, in their order."""
    store = Store()
    store.extend(shapes)
    return [
        AdmissionRule(
            row["group"].value,
            row["text"].value,
            tuple(NamedNode(iri) for iri in row["shapes"].value.split()),
            row["waiver"].value if row["waiver"] else "",
        )
        for row in solutions(store, _RULES)
    ]


def judge(profile: ClusterProfile, rules: Sequence[AdmissionRule], findings: Iterable[Finding]) -> Assessment:
    """Return what the report says of a profile, from what the shapes found in this one and in others."""
    broken = {finding.shape.term: finding.severity for finding in findings if finding.focus.term == profile.thing}
    verdicts = {rule.iri: _verdict([broken[shape] for shape in rule.shapes if shape in broken]) for rule in rules}
    judgements = [
        Judgement(rule, verdicts[rule.iri], _evidence(profile, rule), verdicts.get(rule.waiver) is Verdict.MET)
        for rule in rules
    ]
    found = find(profile.recipe.columns, profile.answers, profile.origin.day)
    gaps = sorted([*found, *_noted(profile)], key=lambda gap: list(Kind).index(gap.kind))
    return Assessment(profile.thing.value, profile.name, judgements, gaps)


def _verdict(found: Sequence[Severity]) -> Verdict:
    if Severity.INFO in found:
        return Verdict.NOT_KNOWN
    return Verdict.NOT_MET if found else Verdict.MET


def _evidence(profile: ClusterProfile, rule: AdmissionRule) -> list[Grounds]:
    queries, found = profile.recipe.evidence, set()
    for row in solutions(profile.store, queries[rule.name]) if rule.name in queries else ():
        if row["thing"] == profile.thing:
            source = row["source"].value if row["source"] else ""
            found.add(Grounds(row["said"].value, profile.words.get(source, source)))
    return sorted(found)


def find(columns: Iterable[FormColumn], answers: Answers, day: str) -> Iterator[Gap]:
    """Yield the gaps of one thing in the order of the columns, judged as of a day, ISO 8601."""
    for column in columns:
        values = answers.get(column.name, ())
        if values:
            if not column.many:
                yield from _contradiction(column, values)
            yield from _uncertain(column, values[0])
            if column.fresh is not None:
                yield from _dated(column.name, column.fresh, values if column.many else values[:1], day)
        elif column.needed:
            advice = f"Find out: {column.asks[0].lower()}{column.asks[1:]}."
            yield Gap(column.name, Kind.MISSING, "no source gives it", advice)


def _noted(profile: ClusterProfile) -> Iterator[Gap]:
    """Yield the gaps that queries find: what the editors of the graph noted, and what is seen in the profile."""
    seen = (row for query in profile.recipe.gaps.values() for row in solutions(profile.store, query))
    for row in (*profile.notes, *seen):
        sources = (row["section"].value,) if row["section"] else ()
        yield Gap(row["column"].value, Kind(row["kind"].value), row["text"].value, row["advice"].value, sources)


def _contradiction(column: FormColumn, values: Sequence[Value]) -> Iterator[Gap]:
    if len({(value.text, value.codes.get("how exact", "")) for value in values}) > 1:
        said = "; ".join(f"{_exactly(value)} [{', '.join(value.sources)}]" for value in values)
        sources = tuple(sorted({source for value in values for source in value.sources}))
        advice = f"Ask the cluster which is right; the package gives {_exactly(values[0])}."
        yield Gap(column.name, Kind.CONTRADICTION, said, advice, sources)


def _exactly(value: Value) -> str:
    bound = "" if value.exact else value.parts.get("how exact", "")
    date = f"({value.date})" if value.date else ""
    return " ".join(word for word in (bound, value.text, date) if word)


def _uncertain(column: FormColumn, value: Value) -> Iterator[Gap]:
    if not value.certain:
        said = f"{_exactly(value)} is {value.parts.get('certainty', 'uncertain')}"
        yield Gap(column.name, Kind.UNCERTAIN, said, "Ask the cluster to confirm it.", value.sources)


def _dated(column: str, fresh: int, values: Sequence[Value], day: str) -> Iterator[Gap]:
    advice = "Ask the cluster for the present state."
    earliest = f"{int(day[:4]) - fresh}{day[4:]}"
    for value in values:
        shown = " ".join(word for word in (value.text, value.parts.get("level", "")) if word)
        last = value.date + "-12-31"[len(value.date) - 4 :]  # a year and a month end with their last day
        if not value.date:
            said = f"{shown}: no source says of when it is"
            yield Gap(column, Kind.UNDATED, said, advice, value.sources)
        elif last < earliest:
            said = f"{shown} is of {value.date}, more than {fresh} years before {day}"
            yield Gap(column, Kind.OUTDATED, said, advice, value.sources)
