"""In which encoding a text is that says nothing of it: all that give letters where letters must be, none preferred."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from clustergraph.imports.ambiguity import Ambiguity
from clustergraph.imports.delimited import DelimitedTable
from clustergraph.imports.rows import shown

_CANDIDATES: Final = (
    "windows-1252", "windows-1250", "iso-8859-2", "windows-1257", "windows-1251", "windows-1253",
    "cp850", "cp852", "mac-roman",
)  # fmt: skip
_WORD: Final = re.compile(rb"[^\s;,\t|\"<>()/]*[\x80-\xff]+[^\s;,\t|\"<>()/]*")
_MARKS: Final = frozenset("‘’‚“”„–—…•«»€£§°·´№²³½ºª®™\u00a0\u00ad¿¡")
_MOST: Final = 5_000


def encoding_members(table: DelimitedTable) -> tuple[dict[str, Any], Ambiguity | None]:
    """Return what the dialect says of an encoding: nothing if it is UTF-8 or has a mark; or what has to be asked."""
    if table.encoding != "utf-8":
        return {}, None
    words = _strange_words(table)
    if not words:
        return {}, None
    readings: dict[tuple[str, ...], str] = {}
    for name in _CANDIDATES:
        read = _read(words, name)
        if read:
            readings.setdefault(read, name)
    if len(readings) == 1:
        return {"encoding": next(iter(readings.values()))}, None
    return {}, _question(words, {name: read for read, name in readings.items()}) if readings else None


def encoding_advice(table: DelimitedTable) -> str:
    """Return what to type for a file that is not in the encoding it is read in, with the likely encodings."""
    members, question = encoding_members(table)
    likely = [f"--encoding {name}" for name in members.values()]
    for answer, each in question.answers.items() if question else ():
        likely.append(f"--encoding {each['encoding']}, which reads {answer.rpartition(' (')[0]}")
    return "say which it is in: " + (", or ".join(likely) or "--encoding NAME; or mend these bytes")


def _strange_words(table: DelimitedTable) -> list[bytes]:
    """Return the words that are not UTF-8; none if others are, since no encoding then reads all of them."""
    strange: dict[bytes, None] = {}
    with table.file.reading() as file:
        for line in file:
            for word in _WORD.findall(line):
                if _is_utf8(word):
                    return []
                strange.setdefault(word)
            if len(strange) > _MOST:
                break
    return list(strange)


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode()
    except UnicodeDecodeError:
        return False
    return True


def _read(words: Iterable[bytes], encoding: str) -> tuple[str, ...] | None:
    """Return the words in an encoding, if they look like words in it."""
    try:
        texts = tuple(word.decode(encoding) for word in words)
    except UnicodeDecodeError:
        return None
    return texts if all(map(_is_word, texts)) else None


def _is_word(text: str) -> bool:
    """Whether a text has letters of one script, no capital behind a small letter, and marks as texts have them.

    >>> [_is_word(text) for text in ("Vækst", "VÊkst", "M¸ller", "кöln", "„Ö“")]
    [True, True, False, False, True]
    """
    letters = [each for each in text if each.isalpha()]
    scripts = {unicodedata.name(each, "").partition(" ")[0] for each in letters} - {"MODIFIER", "FEMININE", "MASCULINE"}
    strange = [each for each in text if not each.isascii()]
    capitals = re.search(r"[a-zß-ÿ][À-ÖØ-ÞŠŽŒŸ]", text)
    return len(scripts) < 2 and not capitals and all(each.isalpha() or each in _MARKS for each in strange)


def _question(words: list[bytes], readings: dict[str, tuple[str, ...]]) -> Ambiguity:
    different = max(range(len(words)), key=lambda place: len({read[place] for read in readings.values()}))
    word = shown(words[different].decode("ascii", "surrogateescape"))
    answers = {f"{read[different]} ({name})": {"encoding": name} for name, read in readings.items()}
    return Ambiguity(f"the file is not in UTF-8: which word is {word}?", answers)
