"""Which variables the groups of a query bind, and what groups are made of."""

from __future__ import annotations

from collections.abc import Iterable

from clustergraph.sparql.tree import (
    Bind,
    Clause,
    Element,
    Filter,
    GroupPattern,
    Leaf,
    Selection,
    TriplePattern,
    Union,
    Values,
    every,
    variables,
)


def is_plain(group: GroupPattern) -> bool:
    """Whether a group has triple patterns, conditions on their variables, and nothing else."""
    bound = {name for each in group.of(TriplePattern) for name in variables(each)}
    return bool(bound) and all(
        isinstance(part, TriplePattern) or (isinstance(part, Filter) and variables(part) <= bound)
        for part in group.parts
    )


def seen_in_group(group: GroupPattern) -> Iterable[str]:
    """Yield the variables that the solutions of a group may have, in the order of the text."""
    found = dict[str, None]()
    for part in group.parts:
        for name in _seen_in(part):
            found.setdefault(name)
    return found


def _seen_in(part: Element) -> Iterable[str]:
    match part:
        case Filter():
            return ()
        case Bind(variable=leaf):
            return (leaf.value,)
        case Clause(word="MINUS"):
            return ()
        case Clause(group=group, name=name):
            own = [name.value] if name is not None and name.kind == "variable" else []
            return [*own, *seen_in_group(group)]
        case Selection(group=group) if group is not None:
            return part.shown or seen_in_group(group)
        case Union(groups=groups):
            return [name for group in groups for name in seen_in_group(group)]
        case GroupPattern():
            return seen_in_group(part)
    return [leaf.value for leaf in every(Leaf, part) if leaf.kind == "variable"]


def begun(group: GroupPattern) -> set[str]:
    """Return the variables that the triple patterns at the beginning of a group give a value in each solution."""
    found = set[str]()
    for part in group.parts:
        match part:
            case TriplePattern():
                found |= variables(part)
            case Filter() | Values() | GroupPattern() | Union() | Selection():
                continue
            case Clause(word="GRAPH"):
                found |= begun(part.group) | variables(part.name)
            case _:
                break
    return found


def starts_with_triples(group: GroupPattern) -> bool:
    """Whether all that a group joins are triple patterns, also in the groups in it."""
    for part in group.parts:
        match part:
            case Union(groups=groups):
                if not all(map(starts_with_triples, groups)):
                    return False
            case Clause(group=inner) if not starts_with_triples(inner):
                return False
            case Values() | Bind() | Selection() | Clause(word="MINUS" | "SERVICE" | "LATERAL"):
                return False
            case GroupPattern() if not starts_with_triples(part):
                return False
    return bool(group.parts) and not isinstance(group.parts[0], Filter | Clause)
