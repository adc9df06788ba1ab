"""In which currency the amounts of a table are, as far as headings and values name it."""

import re
from collections.abc import Iterable
from typing import Final

CURRENCIES: Final = {
    "euro": "EUR", "Danish krone": "DKK", "Polish zloty": "PLN", "Czech koruna": "CZK", "Swedish krona": "SEK",
    "Hungarian forint": "HUF", "Romanian leu": "RON", "Bulgarian lev": "BGN", "pound sterling": "GBP",
}  # fmt: skip
_SIGNS: Final = {"€": "EUR", "£": "GBP", "zł": "PLN", "Kč": "CZK", "Ft": "HUF"}
_CODE: Final = re.compile("|".join(CURRENCIES.values()))
_EURO: Final = re.compile(r"\beuros?\b", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")


def currency(texts: Iterable[str]) -> str:
    """Return the one currency that texts name by its code or sign, or nothing.

    >>> currency(["Budget (PLN)", "1 000 zł"]), currency(["Budget", "100"]), currency(["in EUR", "in PLN"])
    ('PLN', '', '')
    """
    named = {code for text in texts for code in _named(text)}
    return named.pop() if len(named) == 1 else ""


def headed(headings: Iterable[str]) -> str:
    """Return the one currency that stands in brackets in headings, or nothing.

    >>> headed(["Wartość ogółem (PLN)", "Euroregion"]), headed(["Total (EUR)", "Wartość (zł)"])
    ('PLN', '')
    """
    return currency("".join(found) for heading in headings for found in _BRACKETS.findall(heading))


def _named(text: str) -> set[str]:
    """Return the currencies that a text names."""
    by_sign = {code for sign, code in _SIGNS.items() if sign in text}
    return {*_CODE.findall(text), *by_sign, *(["EUR"] if _EURO.search(text) else [])}
