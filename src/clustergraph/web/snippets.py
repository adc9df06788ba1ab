"""The same request as programs write it: curl, Python, R, and Power Query of Excel; one template for each."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined, Template

from clustergraph.questions.answer import CHOSEN, PAGE_ROWS, QuestionCall

_FOLDER: Final = Path(__file__).parent / "requests"
_CLIENT: Final = "Python"


@dataclass(frozen=True)
class Snippet:
    """A request as it is written in a language."""

    language: str
    text: str
    needs: str = ""
    """What has to be installed for it, or where it is put in."""


def of_question(host: str, call: QuestionCall) -> list[Snippet]:
    """Return how a question is asked with its parameters, for all rows of its answer."""
    address = host + call.address("csv", limit=PAGE_ROWS, offset=0)
    given = {key: values[0] if len(values) == 1 else values for key, values in call.given.items()}
    found = _written("question", host=host, address=address, name=call.question, given=given)
    # The client asks questions by their own parameters; what else is chosen of their answers is said in the address.
    return [each for each in found if not (each.language == _CLIENT and any(getattr(call, name) for name in CHOSEN))]


def of_query(host: str, query: str, *, graph: bool) -> list[Snippet]:
    """Return how a query is sent, for its rows as a table or its graph as Turtle."""
    return _written("graph" if graph else "table", host=host, endpoint=f"{host}/sparql", query=query)


def _written(kind: str, **names: object) -> list[Snippet]:
    return [Snippet(language, each.render(**names), needs) for language, needs, each in _templates(kind)]


@cache
def _templates(kind: str) -> list[tuple[str, str, Template]]:
    """Return language, needs and template of each way to write a kind of request."""
    environment = Environment(undefined=StrictUndefined)  # noqa: S701 - each value is quoted as its language does
    environment.filters |= {
        "shell": shlex.quote, "python": _python, "python_lines": _python_lines, "r": _r, "m": _m
    }  # fmt: skip
    found = []
    for path in sorted((_FOLDER / kind).iterdir()):
        head, _, text = path.read_text("utf-8").partition("\n")
        language, _, needs = head.partition(": ")
        found.append((language, needs, environment.from_string(text)))
    return found


def _python(value: object) -> str:
    """Return a text or a list of texts as Python writes it, with the quotes that most people do.

    >>> print(_python("AFIL"), _python(['a "b"', "c"]))
    "AFIL" ['a "b"', "c"]
    """
    if isinstance(value, list):
        return f"[{', '.join(map(_python, value))}]"
    written = repr(value)
    return f'"{written[1:-1]}"' if written.startswith("'") and '"' not in written and "\\" not in written else written


def _python_lines(text: str) -> str:
    r"""Return a text of many lines as Python writes it.

    >>> print(_python_lines('ASK {\n  ?s ?p "\\n" }'))
    '''ASK {
      ?s ?p "\\n" }'''
    """
    escaped = text.replace("\\", "\\\\").replace("\r", "\\r")
    quotes = "''" in escaped or escaped.startswith("'") or escaped.endswith("'")
    return "'''" + (escaped.replace("'", "\\'") if quotes else escaped) + "'''"


def _r(text: str) -> str:
    r"""Return a text as R writes it.

    >>> print(_r('a "b" \\n'))
    "a \"b\" \\n"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _m(text: str) -> str:
    """Return a text as the language of Power Query writes it.

    >>> print(_m('a "b" #(c'))
    "a ""b"" #(#)(c"
    """
    escaped = text.replace("#(", "#(#)(").replace('"', '""')
    return f'"{escaped}"'
