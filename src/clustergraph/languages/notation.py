"""Numbers, dates and what is true or false, as readers of a language write them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from clustergraph.languages.messages import gettext
from clustergraph.languages.reader import interface

_MARKS: Final[Mapping[str, tuple[str, str]]] = {"en": (",", "."), "fr": ("\u202f", ",")}
_OTHERS: Final = (".", ",")
"""The mark between thousands, and that before decimals; four digits are grouped as more are."""
_MONTHS: Final[Mapping[str, Sequence[str]]] = {
    language: names.split()
    for language, names in {
        "en": "January February March April May June July August September October November December",
        "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ca": "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
    }.items()
}
_DAY: Final = {
    "de": "{day}. {month} {year}", "es": "{day} de {month} de {year}", "ca": "{day} {of}{month} de {year}",
}  # fmt: skip
_YEAR: Final = 4
"""So many digits may be those of a year."""
_PLAIN: Final = "{day} {month} {year}", "{month} {year}", "{year}"
_MONTH: Final = {"es": "{month} de {year}", "ca": "{month} de {year}"}


def number(value: object, form: str = "") -> str:
    """Return a number as it is written in the language of the reader, in some form; what is none as it stands.

    >>> from clustergraph.languages.reader import reading
    >>> number(20920), number(0.5, ".2f"), number("about 40")
    ('20,920', '0.50', 'about 40')
    >>> with reading("de"):
    ...     number(1234567), number(-12.25), number(True)
    ('1.234.567', '-12,25', 'True')
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    thousands, decimal = _MARKS.get(interface(), _OTHERS)
    return f"{value:,{form}}".translate({ord(","): thousands, ord("."): decimal})


def quantity(text: str) -> str:
    """Return a number of an answer as it is written in the language of the reader; one that may be a year as it is.

    >>> quantity("2017"), quantity("20920"), quantity("-2888913.33"), quantity("1e+20")
    ('2017', '20,920', '-2,888,913.33', '1e+20')
    """
    whole, point, decimals = text.partition(".")
    if not whole.lstrip("-").isdecimal() or (point and not decimals.isdecimal()):
        return text
    thousands, decimal = _MARKS.get(interface(), _OTHERS)
    grouped = f"{int(whole):,}".replace(",", thousands) if len(whole.lstrip("-")) > _YEAR else whole
    return grouped + decimal + decimals if point else grouped


def yes_or_no(value: bool) -> str:
    """Return what is true or false in the language of the reader.

    >>> from clustergraph.languages.reader import reading
    >>> with reading("ca"):
    ...     yes_or_no(True), yes_or_no(False)
    ('sí', 'no')
    """
    return gettext("yes") if value else gettext("no")


def day(text: str) -> str:
    """Return a day, month or year of ISO 8601 as it is written in the language of the reader; other text as it stands.

    >>> from clustergraph.languages.reader import reading
    >>> day("2016"), day("2016-05"), day("2016-05-01T12:00:00Z"), day("soon")
    ('2016', 'May 2016', '1 May 2016', 'soon')
    >>> with reading("fr"):
    ...     day("2016-05-01")
    '1er mai 2016'
    >>> with reading("ca"):
    ...     day("2016-08-02"), day("2016-12")
    ("2 d'agost de 2016", 'desembre de 2016')
    """
    parts = text.partition("T")[0].split("-")
    try:
        read = date.fromisoformat("-".join([*parts, "01", "01"][: max(3, len(parts))]))
    except ValueError:
        return text
    language = interface()
    month = _MONTHS[language][read.month - 1]
    forms = (_DAY.get(language, _PLAIN[0]), _MONTH.get(language, _PLAIN[1]), _PLAIN[2])
    first = "1er" if language == "fr" and read.day == 1 else str(read.day)
    return forms[3 - len(parts)].format(day=first, month=month, year=parts[0], of="d'" if month[0] in "ao" else "de ")
