"""The documents against imported data: for each claim a verdict, by rules that run once, after all that follows."""

from collections.abc import Callable, Iterable

from pyoxigraph import DefaultGraph, Quad, Store

from clustergraph.pipeline.inference import constructed
from clustergraph.questions.rules import Rule
from clustergraph.sparql.exists import rewrite
from clustergraph.terms import INFERRED


def audit(store: Store, rules: Iterable[Rule], progress: Callable[[str], None] = lambda _: None) -> list[Quad]:
    """Add the verdicts on the claims of documents to a store, in its default graph and in that of what is inferred.

    The default graph must hold all that is stated and that follows; each rule sees what those before it gave. What is
    added to the graph of what is inferred is returned.
    `SourceError` if a rule is not well formed.
    """
    added = list[Quad]()
    for rule in rules:
        progress(rule.path.stem)
        found = {
            Quad(t.subject, t.predicate, t.object, DefaultGraph())
            for t in constructed(store, rewrite(rule.query), rule.path)
        }
        new = [quad for quad in found if quad not in store]
        store.extend(new)
        inferred = [Quad(quad.subject, quad.predicate, quad.object, INFERRED) for quad in new]
        store.extend(inferred)
        added += inferred
    return added
