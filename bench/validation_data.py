"""Shapes with every kind of constraint, and data of any size in which a few things are wrong.

A size and a seed always give the same data.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TRIPLES_PER_PERSON: Final = 18
FAULTY: Final = 0.005
"""How likely each thing is to be wrong."""

SHAPES: Final = """@prefix e: <http://bench.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

e: sh:declare [ sh:prefix "e" ; sh:namespace "http://bench.example/"^^xsd:anyURI ] .

# Cardinalities, kinds of values, ranges, texts, lists
e:PersonShape a sh:NodeShape ; sh:targetClass e:Person ; sh:nodeKind sh:IRI ;
  sh:property e:name , e:age , e:born , e:code , e:status , e:home , e:knows , e:email , e:employer , e:span , e:alias .
e:name a sh:PropertyShape ; sh:path e:name ; sh:minCount 1 ; sh:maxCount 2 ; sh:languageIn ( "en" "fr" ) ;
  sh:uniqueLang true ; sh:minLength 2 ; sh:maxLength 40 .
e:age a sh:PropertyShape ; sh:path e:age ; sh:datatype xsd:integer ; sh:minInclusive 0 ; sh:maxExclusive 130 .
e:born a sh:PropertyShape ; sh:path e:born ; sh:datatype xsd:date ; sh:lessThan e:hired .
e:span a sh:PropertyShape ; sh:path e:hired ; sh:lessThanOrEquals e:left .
e:code a sh:PropertyShape ; sh:path e:code ; sh:pattern "^p-[0-9]+$" ; sh:flags "i" .
e:status a sh:PropertyShape ; sh:path e:status ; sh:in ( e:active e:retired e:guest ) .
e:home a sh:PropertyShape ; sh:path e:home ; sh:nodeKind sh:IRI .
e:knows a sh:PropertyShape ; sh:path e:knows ; sh:class e:Person ; sh:disjoint e:worksFor .
e:email a sh:PropertyShape ; sh:path e:email ; sh:equals e:contact .
e:employer a sh:PropertyShape ; sh:path e:worksFor ; sh:node e:OrganisationShape ; sh:severity sh:Warning .
e:alias a sh:PropertyShape ; sh:path [ sh:alternativePath ( e:alias e:nick ) ] ; sh:nodeKind sh:Literal .

# Shapes of shapes
e:LogicShape a sh:NodeShape ; sh:targetClass e:Employee ;
  sh:not e:RetiredShape ;
  sh:and ( e:HasCodeShape e:HasAgeShape ) ;
  sh:or ( e:HasMailShape e:HasHomeShape ) ;
  sh:xone ( e:ActiveShape e:GuestShape ) .
e:RetiredShape a sh:NodeShape ; sh:property [ sh:path e:status ; sh:hasValue e:retired ] .
e:ActiveShape a sh:NodeShape ; sh:property [ sh:path e:status ; sh:hasValue e:active ] .
e:GuestShape a sh:NodeShape ; sh:property [ sh:path e:status ; sh:hasValue e:guest ] .
e:HasCodeShape a sh:NodeShape ; sh:property [ sh:path e:code ; sh:minCount 1 ] .
e:HasAgeShape a sh:NodeShape ; sh:property [ sh:path e:age ; sh:minExclusive 15 ; sh:maxInclusive 99 ] .
e:HasMailShape a sh:NodeShape ; sh:property [ sh:path e:email ; sh:minCount 1 ] .
e:HasHomeShape a sh:NodeShape ; sh:property [ sh:path e:home ; sh:minCount 1 ] .

# Organisations: closed, qualified, paths
e:OrganisationShape a sh:NodeShape ; sh:targetClass e:Organisation ; sh:closed true ;
  sh:ignoredProperties ( rdf:type ) ; sh:property e:legalName , e:partOf , e:seat , e:size .
e:legalName a sh:PropertyShape ; sh:path e:legalName ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:string .
e:partOf a sh:PropertyShape ; sh:path e:partOf ; sh:class e:Organisation ; sh:maxCount 1 .
e:seat a sh:PropertyShape ; sh:path e:seat ;
  sh:qualifiedValueShape e:SeatInCountryA ; sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 2 .
e:size a sh:PropertyShape ; sh:path e:size ; sh:datatype xsd:decimal .
e:SeatInCountryA a sh:NodeShape ; sh:property [ sh:path e:country ; sh:hasValue e:A ] .
e:SeatsShape a sh:NodeShape ; sh:targetClass e:Organisation ; sh:property e:seatA , e:seatB .
e:seatA a sh:PropertyShape ; sh:path e:seat ; sh:qualifiedValueShape e:SeatInCountryA ;
  sh:qualifiedMinCount 0 ; sh:qualifiedMaxCount 3 ; sh:qualifiedValueShapesDisjoint true .
e:seatB a sh:PropertyShape ; sh:path e:seat ; sh:qualifiedValueShape e:SeatInCountryB ;
  sh:qualifiedMinCount 0 ; sh:qualifiedMaxCount 3 ; sh:qualifiedValueShapesDisjoint true .
e:SeatInCountryB a sh:NodeShape ; sh:property [ sh:path e:country ; sh:hasValue e:B ] .
e:TopShape a sh:NodeShape ; sh:targetSubjectsOf e:partOf ; sh:property e:top , e:above , e:staff , e:near .
e:top a sh:PropertyShape ; sh:path [ sh:oneOrMorePath e:partOf ] ; sh:class e:Organisation .
e:above a sh:PropertyShape ; sh:path [ sh:zeroOrMorePath e:partOf ] ; sh:nodeKind sh:IRI .
e:near a sh:PropertyShape ; sh:path ( [ sh:zeroOrOnePath e:partOf ] e:legalName ) ; sh:minCount 1 .
e:staff a sh:PropertyShape ; sh:path [ sh:inversePath e:worksFor ] ; sh:class e:Person .

