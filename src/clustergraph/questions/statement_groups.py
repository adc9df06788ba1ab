"""Statements of a thing in groups, as a person thinks: who it is, where, what it does, and last what is technical."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from clustergraph.questions.thing import Property, Thing
from clustergraph.terms import ONTOLOGY, expand

_NAMES: Final[Mapping[str, str]] = {
    "identity": """rdf:type skos:prefLabel skos:altLabel rdfs:label dcterms:title skos:definition skos:note
        skos:scopeNote skos:notation acronym fullName formerName spelling kind legalForm legalStatus
        legalPersonalitySince founded foundedAt foundedBy promotedBy dissolved successorOf
        subOrganisationOf website eccpProfile email telephone fax websiteLanguage locn:address
        holdsLabel holder heading reference start end held durationMonths schemeLevel opens closes
        issued issuedFrom issuedUntil author publisher issuer describes supports""",
    "place": """place region country locatedIn within contains territorialScope latitude longitude nutsCode
        nutsLevel nutsVersion isoCode homeTo targetsCountry characteristic geo:hasGeometry""",
    "work": """activeIn namedField mission service targetMarket targetGroup thematicFocus mainThematic
        technologyField applicationField strategicArea industry40Activity coversDomain domain
        memberKind namedMember commonBackground hasPriority setBy theme strategy sector
        traditionalSector emergingSector runs workingGroup purpose aboutField skos:broader
        skos:narrower skos:related skos:exactMatch skos:closeMatch skos:broadMatch skos:narrowMatch""",
    "cooperation": """participatesIn hasParticipant participant coordinates leads activity partOf connectsWith
        sharesProjectWith sharesPilotWith sharesProgrammeWith sharesDomainWith sharesPriorityWith
        party counterparty fundedUnder answersCall scheme withinScheme funder recipient onBehalfOf
        planOf withParty concerns belongsTo organisation""",
    "figures": """members companies smes employees population gdp newestFigure subject breakdown relativeTo""",
    "unsure": """mayBeActiveIn mayParticipateIn mayCoordinate mayLead mayHoldLabel mayCoverDomain mayHavePriority
        mayBeFundedUnder mayShareProjectWith mayShareProgrammeWith mayShareDomainWith
        mayShareFieldWith maySharePilotWith maySharePriorityWith""",
    "mentions": """mentioned mentionedIn about inDocument withinSection statedIn dated""",
}
_OTHER: Final = "technical"
_GROUPS: Final = {
    (expand(name) if ":" in name else expand(f"cg:{name}")).value: group
    for group, names in _NAMES.items()
    for name in names.split()
}
"""The groups of properties, by their IRIs."""


@dataclass(frozen=True)
class StatementGroup:
    """Statements that belong together for a person."""

    name: str
    own: tuple[Property, ...]
    incoming: tuple[Property, ...]

    @property
    def size(self) -> int:
        """How many statements are shown in it."""
        return sum(len(each.lines) for each in (*self.own, *self.incoming))


def grouped(thing: Thing) -> list[StatementGroup]:
    """Return the statements of a thing in groups; those in words that are not known here before the technical."""
    order = (*_NAMES, "other", _OTHER)
    found = (StatementGroup(name, _of(name, thing.own), _of(name, thing.incoming)) for name in order)
    return [group for group in found if group.size]


def _of(name: str, properties: Iterable[Property]) -> tuple[Property, ...]:
    return tuple(each for each in properties if _group(each.property) == name)


def _group(iri: str) -> str:
    """Return the group of a property: what is neither known nor ours is said by somebody else's words."""
    return _GROUPS.get(iri) or (
        _OTHER if iri.startswith((ONTOLOGY, "http://www.w3.org/", "http://purl.org/")) else "other"
    )
