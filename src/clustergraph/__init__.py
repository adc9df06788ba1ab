"""A knowledge graph of European clusters, with the service that answers questions about it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustergraph.errors import ClustergraphError
    from clustergraph.graph import Graph
    from clustergraph.questions.answer import Answer
    from clustergraph.questions.question import Question

__version__ = "0.2.0"
__all__ = ["Answer", "ClustergraphError", "Graph", "Question", "__version__"]


def __getattr__(name: str) -> object:
    """Import a public name when it is used: most commands need none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from clustergraph import errors, graph
    from clustergraph.questions import answer, question

    return next(getattr(home, name) for home in (errors, graph, answer, question) if hasattr(home, name))
