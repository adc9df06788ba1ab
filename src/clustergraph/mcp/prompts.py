"""Prompts for the commonest tasks: each says which tools lead to an answer that can be proved."""

from collections.abc import Callable
from typing import Final

_PROOF: Final = (
    "Say with each fact which section of which document says it, and its certainty, scope and phase where they are not "
    "plain. Where documents disagree, give both. What the graph does not know, say so; add nothing of your own."
)


def describe_organisation(name: str) -> str:
    """Ask for the profile of a cluster or another organisation: what it is, does, holds and takes part in."""
    return (
        f"Write a profile of {name}. Find it with search_names, and read describe_thing. Then ask the questions facts, "
        f"fields, labels and figures with its IRI, and participants for what it takes part in. {_PROOF}"
    )


def find_partners(field: str, region: str = "") -> str:
    """Ask for partners in a field of activity, in a region or anywhere."""
    where = f" in {region}" if region else ""
    return (
        f"Find partners{where} for {field}. Ask who-works-on with field={field!r}, clusters for size and labels, "
        f"and shared-projects for who works together already. Rank them by how firm it is that they work on it: "
        f"stated, matched, through the region. {_PROOF}"
    )


def compare_regions(one: str, other: str) -> str:
    """Ask for two regions beside each other: priorities, clusters, cooperation."""
    return (
        f"Compare the regions {one} and {other}. Ask priorities for each, shared-priorities for both, "
        f"clusters-fitting-priorities for each, and partners-by-place. Tell what they share, and what only one has. "
        f"{_PROOF}"
    )


def check_claim(claim: str) -> str:
    """Ask whether a claim holds in the documents."""
    return (
        f"Check this claim: {claim!r}. Find the things that it is about with search_names, look with list_questions "
        f"for the question that answers it, and ask it with evidence=true. Then see with list_conflicts whether "
        f"the documents disagree. Answer: holds, does not hold, or not known; and why. {_PROOF}"
    )


def trace_project(name: str) -> str:
    """Ask for all about a project or pilot: partners, roles, dates, funding, and what came before and after it."""
    return (
        f"Trace the project or pilot {name}. Find it with search_names; more than one thing may bear the name: keep "
        f"them apart. Ask project-data, participants, dates and funding-statements for it. {_PROOF}"
    )


PROMPTS: Final[tuple[Callable[..., str], ...]] = (
    describe_organisation,
    find_partners,
    compare_regions,
    check_claim,
    trace_project,
)
"""Functions whose parameters are the arguments of the prompt."""
