"""What every page must be: well formed, a label for each field, files of ours only; and what it says."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Structure(HTMLParser):
    """Checks that tags close in order and collects what an accessible page needs."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.labels, self.fields, self.attributes, self.tags = [], [], set(), [], [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "label":
            self.labels.add(attributes["for"])
        if tag in ("input", "select", "textarea") and attributes.get("type") != "hidden":
            self.fields.append(attributes["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check_page(text: str) -> None:
    """Fail where a page is not as it must be."""
    found = Structure()
    found.feed(text)
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert set(found.fields) <= found.labels
    assert found.tags.count("h1") == 1
    assert found.tags.count("main") == 1
    scripts = [src for tag, name, src in found.attributes if tag == "script" and name == "src"]
    assert found.tags.count("script") == len(scripts) == len([src for src in scripts if src.startswith("/static/")])
    assert "style" not in found.tags
    assert not [name for _, name, _ in found.attributes if name == "style" or name.startswith("on")]
    labelled = {id_ for _, name, ids in found.attributes if name == "aria-labelledby" for id_ in ids.split()}
    assert labelled <= set(found.ids)
    for tag, name, value in found.attributes:
        if tag in ("link", "img", "script") and name in ("href", "src"):
            assert value.startswith("/"), "nothing is loaded from another host"


def words(page: str) -> str:
    """Return what a page says between its head and foot, or what a part of one says, in one line."""
    told = page.partition("<main")[2].partition("</main")[0] or page
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", told).split()))
