"""What people come for, from the start page or a search on, as they would do it in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opened, faults

FIND = "Find a thing by its name"


def find(page: Page, text: str, hit: str) -> None:
    """Follow a suggestion of the search field."""
    page.get_by_role("combobox", name=FIND).press_sequentially(text)
    page.get_by_role("option").filter(has_text=hit).first.click()


def test_who_shares_vanguard_pilots_and_why(opened: Opened) -> None:
    page = opened("/")
    page.get_by_role("link", name="Which partners share pilots of an initiative?").first.click()
    expect(page.get_by_role("table").first).to_contain_text("Plastipolis")
    page.goto(page.url + ("&" if "?" in page.url else "?") + "evidence=true&limit=3")
    page.locator("summary").filter(has_text=re.compile("because|Evidence")).first.click()
    expect(
        page.locator("details[open]").filter(has_text=re.compile("Concept note|Letter|section", re.IGNORECASE)).first
    ).to_be_visible()


def test_my_region_as_a_printed_page_in_french(opened: Opened) -> None:
    page = opened("/", locale="fr-FR")
    page.get_by_role("combobox").first.press_sequentially("Lombard")
    page.get_by_role("option").filter(has_text=re.compile("Lombard")).first.click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("Lombard"))
    page.emulate_media(media="print")
    expect(page.locator("header.site nav")).to_be_hidden()
    expect(page.locator("form:visible")).to_have_count(0)


def test_a_cluster_by_a_wrong_spelling_and_its_member_counts(opened: Opened) -> None:
    page = opened("/")
    find(page, "plastipollis", "Plastipolis")
    expect(page).to_have_url(re.compile("/id/organisation/plastipolis$"))
    for count in ("320", "350", "400"):
        expect(page.get_by_role("main")).to_contain_text(count)
    why = page.get_by_role("link", name="why? Plastipolis: Members").first
    why.click()
    expect(page).to_have_url(re.compile("/explain"))
    assert faults(page) == []


def test_two_regions_are_compared(opened: Opened) -> None:
    page = opened("/compare")
    page.get_by_label("The first").fill("Lombardy")
    page.get_by_label("The second").fill("Catalonia")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("main")).to_contain_text("Lombardy")
    expect(page.get_by_role("table").first).to_be_visible()
    assert faults(page) == []


def test_who_works_on_a_field_by_its_german_name(opened: Opened) -> None:
    page = opened("/")
    find(page, "Kunststoffe", "plastics")
    page.goto("/".join(page.url.split("/")[:3]) + "/questions/who-works-on?field=Kunststoffe")
    expect(page.get_by_role("table").first).to_contain_text("Plastipolis")


def test_a_query_is_written_with_completion_and_shared(opened: Opened) -> None:
    page = opened("/sparql")
    page.get_by_role("textbox", name="Query").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT ?c { ?c a cg:Clust")
    expect(page.get_by_role("listbox", name="Completions")).to_contain_text("cg:Cluster")
    page.wait_for_timeout(300)  # a suggestion is not taken in the moment in which it comes
    page.keyboard.press("Enter")
    page.keyboard.type(" ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="Answer")).to_contain_text("Plastipolis")
    page.get_by_role("button", name="Short link").click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("/q/[a-z2-7]{10}"))


def test_the_eccp_package_is_downloaded(opened: Opened) -> None:
    page = opened("/")
    page.get_by_role("link", name="Data & API").click()
    with page.expect_download() as waiting:
        page.locator('a[href^="/download/eccp.zip"]').first.click()
    assert waiting.value.suggested_filename.endswith("eccp.zip")


def test_what_disagrees_about_a_thing(opened: Opened) -> None:
    page = opened("/")
    find(page, "plastipolis", "Plastipolis")
    page.get_by_role("link", name=re.compile(r"\w+ contradictions?$")).click()
    expect(page).to_have_url(re.compile("/conflicts.*about="))
    expect(page.get_by_role("main")).to_contain_text("400")
    assert faults(page) == []
