"""A rule finds a contradiction that is put into a small graph, and lets pass what is near one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pyoxigraph import QuerySolutions, RdfFormat, Store, parse

from clustergraph.graph import Graph
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.write import merge
from clustergraph.sparql.exists import rewrite
from clustergraph.terms import PREFIXES, SCHEME
from tests.conftest import ROOT

RULES = ROOT / "queries" / "conflicts"
OTHERS = {"figures", "dates", "claims-computed"}
"""The rules that are tested with the command."""
ALONE = {"gap", "damaged", "unconfirmed"}
"""The kinds of which one value is enough."""

SCENE = """
GRAPH m:sections {
  m:one a cg:Section ; cg:inDocument document:d ; cg:heading "One" ; skos:prefLabel "One"@en .
  m:two a cg:Section ; cg:inDocument document:d ; cg:heading "Two" ; skos:prefLabel "Two"@en .
  m:later a cg:Section ; cg:inDocument document:e ; cg:heading "Later" ; skos:prefLabel "Later"@en .
  m:row a cg:Section ; cg:inDocument document:d ; cg:heading "T: Aa" ; cg:table "T" ; cg:row "Aa" .
  m:row-b a cg:Section ; cg:inDocument document:d ; cg:heading "T: Bb" ; cg:table "T" ; cg:row "Bb" .
  m:row-c a cg:Section ; cg:inDocument document:d ; cg:heading "T: Cc" ; cg:table "T" ; cg:row "Cc" .
  document:d a cg:Document ; skos:prefLabel "D"@en ; cg:describes partnership:u ;
    cg:issued "2017" ; cg:author organisation:a ; cg:publisher organisation:a .
  document:e a cg:Document ; skos:prefLabel "E"@en ;
    cg:issued "2018" ; cg:author organisation:a ; cg:publisher organisation:a .
  organisation:a a cg:Organisation ; skos:prefLabel "Aa"@en .
  organisation:b a cg:Organisation ; skos:prefLabel "Bb"@en .
  organisation:c a cg:Organisation ; skos:prefLabel "Cc"@en .
  region:r a cg:Region ; skos:prefLabel "R"@en .
  region:s a cg:Region ; skos:prefLabel "S"@en .
  region:t a cg:Region ; skos:prefLabel "T"@en .
  strategy:s a cg:Strategy ; skos:prefLabel "Strategy"@en .
  project:p a cg:Project ; skos:prefLabel "P"@en .
  project:q a cg:Project ; skos:prefLabel "Q"@en .
  project:o a cg:Project ; skos:prefLabel "O"@en .
  partnership:u a cg:Partnership ; skos:prefLabel "U"@en .
  funding:x a cg:FundingScheme ; skos:prefLabel "X"@en .
  funding:y a cg:FundingScheme ; skos:prefLabel "Y"@en .
}
GRAPH m:row { organisation:a cg:spelling "Aa" } GRAPH m:row-b { organisation:b cg:spelling "Bb" }
GRAPH m:row-c { organisation:c cg:spelling "Cc" . m:row-c cg:page 1 }
GRAPH m:one { m:one cg:page 1 } GRAPH m:two { m:two cg:page 2 } GRAPH m:later { m:later cg:page 3 }
"""
"""Two documents with sections and a table, and things that nothing is said of yet."""


def said(section: str, *triples: str) -> str:
    """Put triples into a section."""
    return f"GRAPH m:{section} {{ {' '.join(t + ' .' for t in triples)} }}\n"


class Statement:
    """Writes statements, each with a name of its own."""

    def __init__(self, name: str, space: str, **fixed: str) -> None:
        self.name, self.space, self.fixed = name, space, fixed

    def __call__(self, number: int, section: str, **values: str) -> str:
        """State it in a section; certain, where nothing else is said."""
        links = {"certainty": "certainty:stated", **self.fixed, **values}
        pairs = " ; ".join(f"cg:{link} {value}" for link, value in links.items())
        return said(section, f"{self.space}:n{number}-{section} a cg:{self.name} ; {pairs}")


_part = Statement("Participation", "participation", role="participation-role:participant")
_award = Statement("LabelAward", "award", holder="organisation:a", label="label:tecnio")
_priority = Statement("Priority", "priority", setBy="region:r", strategy="strategy:s")
_grant = Statement("Funding", "grant", activity="project:p")
_tie = Statement("Relationship", "relationship")
_plan = Statement("PlanElement", "plan", planOf="partnership:u", planKind="plan-kind:action")
_number = {"subject": "organisation:a", "unit": "unit:count", "bound": "bound:exactly"}
_figure = Statement("Figure", "figure", **_number)
_claim = Statement("Claim", "figure", **_number | {"subject": "partnership:u"})


def part(number: int, section: str, who: str, activity: str = "project:p", **values: str) -> str:
    """State that somebody takes part in an activity."""
    return _part(number, section, participant=who, activity=activity, **values)


def share(number: int, section: str, of: str, percent: int) -> str:
    """State the share of one kind of members."""
    whole = {"measure": "measure:member-share", "unit": "unit:percent", "breakdown": f"member-kind:{of}"}
    return _figure(number, section, value=str(percent), **whole)


def assertion(number: int, section: str, triple: tuple[str, str, str], **values: str) -> str:
    """State a triple that the source only suggests."""
    pairs = " ; ".join(f"cg:{link} {value}" for link, value in ({"certainty": "certainty:ambiguous"} | values).items())
    subject, predicate, thing = triple
    node = f"assertion:n{number}-{section} a cg:Assertion"
    return said(section, f"{node} ; rdf:subject {subject} ; rdf:predicate {predicate} ; rdf:object {thing} ; {pairs}")


def letter(name: str, region: str, **values: str) -> str:
    """Write a letter of a region that supports the partnership."""
    more = "".join(f" ; cg:{link} {value}" for link, value in values.items())
    return said("one", f"letter:{name} a cg:Letter ; cg:supports partnership:u ; cg:onBehalfOf {region}{more}")


def element(number: int, section: str, label: str, **values: str) -> str:
    """State an element of the plan of the partnership."""
    return _plan(number, section, **values) + said(section, f'plan:n{number}-{section} skos:prefLabel "{label}"@en')


_two = part(1, "one", "organisation:a") + part(2, "one", "organisation:b") + part(3, "two", "organisation:a")
_sizes = "".join(
    _figure(20, row, subject=f"organisation:{who}", measure="measure:members", value="10", column='"Size"')
    for row, who in (("row", "a"), ("row-b", "b"), ("row-c", "c"))
)
_members = part(1, "one", "organisation:a", "partnership:u", role="participation-role:partner") + part(
    2, "one", "organisation:b", "partnership:u", role="participation-role:partner"
)
_regions = part(1, "one", "region:r", "partnership:u") + part(2, "one", "region:s", "partnership:u")
_schemes = (
    part(1, "one", "organisation:a")
    + part(2, "one", "organisation:a", "project:q")
    + part(3, "one", "organisation:a", "project:o")
)
_codes = part(1, "row", "organisation:a", countryCode='"IT"') + part(2, "row", "organisation:b", countryCode='"IT"')


def _note(name: str, kind: str, found: str) -> str:
    return f"""GRAPH m:notes {{ note:{name} a cg:Note ; cg:about organisation:a ; cg:concernsSection m:one ;
      cg:noteKind note-kind:{kind} ; {found} ; dcterms:description "Odd."@en }}\n"""


def _together(number: int, other: str) -> str:
    cooperates = "relationship-kind:cooperates-with"
    return _tie(number, "one", relationshipKind=cooperates, party="organisation:b", counterparty=other)


_focus = element(1, "one", "materials", planKind="plan-kind:cooperation-focus", withParty="organisation:a")
_field = element(2, "two", "new materials", planKind="plan-kind:field-of-cooperation", withParty="organisation:a")

CASES: dict[str, tuple[str, str]] = {
    "participant-lists": (
        _two + part(4, "two", "organisation:b") + part(5, "two", "organisation:c", scope="scope:collective"),
        part(6, "two", "organisation:c"),
    ),
    "activities-left-out": (
        part(1, "row", "organisation:a")
        + part(2, "one", "organisation:a")
        + part(3, "one", "organisation:b", "project:q"),
        part(4, "one", "organisation:a", "project:q"),
    ),
    "rows-missing": (
        _members + said("one", 'organisation:c cg:spelling "Dd"'),
        said("one", 'organisation:e a cg:Organisation ; skos:prefLabel "Ee"@en ; cg:spelling "Ee"')
        + part(3, "one", "organisation:e", "partnership:u", role="participation-role:partner"),
    ),
    "priority-lists": (
        _priority(1, "one", theme="theme:ict")
        + _priority(2, "two", theme="theme:ict")
        + _priority(3, "two", theme="theme:energy")
        + _priority(4, "one", theme="theme:health", scope="scope:collective"),
        _priority(5, "one", theme="theme:aerospace"),
    ),
    "label-changes": (
        _award(1, "one", level="label-level:gold", heldSince='"2013"')
        + _award(2, "two", level="label-level:gold", heldSince='"2013-05"')
        + _award(3, "two", level="label-level:silver", phase="phase:under-way"),
        _award(4, "later", level="label-level:bronze"),
    ),
    "label-issuers": (
        _award(1, "one", issuer="organisation:b")
        + _award(2, "two", issuer="organisation:b")
        + _award(3, "two", label="label:aei", issuer="organisation:c"),
        _award(4, "later", holder="organisation:b", issuer="organisation:c"),
    ),
    "full-names": (
        said("one", 'organisation:a cg:fullName "Network of Tools"')
        + said("two", 'organisation:a cg:fullName "NETWORK OF TOOLS, Ltd."'),
        said("later", 'organisation:a cg:fullName "Network of Plastics"'),
    ),
    "spellings": (
        said("one", 'organisation:a cg:spelling "Institute of Polymers"')
        + said("two", 'organisation:a cg:spelling "IP", "Institute of Polymers, Turin"'),
        said("two", 'organisation:a cg:spelling "Institut of Polymers"'),
    ),
    "schemes": (
        said("one", "funding:y cg:withinScheme funding:x")
        + _grant(1, "one", scheme="funding:x")
        + _grant(2, "two", scheme="funding:y"),
        said("one", 'funding:z a cg:FundingScheme ; skos:prefLabel "Z"@en') + _grant(3, "two", scheme="funding:z"),
    ),
    "open-brackets": (
        _grant(1, "one", scheme="funding:x", scope="scope:list")
        + _grant(2, "one", scheme="funding:y", certainty="certainty:ambiguous"),
        _grant(3, "one", activity="project:q", scheme="funding:x", certainty="certainty:ambiguous", scope="scope:list"),
    ),
    "phases": (
        part(1, "one", "organisation:a")
        + part(2, "two", "organisation:b", phase="phase:planned")
        + part(3, "two", "organisation:a", phase="phase:planned", role="participation-role:chair"),
        part(4, "two", "organisation:a", phase="phase:planned"),
    ),
    "unconfirmed-elsewhere": (
        part(1, "one", "organisation:a")
        + part(2, "two", "organisation:b", certainty="certainty:unconfirmed")
        + part(3, "two", "organisation:a", certainty="certainty:ambiguous"),
        part(4, "later", "organisation:a", certainty="certainty:unconfirmed"),
    ),
    "unsure": (
        part(1, "one", "organisation:a") + part(2, "two", "organisation:a", certainty="certainty:ambiguous"),
        part(3, "two", "organisation:b", certainty="certainty:unconfirmed"),
    ),
    "none-and-some": (
        said("row", 'organisation:a cg:commonBackground "None"') + _together(1, "organisation:c"),
        _together(2, "organisation:a"),
    ),
    "empty-cells": (
        said("row", 'organisation:a cg:commonBackground "None" ; cg:spelling "C/O"'),
        said("row-b", 'organisation:b cg:commonBackground "-"'),
    ),
    "shares-short": (
        share(1, "one", "businesses", 60)
        + share(2, "one", "public-bodies", 30)
        + share(3, "one", "universities", 10)
        + share(4, "two", "businesses", 30)
        + share(5, "two", "public-bodies", 20)
        + share(6, "two", "universities", 5),
        share(7, "later", "businesses", 60)
        + share(8, "later", "public-bodies", 30)
        + share(9, "later", "universities", 4),
    ),
    "counted-not-named": (
        _figure(1, "one", subject="region:r", measure="measure:s3-domains", value="2")
        + _priority(2, "one", theme="theme:ict")
        + _priority(3, "one", theme="theme:energy"),
        _figure(4, "two", subject="region:r", measure="measure:s3-domains", value="8")
        + _priority(5, "two", theme="theme:ict"),
    ),
    "empty-sections": (
        """GRAPH m:sections { m:whole a cg:Section ; cg:inDocument document:d ; cg:heading "Whole" .
             m:one cg:withinSection m:whole }""",
        "GRAPH m:sections { m:bare a cg:Section ; cg:inDocument document:d ; cg:heading 'Bare' }",
    ),
    "regions-without-letter": (
        _regions + letter("r", "region:r") + letter("s", "region:s") + part(3, "one", "region:t"),
        part(4, "one", "region:t", "partnership:u"),
    ),
    "regions-without-priority": (
        _regions + _priority(1, "one", theme="theme:ict") + _priority(2, "one", setBy="region:s", theme="theme:ict"),
        part(3, "one", "region:t", "partnership:u")
        + _priority(4, "one", setBy="region:t", theme="theme:ict", scope="scope:collective"),
    ),
    "projects-without-scheme": (
        _schemes
        + "".join(_grant(n, "one", activity=f"project:{p}", scheme="funding:x") for n, p in enumerate("pqo"))
        + part(5, "two", "organisation:a"),
        said("one", 'project:n a cg:Project ; skos:prefLabel "N"@en') + part(6, "one", "organisation:a", "project:n"),
    ),
    "table-gaps": (
        _codes + part(3, "one", "organisation:c"),
        part(4, "row-b", "organisation:c", "project:q"),
    ),
    "documents-without": (
        letter("r", "region:r", issued='"2016-12-19"', place="place:lyon")
        + "GRAPH m:sections { document:f a cg:Document ; dcterms:isPartOf document:d }",
        letter("s", "region:s", issued='"2016-12-20"'),
    ),
    "noted-damage": (
        _note("found", "damage", "cg:foundBy <https://w3id.org/clustergraph/query/conflicts/gaps>")
        + _note("gap", "gap", 'cg:notFoundBecause "Torn."'),
        _note("torn", "damage", 'cg:notFoundBecause "Torn."'),
    ),
    "noted-gaps": (
        _note("found", "gap", "cg:foundBy <https://w3id.org/clustergraph/query/conflicts/gaps>")
        + _note("torn", "damage", 'cg:notFoundBecause "Torn."'),
        _note("gap", "gap", 'cg:notFoundBecause "Torn."'),
    ),
    "unnamed": (
        part(1, "row", "organisation:a"),
        said("one", "organisation:n a cg:Organisation") + part(2, "one", "organisation:n"),
    ),
    "section-numbers": (
        """GRAPH m:sections { m:one cg:sectionNumber "A.1" . m:two cg:sectionNumber "A.1" ; cg:withinSection m:one .
             m:later cg:sectionNumber "A.1" }""",
        """GRAPH m:sections { m:third a cg:Section ; cg:inDocument document:d ; cg:heading "Third" ;
             cg:sectionNumber "A.1" }""",
    ),
    "plan-lists": (
        element(1, "one", "foster industry")
        + element(2, "one", "learn")
        + element(3, "two", "Foster Industry")
        + element(4, "two", "learn")
        + element(5, "later", "travel"),
        element(6, "one", "modernisation")
        + element(7, "two", "modernization")
        + element(8, "one", "renaissance")
        + element(9, "two", "basis"),
    ),
    "letters-without-partner": (
        letter("r", "region:r", issuer="organisation:a") + part(1, "one", "organisation:b", "partnership:u"),
        said("two", "letter:s a cg:Letter ; cg:supports partnership:u ; cg:issuer organisation:a")
        + part(2, "two", "region:s", "partnership:u"),
    ),
    "founders": (
        part(1, "one", "organisation:a", role="participation-role:founding-member")
        + part(2, "two", "organisation:a", role="participation-role:member")
        + part(3, "two", "organisation:b", role="participation-role:supporter"),
        part(4, "later", "organisation:a", role="participation-role:supporter"),
    ),
    "plan-items": (
        element(1, "one", "Joint roadmap", order="1")
        + element(2, "two", "joint road-map", order="1")
        + element(3, "two", "Fairs", order="2"),
        element(4, "one", "Trade shows", order="2"),
    ),
    "cooperation-fields": (
        _focus + _field,
        element(3, "two", "new energies", planKind="plan-kind:field-of-cooperation", withParty="organisation:a"),
    ),
    "table-totals": (
        _sizes
        + _claim(1, "one", measure="measure:organisations", value="30")
        + _claim(3, "one", measure="measure:organisations", value="20", bound="bound:more-than"),
        _claim(2, "two", measure="measure:organisations", value="40"),
    ),
    "counted-as": (
        _figure(1, "one", measure="measure:companies", value="220")
        + _figure(2, "two", measure="measure:smes", value="180"),
        _figure(3, "two", measure="measure:smes", value="220"),
    ),
    "part-over-whole": (
        _figure(1, "one", measure="measure:members", value="45")
        + _figure(2, "two", measure="measure:active-members", value="40")
        + _figure(3, "later", measure="measure:active-members", value="60"),
        _figure(4, "two", measure="measure:active-members", value="50"),
    ),
    "rival-claims": (
        _claim(1, "one", measure="measure:countries", value="6")
        + _claim(2, "two", measure="measure:countries", value="6")
        + _claim(3, "two", measure="measure:countries", value="5", bound="bound:more-than"),
        _claim(4, "two", measure="measure:countries", value="7"),
    ),
    "kinds": (
        said("one", "organisation:a cg:kind organisation-kind:cluster")
        + said("two", "organisation:a cg:kind organisation-kind:cluster, organisation-kind:business-association"),
        said("later", "organisation:a cg:kind organisation-kind:research-organisation"),
    ),
    "regions-served": (
        said("one", "organisation:a cg:region region:r", "region:s cg:within region:r")
        + _tie(1, "one", relationshipKind="relationship-kind:serves", party="organisation:a", counterparty="region:s"),
        _tie(2, "one", relationshipKind="relationship-kind:serves", party="organisation:a", counterparty="region:t"),
    ),
}
"""Of each rule what is none, and what makes it one."""


@pytest.fixture
def found(project: Project) -> Callable[[str, str], int]:
    """Count the disagreements that a rule finds in the scene with something added."""
    ontology = read_all(rdf_files(*project.ontology.folders))

    def count(rule: str, added: str) -> int:
        header = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
        store = Store()
        store.extend(ontology)
        store.extend(parse((header + SCENE + added).encode(), format=RdfFormat.TRIG))
        merge(store)
        infer(store, ROOT / "queries" / "rules")
        return len(disagreements(store, RULES / f"{rule}.rq"))

    return count


def header(path: Path) -> dict[str, str]:
    """Read the header of a rule."""
    lines = [line[2:].removeprefix(" ") for line in path.read_text().splitlines() if line.startswith("#+")]
    fields: dict[str, str] = yaml.safe_load("\n".join(lines))
    return fields


def disagreements(store: Store, path: Path) -> set[tuple[str, str, str]]:
    """Run a rule: what two values stand against each other, or one of a kind that needs no second."""
    rows = store.query(rewrite(path.read_text()))
    assert isinstance(rows, QuerySolutions)
    names = {variable.value for variable in rows.variables}
    values = defaultdict(set)
    for row in rows:
        about, what, detail, value, bound = (
            str(row[name]) if name in names else "" for name in ("about", "what", "detail", "value", "bound")
        )
        values[about, what, detail].add((value, bound))
    least = 1 if header(path)["kind"] in ALONE else 2
    return {spot for spot, rivals in values.items() if len(rivals) >= least}


@pytest.mark.parametrize("rule", sorted(CASES))
def test_a_contradiction_is_found_and_what_is_near_one_is_not(found: Callable[[str, str], int], rule: str) -> None:
    none, one = CASES[rule]
    assert found(rule, none) == 0
    assert found(rule, none + one) == 1


def test_each_rule_has_both_a_contradiction_and_one_that_is_none() -> None:
    assert {path.stem for path in RULES.glob("*.rq")} - OTHERS == set(CASES)


@pytest.mark.parametrize("path", sorted(RULES.glob("*.rq")), ids=lambda path: path.stem)
def test_a_rule_says_what_it_finds_and_how_grave_it_is(path: Path) -> None:
    fields = header(path)
    assert {"title", "description", "kind", "severity"} <= set(fields)
    assert fields["severity"] in {"violation", "warning", "info"}


# Notes

ODD = f"""SELECT ?note ?rule ?why ?about WHERE {{
  VALUES ?kind {{ {" ".join(f"<{SCHEME}note-kind/{kind}>" for kind in ("contradiction", "gap", "damage"))} }}
  ?note cg:noteKind ?kind ; cg:about ?about
  OPTIONAL {{ ?note cg:foundBy ?rule }}
  OPTIONAL {{ ?note cg:notFoundBecause ?why }}
}}"""


def test_what_a_note_tells_is_found_by_the_rule_that_it_names(graph: Graph) -> None:
    things = defaultdict(set)
    for conflict in graph.conflicts():
        cells = [conflict.about, conflict.detail, *(side.value for side in conflict.sides)]
        things[conflict.rule.iri] |= {cell.iri for cell in cells}
    about = defaultdict(set)
    for row in graph.query(ODD):
        about[row["note"].value, row["rule"].value if row["rule"] else None].add(row["about"].value)
    found = {key: subjects for key, subjects in about.items() if key[1]}
    assert len(found) > 50
    assert [key for key, subjects in found.items() if not subjects & things[key[1]]] == []


def test_a_note_that_no_rule_finds_says_why(graph: Graph) -> None:
    said = {row["note"].value: bool(row["rule"]) + bool(row["why"]) for row in graph.query(ODD)}
    assert {note for note, ways in said.items() if ways != 1} == set()
