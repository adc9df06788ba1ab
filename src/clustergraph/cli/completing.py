"""Completion in a shell: names of questions, their parameters, and the values that these can have."""

from __future__ import annotations

import re
from typing import Final

import click
from click.shell_completion import CompletionItem

from clustergraph.ask.names import plain
from clustergraph.cli.context import Context
from clustergraph.errors import ClustergraphError
from clustergraph.questions import Parameter, Question, load

_ONE_WORD: Final = re.compile(r"[\w.+-]+")


def complete_question(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Suggest the names of questions, with their titles."""
    return [CompletionItem(q.name, help=q.title) for q in _questions(context).values() if q.name.startswith(typed)]


def complete_value(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Suggest values of the parameter that was typed last, or else parameters."""
    words = list(context.params.get("parameters") or ())
    question = _questions(context).get(context.params.get("name") or "")
    if question is None:
        return []
    parameter = question.parameters.get(words[-1][2:]) if words and words[-1].startswith("--") else None
    return _values(context, parameter, typed) if parameter else _parameters(question, typed)


class Asking(click.Command):
    """A command with the parameters of the question that is its argument."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Suggest the options of the command and the parameters of the question."""
        question = _questions(ctx).get(ctx.params.get("name") or "")
        own = super().shell_complete(ctx, incomplete)
        return own + (_parameters(question, incomplete) if question else [])


def _questions(context: click.Context) -> dict[str, Question]:
    try:
        return load(_project(context).project.queries)
    except ClustergraphError:
        return {}


def _project(context: click.Context) -> Context:
    """Return the project that the words of the command line name; nothing is run while they are completed."""
    given = context.find_root().params
    return Context.of(given.get("project"), given.get("releases"))


def _parameters(question: Question, typed: str) -> list[CompletionItem]:
    names = {f"--{p.name}": p.label for p in question.parameters.values()}
    return [CompletionItem(name, help=label) for name, label in names.items() if name.startswith(typed)]


def _values(context: click.Context, parameter: Parameter, typed: str) -> list[CompletionItem]:
    """Suggest a word for each choice: its name, or where that is more than a word, the end of its IRI."""
    if parameter.type == "boolean":
        return [CompletionItem(value) for value in ("true", "false") if value.startswith(typed)]
    try:
        choices = _project(context).graph().choices(parameter)
    except ClustergraphError:
        return []
    names: dict[str, str] = {}
    for name, iri in choices.items():
        names.setdefault(iri, name)
    found = []
    for iri, name in names.items():
        word = name if _ONE_WORD.fullmatch(name) else iri.rsplit("/", 1)[-1]
        if any(plain(text).startswith(plain(typed)) for text in (word, name)):
            found.append(CompletionItem(word, help=name))
    return found
