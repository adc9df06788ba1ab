"""Names are suggested while somebody types into the search field, by keyboard and by pointer."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opened, faults


def test_things_come_first_and_are_reached_by_keys(opened: Opened) -> None:
    page = opened("/")
    field = page.get_by_role("combobox", name="Find a thing by its name")
    field.press_sequentially("plastip")
    expect(page.get_by_role("listbox")).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    assert page.get_by_role("listbox").get_by_role("group").first.get_by_text("Things").is_visible()
    first = page.get_by_role("option").first
    expect(first).to_contain_text("Plastipolis")
    assert faults(page) == []
    field.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "")
    field.press("ArrowUp")
    expect(first).to_have_attribute("aria-selected", "false")
    field.press("ArrowDown")
    field.press("Enter")
    expect(page).to_have_url(re.compile("/id/organisation/plastipolis$"))


def test_escape_closes_and_enter_alone_searches(opened: Opened) -> None:
    page = opened("/questions")
    field = page.get_by_role("combobox", name="Find a thing by its name")
    field.press_sequentially("afil")
    expect(page.get_by_role("listbox")).to_be_visible()
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    assert field.input_value() == "afil"
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=afil"))


def test_a_question_about_the_best_thing_is_suggested(opened: Opened) -> None:
    page = opened("/", width=390)
    page.get_by_role("combobox", name="Find a thing by its name").press_sequentially("viameca")
    questions = page.get_by_role("listbox").get_by_role("group", name="Questions")
    expect(questions.get_by_role("option").first).to_contain_text("ViaMéca")
    questions.get_by_role("option").first.click()
    expect(page).to_have_url(re.compile(r"/questions/[a-z-]+\?"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_without_scripts_the_field_searches(opened: Opened) -> None:
    page = opened("/", java_script_enabled=False)
    field = page.get_by_label("Find a thing by its name")
    field.fill("plastipolis")
    field.press("Enter")
    expect(page.get_by_role("link", name="Plastipolis", exact=True).first).to_be_visible()