# Other targets
e:Seat a rdfs:Class , sh:NodeShape ; sh:property e:country .
e:country a sh:PropertyShape ; sh:path e:country ; sh:minCount 1 ; sh:maxCount 1 .
e:HeadShape a sh:NodeShape ; sh:targetNode e:o0 ; sh:property e:headSize .
e:headSize a sh:PropertyShape ; sh:path e:size ; sh:minExclusive 0 .
e:KnownShape a sh:NodeShape ; sh:targetObjectsOf e:knows ; sh:property e:knownName .
e:knownName a sh:PropertyShape ; sh:path e:name ; sh:minCount 1 ; sh:severity sh:Info .
e:OffShape a sh:NodeShape ; sh:targetClass e:Person ; sh:deactivated true ; sh:property e:off .
e:off a sh:PropertyShape ; sh:path e:none ; sh:minCount 1 .
"""
SPARQL: Final = """
# Queries
e:HiredShape a sh:NodeShape ; sh:targetClass e:Employee ; sh:sparql e:hiredAsAChild .
e:hiredAsAChild a sh:SPARQLConstraint ; sh:message "Hired at {?value}." ; sh:prefixes e: ;
  sh:select "SELECT $this ?value WHERE { $this e:hired ?value ; e:age ?age FILTER(?age < 12) }" .
e:PrefixComponent a sh:ConstraintComponent ; sh:parameter [ sh:path e:startsWith ] ;
  sh:validator [ a sh:SPARQLAskValidator ; sh:ask "ASK { FILTER(STRSTARTS(STR($value), $startsWith)) }" ] .
e:MailShape a sh:NodeShape ; sh:targetClass e:Employee ; sh:property e:mailPrefix .
e:mailPrefix a sh:PropertyShape ; sh:path e:email ; e:startsWith "m" .
"""

_PREFIXES: Final = """@prefix e: <http://bench.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

e:Employee rdfs:subClassOf e:Person .
"""


def write(folder: Path, triples: int, seed: int = 4) -> tuple[Path, Path]:
    """Write data and shapes, and return where they are."""
    data, shapes = folder / f"data-{triples}.ttl", folder / "shapes.ttl"
    shapes.write_text(SHAPES + SPARQL, "utf-8")
    if not data.exists():
        with data.open("w", encoding="utf-8") as file:
            file.write(_PREFIXES)
            file.writelines(_things(triples, random.Random(seed)))
    return data, shapes


def _things(triples: int, chance: random.Random) -> Iterator[str]:
    people = max(10, triples // TRIPLES_PER_PERSON)
    organisations = people // 5
    for number in range(people):
        yield _person(number, people, organisations, chance)
    for number in range(organisations):
        yield _organisation(number, chance)


def _person(number: int, people: int, organisations: int, chance: random.Random) -> str:
    def wrong() -> bool:
        return chance.random() < FAULTY

    kind = "e:Employee" if number % 3 else "e:Person"
    lines = [f"e:p{number} a {kind}"]
    lines.append(f"e:name {chr(34)}N{number}{chr(34)}@{'de' if wrong() else 'en'}" if not wrong() else "e:alias e:p0")
    lines.append(f'e:name "x"@{"en" if wrong() else "fr"}' if wrong() else f'e:name "Nom {number}"@fr')
    age = chance.choice(['"old"', "-1", "200", "5"]) if wrong() else 16 + number % 80
    lines.append(f"e:age {age}")
    lines.append(f'e:born "{2030 if wrong() else 1950 + number % 40}-05-01"^^xsd:date')
    lines.append(f'e:hired "2010-{1 + number % 12:02}-01"^^xsd:date')
    lines.append(f'e:left "{2001 if wrong() else 2020}-01-01"^^xsd:date')
    lines.append(f'e:code "{"q" if wrong() else chance.choice("pP")}-{number}"')
    lines.append(f"e:status {'e:retired' if wrong() else 'e:lost' if wrong() else 'e:active'}")
    lines.append(f"e:home {'1' if wrong() else f'<http://home.example/{number}>'}")
    lines += [f"e:knows e:{'o' if wrong() else 'p'}{chance.randrange(people if number else 1)}" for _ in range(3)]
    mail = f'"{"x" if wrong() else "m"}{number}@bench.example"'
    lines += [f"e:email {mail}", f"e:contact {mail if not wrong() else number}"]
    lines.append(f"e:worksFor e:o{chance.randrange(organisations)}")
    return " ;\n  ".join(lines) + " .\n"


def _organisation(number: int, chance: random.Random) -> str:
    def wrong() -> bool:
        return chance.random() < FAULTY

    lines = [f"e:o{number} a e:Organisation"]
    if not wrong():
        lines.append(f'e:legalName "Organisation {number}"')
    if number:
        lines.append(f"e:partOf e:{'p' if wrong() else 'o'}{number // 4}")
    lines.append(f"e:size {'1' if wrong() else f'{number}.5'}")
    lines.append(f"e:seat e:s{number}a , e:s{number}b")
    if wrong():
        lines.append("e:other 1")
    seats = f"e:s{number}a a e:Seat ; e:country e:{'C' if wrong() else 'A'} .\n"
    seats += f"e:s{number}b a e:Seat" + (" .\n" if wrong() else " ; e:country e:B .\n")
    return " ;\n  ".join(lines) + " .\n" + seats
