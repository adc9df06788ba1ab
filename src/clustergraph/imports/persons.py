"""Natural persons among the names of a table, told by a rule, so that they can be left out.

The rule looks at the words of a name alone. It would rather leave out a firm that is called like a person than take in
a person; what is left out is counted and listed by its row, without the name.
"""

import re
import tomllib
from collections.abc import Iterable
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Final

from clustergraph.questions.names import plain


class PersonSign(StrEnum):
    """By what a natural person is told."""

    MARKED = "the list marks a natural person"
    ADDRESSED = "a form of address stands before the name"
    TRADER = "a sole trader bears the name of a person"
    NAMED = "the name is only that of a person"


_WORDS: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_MARKED: Final = re.compile(
    r"(natural|private|physical) (person|individual)s?|private (owner|household)|individual|sole trader"
    r"|personnes? physiques?|particuliers?|naturliche[rn]? person(en)?|privatperson(en)?|einzelperson(en)?"
    r"|person[ae] fisic[ah]e?|privato( cittadino)?|personas? fisicas?|particular(es)?|pessoas? singular(es)?"
    r"|osob[ay] fizyczn[aey]|osoba prywatna|fysiske? person(er)?|privatpersoner"
    r"|anonymi[sz](ed|iert)|anonyme?|anonymiseret|anonimizado|zanonimizowano"
)
_ADDRESS: Final = re.compile(
    r"((Mr|Mrs|Ms|Miss|Dr|Herrn?|Frau|Fru|Monsieur|Madame|Mademoiselle|Mme|Mlle|Signora?|Sra|Señora?|Dña|Senhora?|Pani)\.?"
    r"|(Hr|Fr|Frk|M|MM|Sig|Sig\.ra|Sr|D|Dott|Dott\.ssa|Prof|Univ\.-Prof|Ing|Dipl\.-Ing|Mag)\.) ?(?=[A-ZÀ-ÞŁŚŻŹĆ])"
)
"""Words before a name that only persons have; short ones count with their full stop."""
_TRADER: Final = re.compile(
    r"\be\. ?U\.|\be\. ?K(fm|fr)?\.|\bEinzelunternehme[nr]|\bEinzelfirma|\bInh(aber|aberin)?\b\.?|\bv/ ?|\bt/a\b"
    r"|\btrading as\b|\bsole trader\b|\benkeltmandsvirksomhed|\bentrepreneure? individuel(le)?|\bmicro-?entreprise"
    r"|\bauto-?entrepreneure?"
    r"|\bEIRL\b|\bditta individuale"
    r"|\bimpresa individuale|\bempresari[oa] individual|\baut[óo]nom[oa]\b|\bE\.?N\.?I\.?\b"
    r"|\bempres[áa]ri[oa] em nome individual|\bjednoosobowa"
    r"|\bdzia[łl]alno[śs][ćc] gospodarcza|\bJDG\b|\bF\.?H\.?U\.?\b",
    re.IGNORECASE,
)
_BODY: Final = frozenset(_WORDS["body"].split())
"""Words of names that persons do not bear: legal forms, kinds of body and trade."""
_GIVEN: Final = frozenset(_WORDS["given"].split())
"""Given names that are frequent where the eight languages are spoken, as `plain` writes them."""
_PARTICLES: Final = frozenset(_WORDS["particle"].split())
_AND: Final = re.compile(r" (?:and|et|und|og|e|y|i)(?= )|&|\+|/")


def person(name: str) -> PersonSign | None:
    """Return by what a name is told as that of a natural person, or None if it is not.

    >>> person("MUSTERMANN, Erika")
    <PersonSign.NAMED: 'the name is only that of a person'>
    >>> person("Muster Metallbau Max Mustermann e.U.")
    <PersonSign.TRADER: 'a sole trader bears the name of a person'>
    >>> person("Max Mustermann GmbH"), person("Dr. Muster Institut"), person("Muster e.U."), person("Muster & Sons Ltd")
    (None, None, None, None)
    """
    text = re.sub(r"\s+", " ", name).strip()
    if _MARKED.fullmatch(plain(text)):
        return PersonSign.MARKED
    words = plain(text).split()
    if _TRADER.search(text):
        return PersonSign.TRADER if _trades_as_person(text) else None
    if not _BODY.isdisjoint(words):
        return None
    if _ADDRESS.match(text):
        return PersonSign.ADDRESSED
    return PersonSign.NAMED if all(map(_only_person, _people(text))) else None


def _trades_as_person(text: str) -> bool:
    """Tell whether a given name and a word with a capital stand together somewhere in the name of a sole trader."""
    parts = [part for part in re.split(r"[ ,;()/]+", text) if part]
    return any(
        plain(one) in _GIVEN and other[:1].isupper() and plain(other) not in _BODY and not _TRADER.fullmatch(other)
        for one, other in pairwise(parts)
    )


def _people(text: str) -> Iterable[str]:
    """Return the names that "and" joins: where the last bears a surname, the first may be without."""
    first, *more = [part.strip(" ,") for part in _AND.split(text)]
    alone = bool(more) and plain(first) in _GIVEN
    return more if alone else [first, *more]


def _only_person(text: str) -> bool:
    """Tell whether a name is two to four words as those of a person: a given name or initials, and a surname."""
    swapped = re.fullmatch(r"([^,]+), ?([^,]+)", text)
    parts = (f"{swapped[2]} {swapped[1]}" if swapped else text).split()
    words = [part for part in parts if plain(part) not in _PARTICLES]
    if not 2 <= len(words) <= 4 or not all(re.fullmatch(r"[^\W\d_]+([-'’.][^\W\d_]*)*", word) for word in words):
        return False
    if not all(word[0].isupper() for word in words):
        return False
    given = [plain(word).split(" ")[0] in _GIVEN for word in words]
    initials = [bool(re.fullmatch(r"([A-ZÀ-Þ]\.-?)+", word)) for word in words]
    return given[0] or (given[-1] and words[0].isupper()) or (initials[0] and not any(initials[1:]) and len(words) <= 3)
