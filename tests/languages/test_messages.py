"""What the program tells, in other languages."""

import pytest

from clustergraph.languages.messages import catalogue, gettext, ngettext, parse, pgettext
from clustergraph.languages.reader import INTERFACE, LANGUAGES, reading
from tests.messages import FOLDER as CATALOGUES
from tests.messages import PLACE, TRANSLATED, found, kept, renewed, written


@pytest.fixture(scope="module")
def messages():
    return found()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_the_messages_of_the_sources_and_no_others(messages, language):
    expected = renewed(language, messages)
    known, needed = ({(str(each.id), each.context) for each in found} for found in (kept(language), expected))
    assert known ^ needed == set(), "run `make messages`"
    is_as_written = (CATALOGUES / f"{language}.po").read_text("utf-8") == written(expected)
    assert is_as_written, "run `make messages`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_places_of_its_message(language):
    wrong = []
    for message in kept(language):
        ids, texts = ((each,) if isinstance(each, str) else each for each in (message.id, message.string))
        places = set(PLACE.findall(" ".join(ids)))
        wrong += [text for text in texts if message.id and text and set(PLACE.findall(text)) - places]
        wrong += [text for text in texts[-1:] if message.id and text and set(PLACE.findall(text)) != places]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogues_are_read_as_the_tools_of_gettext_read_them(language):
    for message in kept(language):
        texts = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        if message.id and all(texts):
            key = message.id if isinstance(message.id, str) else message.id[0]
            assert catalogue(language)[f"{message.context}\x04{key}" if message.context else key] == texts


def test_a_message_without_a_translation_is_told_in_english():
    with reading("de"):
        assert gettext("no such message") == "no such message"
        assert pgettext("nowhere", "%(what)s", what="Label") == "Label"
        assert [ngettext("one", "%(num)d", number, number=0) for number in (0, 1, 2)] == ["0", "one", "2"]


def test_the_singular_is_that_of_the_language():
    text = parse('msgid "a row"\nmsgid_plural "rows"\nmsgstr[0] "une ligne"\nmsgstr[1] "des lignes"\n')
    assert text == {"a row": ("une ligne", "des lignes")}


def test_where_only_names_are_told_in_a_language_the_program_tells_the_rest_in_english():
    for language in LANGUAGES.keys() - INTERFACE.keys():
        with reading(language):
            assert gettext("Clusters") == "Clusters"
