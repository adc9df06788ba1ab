"""The reader of the patterns of SPARQL: selections, groups, triples, paths and expressions.

What it reads may be more than SPARQL allows, where the engine has no other reading and refuses it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

from clustergraph.sparql.tokens import IRI, Lexer
from clustergraph.sparql.tree import (
    Bind,
    Clause,
    Element,
    Exists,
    Expression,
    Filter,
    GroupPattern,
    Leaf,
    Modifier,
    Operand,
    PathNode,
    Selection,
    TriplePattern,
    Union,
    Values,
)
from clustergraph.terms import VOCABULARIES

_RDF: Final = VOCABULARIES["rdf"]
_OPERATORS: Final = frozenset({"||", "&&", "=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "IN", "NOT"})
_MODIFIERS: Final = frozenset({"GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"})
_Part = TypeVar("_Part")
Source: TypeAlias = tuple[bool, Leaf]
"""Whether a graph is NAMED in a dataset, and which it is."""


class PatternReader(Lexer):
    """Reads one text from its beginning to its end; each method starts at the first token of what it reads."""

    def selection(self, sources: list[Source] | None) -> Selection:
        """Read a query from its form to its modifiers; only one that is not inside another has sources."""
        start, form = self.start, self.key
        self.advance()
        projection: tuple[Leaf | Bind, ...] = ()
        template = group = None
        reduction = ""
        if form in ("SELECT", "DESCRIBE"):
            reduction = self.key if self.key in ("DISTINCT", "REDUCED") else ""
            projection = self._projection()
        elif form == "CONSTRUCT" and self.key == "{":
            template = self.group()
        while sources is not None and self.take("FROM"):
            sources.append(self.source())
        if self.take("WHERE") or form != "DESCRIBE" or self.key == "{":
            group = self.group()
        template = (template or group) if form == "CONSTRUCT" else None
        modifiers = self._modifiers()
        return Selection(start, self.last, form, projection, group, modifiers, template, reduction)

    def source(self) -> Source:
        """Read the graph of FROM or USING."""
        named = self.take("NAMED")
        return named, self.leaf(*IRI)

    def _projection(self) -> tuple[Leaf | Bind, ...]:
        self.take("DISTINCT", "REDUCED")
        if self.take("*"):
            return ()
        found: list[Leaf | Bind] = []
        while self.kind in ("variable", *IRI) or self.key == "(":
            part = self._bracketed() if self.key == "(" else self.leaf()
            if not isinstance(part, Leaf | Bind):
                raise self.unexpected("give the expression a name: (… AS ?name)")
            found.append(part)
        return tuple(found)

    def _modifiers(self) -> tuple[Modifier | Values, ...]:
        found: list[Modifier | Values] = []
        while self.key in _MODIFIERS:
            start, word = self.start, self.key
            if word == "VALUES":
                found.append(self._values())
                continue
            self.advance()
            if word in ("GROUP", "ORDER"):
                self.expect("BY")
                word += " BY"
            parts: list[Operand | Bind] = []
            descending: list[bool] = []
            while self._is_condition():
                descending.append(self.key == "DESC")
                self.take("ASC", "DESC")
                parts.append(self._bracketed() if self.key == "(" else self._operand())
            found.append(Modifier(start, self.last, word, tuple(parts), tuple(descending)))
        return tuple(found)

    def _is_condition(self) -> bool:
        if self.kind == "word":
            return self.key not in _MODIFIERS
        return self.kind in ("variable", "iri", "name", "number") or self.key == "("

    def group(self) -> GroupPattern:
        """Read a group in braces."""
        start = self.start
        self.expect("{")
        parts: list[Element] = []
        while self.key != "}":
            match self.key:
                case "SELECT":
                    parts.append(self.selection(None))
                case "{":
                    parts.append(self._union())
                case "FILTER":
                    parts.append(self._filter())
                case "BIND":
                    parts.append(self._bind())
                case "VALUES":
                    parts.append(self._values())
                case "OPTIONAL" | "MINUS" | "LATERAL" | "GRAPH" | "SERVICE":
                    parts.append(self._clause())
                case ".":
                    self.advance()
                case _:
                    self._triples(parts)
        self.advance()
        return GroupPattern(start, self.last, tuple(parts))

    def _union(self) -> Element:
        groups = [self.group()]
        while self.take("UNION"):
            groups.append(self.group())
        return groups[0] if len(groups) == 1 else Union(groups[0].start, self.last, tuple(groups))

    def _clause(self) -> Clause:
        start, word = self.start, self.key
        self.advance()
        silent = word == "SERVICE" and self.take("SILENT")
        name = self.leaf() if word in ("GRAPH", "SERVICE") else None
        group = self.group()
        return Clause(start, self.last, word, group, name, silent)

    def _filter(self) -> Filter:
        start = self.start
        self.advance()
        expression = self._operand()
        return Filter(start, self.last, expression)

    def _bind(self) -> Bind:
        start = self.start
        self.advance()
        found = self._bracketed()
        if not isinstance(found, Bind):
            raise self.unexpected("give the expression a name: BIND(… AS ?name)")
        return replace(found, start=start)

    def _values(self) -> Values:
        start = self.start
        self.advance()
        variables = self._listed(self.leaf) if self.key == "(" else (self.leaf(),)
        self.expect("{")
        rows: list[tuple[Leaf | None, ...]] = []
        while self.key != "}":
            rows.append(self._listed(self._value) if self.key == "(" else (self._value(),))
        self.advance()
        return Values(start, self.last, variables, tuple(rows))

    def _listed(self, read: Callable[[], _Part]) -> tuple[_Part, ...]:
        """Read what is in round brackets."""
        self.advance()
        found: list[_Part] = []
        while self.key != ")":
            found.append(read())
        self.advance()
        return tuple(found)

    def _value(self) -> Leaf | None:
        return None if self.take("UNDEF") else self._node([])

    def _triples(self, into: list[Element]) -> None:
        alone = self.key in ("[", "(", "<<")
        found = len(into)
        subject = self._node(into)
        if not (alone and (len(into) > found or subject.kind == "triple")) or self._is_verb():
            self._properties(subject, into)

    def _properties(self, subject: Leaf, into: list[Element]) -> None:
        while True:
            verb = self._verb()
            self._objects(subject, verb, into)
            while self.take(","):
                self._objects(subject, verb, into)
            if self.key != ";":
                return
            while self.take(";"):
                pass
            if not self._is_verb():
                return

    def _objects(self, subject: Leaf, verb: Leaf | PathNode, into: list[Element]) -> None:
        value = self._node(into)
        into.append(TriplePattern(subject.start, self.last, subject, verb, value))
        if self.key in ("~", "{|"):
            self._annotations(Leaf(subject.start, self.last, "triple", ""), into)

    def _annotations(self, triple: Leaf, into: list[Element]) -> None:
        """Read what is said about a triple: names of statements, and lists of their properties."""
        while self.key in ("~", "{|"):
            if self.take("{|"):
                self._properties(triple, into)
                self.expect("|")
                self.expect("}")
            elif self.take("~") and (self.kind in ("variable", "iri", "name", "blank") or self.key == "["):
                self._node(into)

    def _is_verb(self) -> bool:
        return self.kind in ("variable", *IRI) or self.key in ("^", "!", "(") or self.written == "a"

    def _node(self, into: list[Element]) -> Leaf:
        """Read a subject or object; the triples that a list or brackets stand for are added."""
        start = self.start
        if self.take("["):
            if not self.take("]"):
                self._properties(Leaf(start, start + 1, "blank", f".{start}"), into)
                self.expect("]")
            return Leaf(start, self.last, "blank", f".{start}")
        if self.key == "(":
            return self._collection(into)
        return self._triple_term() if self.key == "<<" else self.leaf()

    def _collection(self, into: list[Element]) -> Leaf:
        start = self.start
        items = self._listed(lambda: self._node(into))
        rest = ("iri", f"{_RDF}nil")
        pairs: list[Element] = []
        for number, item in reversed([*enumerate(items)]):
            here = ("blank", f".{start}.{number}")
            for name, value in (("rest", Leaf(item.end, item.end, *rest)), ("first", item)):
                path = Leaf(item.start, item.start, "iri", _RDF + name)
                pairs.append(TriplePattern(item.start, item.end, Leaf(item.start, item.start, *here), path, value))
            rest = here
        into += reversed(pairs)
        return Leaf(start, self.last, *rest)

    def _triple_term(self) -> Leaf:
        """Read a triple in pointed brackets, with round ones inside them or a name of the statement behind it."""
        start = self.start
        self.advance()
        plain = self.take("(")
        self._node([])
        self._verb()
        self._node([])
        if plain:
            self.expect(")")
        elif self.key == "~":
            self._annotations(Leaf(start, start, "triple", ""), [])
        self.expect(">")
        self._depth -= 1
        if self.start != self.last:
            raise self.unexpected()
        self.expect(">")
        return Leaf(start, self.last, "triple", self.text[start : self.last])

    def _verb(self) -> Leaf | PathNode:
        return self.leaf() if self.kind == "variable" else self._path()

    def _path(self) -> Leaf | PathNode:
        return self._joined("|", self._sequence)

    def _sequence(self) -> Leaf | PathNode:
        return self._joined("/", self._step)

    def _joined(self, sign: str, read: Callable[[], Leaf | PathNode]) -> Leaf | PathNode:
        start, parts = self.start, [read()]
        while self.take(sign):
            parts.append(read())
        return parts[0] if len(parts) == 1 else PathNode(start, self.last, sign, tuple(parts))

    def _step(self) -> Leaf | PathNode:
        start = self.start
        inverse = self.take("^")
        begin = self.start
        if self.take("!"):
            denied = self._denied()
            node: Leaf | PathNode = PathNode(begin, self.last, "!", denied)
        elif self.take("("):
            node = self._path()
            self.expect(")")
            node = replace(node, start=begin, end=self.last)
        else:
            node = self._predicate()
        if self.key in ("*", "+", "?"):
            sign = self.key
            self.advance()
            node = PathNode(begin, self.last, sign, (node,))
        return PathNode(start, self.last, "^", (node,)) if inverse else node

    def _denied(self) -> tuple[Leaf | PathNode, ...]:
        """Read the predicates that a path denies; the engine refuses what is more than that."""
        start = self.start
        if self.take("^"):
            return (PathNode(start, self.end, "^", (self._predicate(),)),)
        if not self.take("("):
            return (self._predicate(),)
        node = self._path()
        self.expect(")")
        return node.parts if isinstance(node, PathNode) and node.sign == "|" else (node,)

    def _predicate(self) -> Leaf:
        if self.written != "a":
            return self.leaf(*IRI)
        self.advance()
        return Leaf(self.last - 1, self.last, "iri", f"{_RDF}type")

    def _expression(self) -> Operand:
        start = self.start
        parts: list[Operand] = [self._operand()]
        signs: list[str] = []
        while (sign := self.operator()) in _OPERATORS:
            self.advance()
            if sign == "NOT":
                self.expect("IN")
                sign = "NOT IN"
            signs.append(sign)
            parts.append(self._call("", self.start) if sign.endswith("IN") else self._operand())
        return parts[0] if len(parts) == 1 else Expression(start, self.last, "", tuple(parts), tuple(signs))

    def _operand(self) -> Operand:
        """Read an expression that ends before the first operator between two."""
        start = self.start
        while self.take("!", "+", "-"):
            pass
        operand = self._primary()
        if operand.start == start:
            return operand
        return Expression(start, self.last, self.text[start], (operand,))

    def _primary(self) -> Operand:
        start = self.start
        if self.key == "(":
            found = self._bracketed()
            if isinstance(found, Bind):
                raise self.unexpected()
            return found
        if self.key in ("EXISTS", "NOT"):
            negated = self.take("NOT")
            self.expect("EXISTS")
            group = self.group()
            return Exists(start, self.last, negated, group)
        if self.kind == "word" and self.written not in ("true", "false"):
            name = self.key
            self.advance()
            return self._call(name, start)
        leaf = self._node([]) if self.key == "<<" else self.leaf()
        return self._call(leaf.text, start) if leaf.kind == "iri" and self.key == "(" else leaf

    def _bracketed(self) -> Operand | Bind:
        """Read an expression in brackets, or one that is given a name in them."""
        start = self.start
        self.expect("(")
        inner = self._expression()
        variable = self.leaf("variable") if self.take("AS") else None
        self.expect(")")
        return Bind(start, self.last, inner, variable) if variable else Expression(start, self.last, "", (inner,))

    def _call(self, name: str, start: int) -> Expression:
        """Read the arguments of a function, of which the name has been read."""
        parts: list[Operand] = []
        self.expect("(")
        distinct = self.take("DISTINCT")
        if not self.take("*") and self.key != ")":
            parts.append(self._expression())
        while self.take(","):
            parts.append(self._expression())
        if self.take(";"):
            self.expect("SEPARATOR")
            self.expect("=")
            parts.append(self.leaf())
        self.expect(")")
        return Expression(start, self.last, name, tuple(parts), (), distinct)
