"""Queries are written, completed, checked, run, cancelled, shown and shared at /sparql."""

from __future__ import annotations

import json
import re
import urllib.parse

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Opened, faults, width_of
from tests.live_server import Live, until

LONG = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER(?c != ?f && ?i != ?a) }"
DESCRIBED = """each => each.getAttribute("aria-describedby").split(" ")
  .map(id => each.getRootNode().getElementById(id).textContent).join(" ")"""
STOPPED = 'queries_total{outcome="abandoned"}'


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Query")


def write(page: Page, text: str) -> None:
    """Write a query in the place of what is there."""
    editor(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Completions").get_by_role("option")


def test_a_query_is_run_by_keys_and_its_answer_stands_below(opened: Opened) -> None:
    page = opened("/sparql")
    write(page, "SELECT ?cluster { ?cluster a cg:Cluster }")
    page.keyboard.press("Control+Enter")
    result = page.get_by_role("region", name="Answer")
    expect(result).to_contain_text("Plastipolis")
    expect(page.get_by_role("status").filter(has_text="Answered in")).to_contain_text("rows")
    expect(editor(page)).to_be_focused()
    shared = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)["query"]
    assert shared == ["SELECT ?cluster { ?cluster a cg:Cluster }"]
    assert faults(page) == []


def test_properties_of_the_class_come_first_and_say_which_are_mandatory(opened: Opened) -> None:
    page = opened("/sparql")
    write(page, "SELECT * { ?figure a cg:Figure ; ")
    page.keyboard.press("Control+Space")
    expect(options(page).nth(1)).to_contain_text("mandatory")
    page.keyboard.type("measu")
    expect(options(page).first).to_contain_text("cg:measure")
    page.wait_for_timeout(300)  # a suggestion is not taken in the moment in which it comes
    page.keyboard.press("Enter")
    page.keyboard.type(" ")
    page.keyboard.press("Control+Space")
    expect(options(page).first).to_contain_text("measure:")


def test_classes_are_completed_after_a_and_things_by_their_names(opened: Opened) -> None:
    page = opened("/sparql")
    write(page, "SELECT * { ?cluster a Clus")
    expect(options(page).first).to_contain_text("cg:Cluster")
    page.wait_for_timeout(300)  # a suggestion is not taken in the moment in which it comes
    page.keyboard.press("Enter")
    page.keyboard.type(" ; cg:locatedIn Lombar")
    expect(options(page).filter(has_text="Lombardy").first).to_contain_text("nuts:ITC4")


def test_what_is_wrong_is_said_at_its_place_while_typing(opened: Opened) -> None:
    page = opened("/sparql")
    write(page, "SELECT * {\n ?s a cg:Clutser")
    expect(page.locator(".wrong")).to_contain_text("Line 2, column 7: there is no cg:Clutser")
    expect(page.locator(".cm-lintRange-warning")).to_have_text("cg:Clutser")
    write(page, "SELECT * { ?s ?p }")
    expect(page.locator(".wrong")).to_contain_text("Line 1, column 18: '}' is not expected here")


def test_tab_leaves_the_editor(opened: Opened) -> None:
    page = opened("/sparql")
    editor(page).click()
    page.keyboard.press("Tab")
    expect(editor(page)).not_to_be_focused()
    expect(page.get_by_role("button", name="Run")).to_be_focused()


def test_a_query_that_is_cancelled_is_stopped(opened: Opened, live: Live) -> None:
    page = opened("/sparql")
    stopped = live.metric(STOPPED)
    write(page, LONG)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status").filter(has_text="Cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    assert until(lambda: live.metric(STOPPED) == stopped + 1), "the service goes on with it"


@pytest.mark.parametrize(("name", "mark"), [("Map", "map"), ("Network", "network"), ("Bars", "bar")])
def test_an_answer_is_drawn(opened: Opened, name: str, mark: str) -> None:
    query = "SELECT ?cluster ?place (1 AS ?one) { ?cluster a cg:Cluster ; cg:locatedIn ?place }"
    page = opened(f"/sparql?{urllib.parse.urlencode({'query': query})}")
    page.get_by_role("navigation", name="Shown as").get_by_role("link", name=name).click()
    expect(page.locator("#result svg[data-kind]")).to_be_visible()
    expect(page).to_have_url(re.compile(f"view={mark}"))
    assert faults(page) == []
    without = opened("/" + page.url.split("/", 3)[3], java_script_enabled=False)
    expect(without.locator("#result svg[data-kind]")).to_be_visible()


