"""Evidence as people and programs read it: who says what, how certainly, and what follows from it by which rule."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode

from clustergraph.questions.evidence import Derived, Proof, Stated, facts
from clustergraph.questions.lineage import Fact, Term
from clustergraph.questions.sections import Section
from clustergraph.terms import ID_KINDS, compact, expand

Words = Callable[[NamedNode], str]

_RULES = ("rules/stated-in", "rules/dimensions", "rules/status")
_PLUMBING = (*_RULES, "cax-sco", "prp-spo1", "prp-inv", "cls-hv2", "cls-int")
"""What is so plain that the text leaves it out; the JSON has it."""
_TYPE = expand("rdf:type")
_DIMENSIONS = [expand(f"cg:{name}") for name in ("certainty", "scope", "phase", "origin")]
"""How certain a statement is, of whom it is, whether it is so, and who says it."""
_MARKED = {str(name) for name in _DIMENSIONS}
_PLAIN = "stated"
_MEMBERS = ("title", "number", "heading", "table", "row", "issued")
"""What is told of a section."""


@dataclass(frozen=True)
class Explainer:
    """Tells proofs."""

    words: Words
    sections: Mapping[str, Section]

    def document(self, proofs: Sequence[Proof]) -> dict[str, Any]:
        """Return proofs as JSON members, what is stated by section and statement and what is inferred; and as text."""
        known = list(facts(proofs))
        groups: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        for proof in known:
            if isinstance(proof, Stated):
                for graph in proof.graphs:
                    groups[graph.value, str(proof.fact[0])].append(proof.fact)
        found = [self._group(graph, facts_of_it) for (graph, _), facts_of_it in sorted(groups.items())]
        stated = [group for group in found if group["source"]["document"]]
        reference = [group for group in found if not group["source"]["document"]]
        inferred = [self._inferred(proof) for proof in known if isinstance(proof, Derived)]
        text = _text(stated or reference, inferred)
        return {"stated": stated, "reference": reference, "inferred": inferred, "text": text}

    def _inferred(self, proof: Derived) -> dict[str, Any]:
        premises = [self._triple(premise.fact) for premise in proof.premises]
        return {**self._triple(proof.fact), "rule": proof.rule, "because": proof.summary, "from": premises}

    def _group(self, graph: str, found: Sequence[Fact]) -> dict[str, Any]:
        section = self.sections.get(graph)
        members = {name: section.parts[name] for name in _MEMBERS if name in section.parts} if section else {}
        source = {"iri": graph, "name": _called(section) if section else compact(graph)}
        source |= {"document": section.document if section else "", **members}
        said = [self._words(value) for name in _DIMENSIONS for _, predicate, value in found if predicate == name]
        status = ", ".join(word for word in said if word != _PLAIN) or ", ".join(said)
        return {
            "source": source,
            "status": status,
            "subject": self._words(found[0][0]),
            "iri": getattr(found[0][0], "value", ""),
            "triples": [self._triple(fact) for fact in sorted(found, key=str)],
        }

    def _triple(self, fact: Fact) -> dict[str, str]:
        subject, predicate, value = fact
        name = "is a" if predicate == _TYPE else self._words(predicate)
        return {"subject": self._words(subject), "property": name, "value": self._words(value),
                "triple": f"{subject} {predicate} {value}"}  # fmt: skip

    def _words(self, term: Term) -> str:
        if isinstance(term, NamedNode):
            return self.words(term)
        return term.value if isinstance(term, Literal) else str(term)


def _text(said: Sequence[Mapping[str, Any]], inferred: Sequence[Mapping[str, str]]) -> list[str]:
    """Return lines of text: what the documents say, or else the editors, then what follows."""
    lines = [f"- {group['source']['name']}{_marks(group)}: {_said(group)}" for group in said]
    follows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for fact in inferred:
        if fact["rule"] not in _PLUMBING:
            follows[fact["subject"], fact["because"]].append(f"{fact['property']} {fact['value']}")
    for (subject, because), facts_of_it in follows.items():
        lines.append(f"- It follows: {_name(subject)}{'; '.join(facts_of_it)}. {because}")
    return lines


def _called(section: Section) -> str:
    """Return a section by the title of its document and its own number and heading."""
    place = " ".join(section.parts[part] for part in ("number", "heading") if part in section.parts)
    return f"{section.title}, {place or section.name}"


def _name(words: str) -> str:
    """Return the words for a subject; a statement has an IRI only, which tells a reader nothing."""
    return "" if words.partition(":")[0] in ID_KINDS and " " not in words else f"{words} "


def _marks(group: Mapping[str, Any]) -> str:
    """Return in brackets the status of a statement, unless it is plainly stated, and the date of its document."""
    status = "" if group["status"] == _PLAIN else group["status"]
    marks = ", ".join(filter(None, (status, group["source"].get("issued"))))
    return f" ({marks})" if marks else ""


def _said(group: Mapping[str, Any]) -> str:
    own = [t for t in group["triples"] if t["triple"].split(" ")[1] not in _MARKED] or group["triples"]
    return _name(group["subject"]) + "; ".join(f"{triple['property']} {triple['value']}" for triple in own)
