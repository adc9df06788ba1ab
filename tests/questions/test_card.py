"""The queries of cards: each is bounded, and leads to a question that is there; one that is wrong is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustergraph.errors import SourceError
from clustergraph.graph import Graph
from clustergraph.pipeline.project import Project
from clustergraph.questions import question
from clustergraph.questions.card import Cards, load_cards, read_card
from clustergraph.terms import expand

GOOD = """#+ title: Where?
#+ cards: [cluster]
#+ most: 3
SELECT ?place { VALUES ?thing { UNDEF } ?thing ?in ?place }
"""


def test_what_lists_all_is_a_question_with_such_a_parameter(project: Project) -> None:
    questions, cards = question.load(project.queries), load_cards(project.queries)
    assert cards
    for each in cards.values():
        for name in each.parameters:
            assert name in questions[each.question].parameters, f"{each.name}: {each.question} has no {name}"


def test_what_is_late_is_left_to_the_question_that_tells_it(project: Project, graph: Graph) -> None:
    who = expand("organisation:plastipolis").value
    cards = Cards(graph, load_cards(project.queries))
    assert cards.about(who).late == []
    late = cards.about(who, seconds=-1)
    assert not late.figures
    assert {part.name: part.all for part in late.late}["figures"].startswith("/questions/figures?subject=")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[cluster]", "[clutser]", "there is no kind of card 'clutser'"),
        ("most: 3", "most: many", "the head is not as it should be"),
        ("most: 3", "most: 3\n#+ why: ?thing cg:place", "why is '?thing cg:place'; give subject, predicate and object"),
        ("most: 3", "most: 3\n#+ view: {kind: map}", "the view map lacks its part 'place'"),
        ("VALUES ?thing { UNDEF }", "", "the query is of no thing"),
        ("#+ title: Where?\n", "", "the head needs at least"),
    ],
)
def test_a_query_that_makes_no_part_of_a_card_is_refused(old: str, new: str, message: str) -> None:
    assert read_card(Path("where.rq"), GOOD).most == 3
    with pytest.raises(SourceError) as refused:
        read_card(Path("where.rq"), GOOD.replace(old, new))
    assert message.split("; ")[0] in str(refused.value)