def test_queries_and_history_stay_in_the_browser(opened: Opened) -> None:
    page = opened("/sparql")
    write(page, "# First of mine\nASK {}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#result")).to_contain_text("Yes")
    page.get_by_role("button", name="New query").click()
    page.keyboard.type("# Second of mine")
    expect(page.get_by_role("tab")).to_have_count(3 - 1)
    page.goto(page.url.partition("?")[0])
    expect(page.get_by_role("tab", name="Second of mine")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Second of mine").press("ArrowLeft")
    expect(editor(page)).to_contain_text("First of mine")
    page.get_by_role("button", name="Close").click()
    page.get_by_text("Queries that were run").click()
    page.get_by_role("button", name="First of mine").click()
    expect(editor(page)).to_contain_text("ASK {}")
    kept = json.loads(page.evaluate("localStorage.getItem('clustergraph.queries')"))
    assert len(kept["past"]) == 1


def test_examples_are_found_by_words_and_open_in_a_tab(opened: Opened) -> None:
    page = opened("/sparql")
    examples = page.get_by_role("complementary", name="Examples")
    examples.get_by_role("searchbox").fill("rival figures")
    assert 0 < examples.get_by_role("link").count() < 15
    title = examples.get_by_role("link").first.inner_text()
    examples.get_by_role("link").first.click()
    expect(editor(page)).to_contain_text(f"# {title}")
    expect(page.get_by_role("tab", selected=True)).to_contain_text(title[:10])


def test_it_is_accessible_in_the_dark_and_on_a_phone(opened: Opened) -> None:
    page = opened("/sparql", width=320, color_scheme="dark")
    write(page, "SELECT * { ?s a cg:Clust")
    expect(options(page).first).to_be_visible()
    assert faults(page) == []
    assert width_of(page) <= 320


def test_without_scripts_a_form_gives_the_answer_in_view(opened: Opened) -> None:
    page = opened("/sparql", java_script_enabled=False)
    page.get_by_label("Query").fill("SELECT ?cluster { ?cluster a cg:Cluster }")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("Plastipolis")
    expect(page).to_have_url(re.compile("#result$"))
    page.get_by_role("complementary", name="Examples").get_by_text("Contradictions").click()
    page.get_by_role("complementary", name="Examples").get_by_role("link").filter(visible=True).last.click()
    expect(page.get_by_label("Query")).to_contain_text("#")


def test_the_status_says_what_is_wrong_and_so_does_the_editor(opened: Opened) -> None:
    page = opened("/sparql", logs=False)
    expect(editor(page)).to_have_attribute("aria-invalid", "false")
    assert "Ctrl+Space" in editor(page).evaluate(DESCRIBED)
    write(page, "SELECT * { ?s ?p }")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Not answered")).to_contain_text("'}' is not expected here")
    assert page.get_by_role("status").filter(has_text="Answered in").count() == 0
    expect(editor(page)).to_have_attribute("aria-invalid", "true")
    assert "'}' is not expected here" in editor(page).evaluate(DESCRIBED)
    assert faults(page) == []
    write(page, "ASK {}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Answered in")).to_be_visible()
    expect(editor(page)).to_have_attribute("aria-invalid", "false")


@pytest.mark.parametrize(
    "written", ["SELECT ?subject WHERE { ?subject a cg:Cluster }\n# ?s\nLIMIT 10", "ASK {\n?cluster a cg:Cluster"]
)
def test_enter_is_a_new_line_after_what_is_written_out(opened: Opened, written: str) -> None:
    page = opened("/sparql")
    write(page, written)
    page.wait_for_timeout(500)  # so that suggestions could have come
    page.keyboard.press("Enter")
    assert f"{written.split()[-1]}\n" in page.locator("textarea").input_value()


def test_a_new_variable_is_not_taken_for_another(opened: Opened) -> None:
    page = opened("/sparql")
    write(page, "SELECT ?subject ?sub")
    expect(options(page).nth(1)).to_contain_text("?subject")
    page.wait_for_timeout(300)  # a suggestion is not taken in the moment in which it comes
    page.keyboard.press("Enter")
    assert page.locator("textarea").input_value() == "SELECT ?subject ?sub\n"


def test_how_many_examples_are_found_is_said(opened: Opened) -> None:
    page = opened("/sparql")
    page.get_by_role("complementary", name="Examples").get_by_role("searchbox").fill("rival figures")
    expect(page.get_by_role("status").filter(has_text="Examples found")).to_contain_text(re.compile(r": \d+$"))
