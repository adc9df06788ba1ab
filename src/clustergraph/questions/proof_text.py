"""Proofs as lines of text, and those of several rows together as short members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from clustergraph.terms import compact

_MOST_SECTIONS: Final = 3
_MOST_STEPS: Final = 24
_MOST_PARTS: Final = 12
"""So many are told in the text; the JSON has them all."""


def lines_of(told: Mapping[str, Any]) -> list[str]:
    """Return evidence as lines: the steps, what nothing says, what was summed up, other proofs, and the document."""
    steps = told["steps"]
    titles = {_title(source) for step in steps for source in step["sources"] if source["document"]}
    lines = [_line(step, len(titles) > 1) for step in steps[:_MOST_STEPS]]
    if len(steps) > _MOST_STEPS:
        lines.append(f"… and {len(steps) - _MOST_STEPS} more steps, which the JSON has.")
    lines += [f"- {said[:1].upper()}{said[1:]}." for said in told["absent"]]
    if parts := _differing(told["parts"]):
        more = " …" if len(parts) > _MOST_PARTS else ""
        lines.append(f"- {len(parts)} rows are summed up: {'; '.join(parts[:_MOST_PARTS])}{more}")
    if told["others"]:
        others = "is 1 other proof" if told["others"] == 1 else f"are {told['others']} other proofs"
        lines.append(f"- There {others}.")
    return [*lines, *(f"- The sections are of {title}." for title in titles if len(titles) == 1)]


def combined(proofs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the evidence of several rows as short members: each step and each rule once, by number."""
    steps: dict[str, int] = {}
    rules: dict[str, int] = {}
    titles = {_title(each) for proof in proofs for step in proof["steps"] for each in step["sources"]}
    rows = []
    for proof in proofs:
        own: dict[int, int] = {}
        for step in proof["steps"]:
            line = f"{step['says']} [{_cited(step['sources'], len(titles) > 1, 2)}]"
            if step["rule"]:
                rule = rules.setdefault(step["because"], len(rules) + 1)
                premises = ", ".join(str(own[number]) for number in step["from"])
                line = f"so {step['says']} [{premises} by rule {rule}]"
            own[step["number"]] = steps.setdefault(line, len(steps) + 1)
        more = {name: proof[name] for name in ("absent", "others") if proof[name]}
        rows.append({"because": list(own.values()), **more})
    return {"rows": rows, "steps": _numbered(steps), "rules": _numbered(rules)}


def _numbered(found: Mapping[str, int]) -> list[str]:
    return [f"{number}. {text}" for text, number in found.items()]


def _differing(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what went into a sum, each by its values that others do not share; nothing where there is only one."""
    shared = set.intersection(*({*part["values"].items()} for part in parts)) if parts else set()
    told = [[each[1] for each in part["values"].items() if each not in shared] for part in parts]
    return [", ".join(dict.fromkeys(values)) for values in told if values]


def _title(source: Mapping[str, str]) -> str:
    """Return a document by its title and date."""
    title = source.get("title") or compact(source["document"]).strip("<>")
    return f"{title} ({source['issued']})" if source.get("issued") else title


def _line(step: Mapping[str, Any], with_titles: bool) -> str:
    if step["rule"]:
        numbers = [str(number) for number in step["from"]]
        origin = f" From {' and '.join(filter(None, (', '.join(numbers[:-1]), numbers[-1])))}:" if numbers else ""
        return f"{step['number']}. So {step['says']}.{origin} {step['because']}"
    return f"{step['number']}. {step['says']}. [{_cited(step['sources'], with_titles)}]"


def _cited(sources: Sequence[Mapping[str, str]], with_titles: bool, most: int = _MOST_SECTIONS) -> str:
    """Return sections, the first of them by name, those of one document together."""
    places: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        places[_title(source) if source["document"] and with_titles else ""].append(source["place"])
    cited = []
    for title, found in places.items():
        more = f" and {len(found) - most} more" if len(found) > most else ""
        cited.append(f"{title}: " * bool(title) + "; ".join(found[:most]) + more)
    return "; ".join(cited)
