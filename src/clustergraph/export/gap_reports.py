"""The gap report of a package as Markdown, as a page, and as a table."""

from __future__ import annotations

import csv as csv_module
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from jinja2 import Environment, PackageLoader

from clustergraph.export.admission import Judgement, Verdict
from clustergraph.export.gaps import Gap, Kind

_HEADINGS: Final = ("IRI", "name", "about", "column or rule", "finding", "what is known", "what to do", "sources")


@dataclass(frozen=True)
class Card:
    """What the report says of one thing."""

    thing: str
    name: str
    judgements: tuple[Judgement, ...]
    gaps: tuple[Gap, ...]

    @property
    def admission(self) -> str:
        """How the admission rules end, in a few words.

        >>> Card("x", "X", (), ()).admission
        'all rules met'
        """
        if any(judgement.waived for judgement in self.judgements):
            return "rules waived"
        counted = Counter(judgement.verdict for judgement in self.rules)
        parts = [f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict]]
        return ", ".join(parts) if set(counted) - {Verdict.MET} else "all rules met"

    @property
    def rules(self) -> tuple[Judgement, ...]:
        """The judgements of the rules that have to be met; the others only waive them."""
        return tuple(judgement for judgement in self.judgements if judgement.rule.waiver)

    @property
    def counts(self) -> dict[Kind, int]:
        """How many gaps there are of each kind."""
        counted = Counter(gap.kind for gap in self.gaps)
        return {kind: counted[kind] for kind in Kind if counted[kind]}


@dataclass(frozen=True)
class Report:
    """The gap report of a package."""

    title: str
    release: str
    day: str
    """The day by which answers are judged to be out of date."""
    provisional: tuple[str, ...]
    """The names of the lists that hold the values of the sources, for want of an official list."""
    cards: Iterable[Card]
    """They are read several times."""
    as_of: str = ""
    """The year, month or day that is asked for; what is known to be later is left out."""
    used: tuple[str, ...] = ()
    """The documents that are used."""
    later: tuple[str, ...] = ()
    """The documents that are left out, since they are later."""
    silent: tuple[str, ...] = ()
    """The clusters that are left out, since nothing was known of them."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of gap, the worst first."""
        return tuple(Kind)


def markdown(report: Report) -> Iterator[bytes]:
    """Yield the report as Markdown."""
    return _render("gaps.md", report)


def html(report: Report) -> Iterator[bytes]:
    """Yield the report as a page that needs nothing else."""
    return _render("gaps.html", report)


def csv(report: Report) -> Iterator[bytes]:
    """Yield the report as a table, one row for each rule and each gap."""
    return table(_HEADINGS, _rows(report.cards))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    r"""Yield CSV (RFC 4180) with a byte order mark, so that spreadsheets take it for UTF-8.

    >>> b"".join(table(["a"], [["é"]])).decode()
    '\ufeffa\r\né\r\n'
    """
    yield "\ufeff".encode()
    for row in chain([headings], rows):
        yield _line(row)


def _line(row: Sequence[str]) -> bytes:
    buffer = io.StringIO()
    csv_module.writer(buffer).writerow(row)
    return buffer.getvalue().encode()


def _rows(cards: Iterable[Card]) -> Iterator[list[str]]:
    for card in cards:
        for judgement in card.judgements:
            verdict = f"{judgement.verdict}, but waived" if judgement.waived else str(judgement.verdict)
            said = "; ".join(evidence.said for evidence in judgement.evidence)
            sources = "; ".join(sorted({evidence.source for evidence in judgement.evidence if evidence.source}))
            yield [card.thing, card.name, "admission", judgement.rule.text, verdict, said, "", sources]
        for gap in card.gaps:
            sources = "; ".join(gap.sources)
            yield [card.thing, card.name, "profile", gap.column, str(gap.kind), gap.finding, gap.advice, sources]


def _render(template: str, report: Report) -> Iterator[bytes]:
    environment = Environment(
        loader=PackageLoader("clustergraph.export"),
        autoescape=template.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = _plain
    for piece in environment.get_template(template).stream(report=report):
        yield piece.encode()


def _plain(text: object) -> str:
    """Return a text that Markdown does not take for markup, for a cell of a table."""
    escaped = "".join(f"\\{character}" if character in r"\`*_[]<>|#" else character for character in str(text))
    return " ".join(escaped.split())
