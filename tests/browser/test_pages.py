"""Every kind of page in a real browser: axe-core finds nothing, nothing scrolls sideways, nothing leaves the host."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opened, faults, width_of

PAGES = (
    "/",
    "/questions",
    "/questions/clusters",
    "/questions/partners-sharing-pilots",
    "/questions/figures-over-time",
    "/questions/partners-by-place",
    "/id/organisation/plastipolis",
    "/id/organisation/afil?lang=fr",
    "/id/partnership/4m4iof",
    "/id/funding/fp7",
    "/id/document/4m4iof",
    "/describe?iri=http://data.europa.eu/nuts/code/FRK",
    "/conflicts",
    "/search?q=plastipolis",
    "/sparql",
    "/sparql?query=nonsense",
    "/sparql?view=map&query=SELECT+*+{+%3Fcluster+a+cg%3ACluster+}",
    "/sparql?query=SELECT+*+{+%3Fcluster+a+cg%3ACluster+}",
    "/download",
    "/ontology",
    "/ontology/Cluster",
    "/ontology/participatesIn",
    "/scheme",
    "/scheme/field",
    "/scheme/field/plastics",
    "/releases",
    "/changes?thing=AFIL",
    "/docs",
    "/docs/service",
    "/validate",
    "/validate?example=faults",
    "/explain",
    "/explain?subject=AFIL&predicate=cg:region&object=nuts:ITC4",
    "/compare?thing=AFIL&thing=Plastipolis",
    "/questions/rival-figures",
    "/questions/regions",
    "/questions/projects",
    "/dataset",
    "/nothing",
    "/explain?subject=AFIL&predicate=shares+pilot+with&object=Eurecat",
    "/compare",
    "/compare?thing=AFIL&thing=Plastipolis&thing=organisation:pool-net",
    "/compare?thing=Lombardy&thing=Catalonia&known_by=2016",
    "/audit",
    "/matches",
)
FAULTY = ("/nothing", "/sparql?query=nonsense")
"""What a browser logs as an error: the status says that something is wrong."""


SOME = ("aria-hidden-focus", "landmark-unique", "nested-interactive", "scrollable-region-focusable")
"""Rules of axe-core that a width bears on, and which it is quick with."""
LOOKS: tuple[tuple[int, Literal["light", "dark"], tuple[str, ...]], ...] = (
    (390, "light", ()),
    (1024, "dark", ()),
    (390, "dark", SOME),
    (1024, "light", SOME),
    (1600, "light", SOME),
    (1600, "dark", SOME),
)
"""Widths and colours, and the rules that axe-core goes by there: all of them on a phone in light, and wide in dark."""
UNNAMED = """() => [...document.querySelectorAll("table")]
  .filter(table => !table.caption?.textContent.trim() || !table.querySelector("tbody th[scope=row]"))
  .map(table => table.outerHTML.slice(0, 200))"""
"""Tables without a caption, or with rows that are called nothing."""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault_at_any_width_in_light_and_dark(opened: Opened, path: str) -> None:
    page = opened(path, width=320, logs=path not in FAULTY)
    assert width_of(page) <= 320
    assert page.evaluate(UNNAMED) == []
    for width, scheme, rules in LOOKS:
        page.set_viewport_size({"width": width, "height": 768})
        page.emulate_media(color_scheme=scheme)
        assert (width, scheme, faults(page, *rules)) == (width, scheme, [])
        assert width_of(page) <= width


def test_the_start_page_weighs_less_than_100_kilobytes(opened: Opened) -> None:
    page = opened("/", logs=False)
    sent: list[int] = []
    page.on("requestfinished", lambda request: sent.append(request.sizes()["responseBodySize"]))
    page.reload(wait_until="networkidle")
    page.wait_for_timeout(200)
    assert len(sent) >= 4
    assert sum(sent) < 100_000


def test_a_year_is_chosen_by_a_slider(opened: Opened) -> None:
    page = opened("/compare?thing=AFIL&thing=Plastipolis")
    page.get_by_text("At another time").click()
    slider, field = page.get_by_role("slider", name="Valid on"), page.get_by_role("textbox", name="Valid on")
    field.fill("2016")
    assert slider.input_value() == "2016"
    slider.press("ArrowRight")
    assert field.input_value() == "2017"
    slider.press("Enter")
    expect(page).to_have_url(re.compile("valid_on=2017"))
    assert faults(page) == []
