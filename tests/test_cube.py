"""Figures, targets and claims are a data cube that keeps the integrity constraints of its Recommendation."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pyoxigraph import DefaultGraph, Store

from clustergraph.rdf.reading import solutions
from clustergraph.terms import PREFIXES

pytestmark = pytest.mark.slow

NORMAL_FORM = """
INSERT { ?o a qb:Observation } WHERE { { [] qb:observation ?o } UNION { ?o qb:dataSet [] } } ;
INSERT { ?o a qb:Observation } WHERE { ?class rdfs:subClassOf* qb:Observation . ?o a ?class } ;
INSERT { ?set a qb:DataSet } WHERE { { [] qb:dataSet ?set } UNION { ?set qb:structure [] } } ;
INSERT { ?s a qb:Slice } WHERE { [] qb:slice ?s } ;
INSERT { ?spec qb:componentProperty ?p . ?p a ?class } WHERE {
  VALUES (?kind ?class) {
    (qb:dimension qb:DimensionProperty) (qb:measure qb:MeasureProperty) (qb:attribute qb:AttributeProperty)
  }
  ?spec ?kind ?p } ;
INSERT { ?o ?p ?value } WHERE {
  ?spec qb:componentProperty ?p ; qb:componentAttachment qb:DataSet .
  ?set qb:structure/qb:component ?spec ; ?p ?value . ?o qb:dataSet ?set } ;
INSERT { ?o ?p ?value } WHERE {
  ?spec qb:componentProperty ?p ; qb:componentAttachment qb:Slice .
  ?set qb:structure/qb:component ?spec ; qb:slice ?slice . ?slice ?p ?value ; qb:observation ?o }
"""
"""The normal form of https://www.w3.org/TR/vocab-data-cube/#normalize-algorithm, but that a slice gives nothing to its
data set: this is what IC-18 asks for."""

CONSTRAINTS = yaml.safe_load(Path(__file__).with_name("cube.yaml").read_text("utf-8"))
each_constraint = pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda name: name.split(" ")[0])


@pytest.fixture(scope="module")
def cube(store: Store) -> Store:
    """What is in the default graph of a release, in normal form."""
    found = Store()
    found.extend(store.quads_for_pattern(None, None, None, DefaultGraph()))
    found.update(NORMAL_FORM, prefixes=PREFIXES)
    return found


def breaking(cube: Store, constraint: str) -> list[str]:
    found = solutions(cube, f"SELECT DISTINCT ?o {{ {CONSTRAINTS[constraint]['found']} }}")
    return [str(row["o"]) for row in found]


@each_constraint
def test_nothing_breaks_the_constraint(cube: Store, constraint: str) -> None:
    assert breaking(cube, constraint) == []


@each_constraint
def test_what_breaks_the_constraint_is_found(cube: Store, constraint: str) -> None:
    damaged = Store()
    damaged.extend(cube)
    damaged.update(f"{CONSTRAINTS[constraint]['broken']} ; {NORMAL_FORM}", prefixes=PREFIXES)
    assert breaking(damaged, constraint)


def test_every_number_is_in_a_data_set_of_its_document(cube: Store) -> None:
    numbers = list(solutions(cube, "SELECT ?n { ?n a cg:Observation }"))
    placed = list(solutions(cube, "SELECT ?n { ?n qb:dataSet/dcterms:source ?d ; cg:statedIn/cg:inDocument ?d }"))
    assert len(numbers) == len(placed) > 200
