"""Every kind of constraint is known wherever one has to be."""

import pytest

from clustergraph.shacl import conditions, shapes, wording


@pytest.mark.parametrize("kind", shapes._PARAMETERS)
def test_a_kind_of_constraint_is_known_wherever_it_has_to_be(kind: str) -> None:
    assert kind in {**conditions._OF_VALUE, **conditions._OF_PAIR, **conditions._OF_NODE}, "what does it ask of a node?"
    assert kind in wording._PHRASES or kind in ("sparql", "property"), "what is said of a value that breaks it?"
