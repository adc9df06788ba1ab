"""Tables on a phone are cards, and what a row rests on opens under it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opened, faults, width_of


def test_a_row_is_a_card_on_a_phone_and_stays_a_row_for_who_listens(opened: Opened) -> None:
    page = opened("/questions/clusters?view=table", width=390)
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="AFIL"))
    cells = row.get_by_role("cell")
    assert [each for each in cells.all_inner_texts() if each][:2] == ["Italy", "Lombardy"]
    boxes = [cell.bounding_box() for cell in cells.all()[:2]]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] < boxes[1]["y"], "one below the other"
    assert page.get_by_role("columnheader", name="Country").is_visible(), "rows are still sorted by it"
    scroll = page.locator(".scroll.answer")
    assert scroll.evaluate("each => each.scrollWidth <= each.clientWidth"), "nothing is cut"
    said = cells.first.evaluate("each => getComputedStyle(each, '::before').content")
    assert said.startswith('"Country"')


def test_what_a_row_is_called_stays_where_a_table_scrolls(opened: Opened) -> None:
    page = opened("/questions/clusters?view=table", width=800)
    page.locator(".scroll.answer").evaluate("each => each.scrollTo(400, 0)")
    box = page.get_by_role("rowheader", name="AFIL").bounding_box()
    assert box
    assert box["x"] < 60


@pytest.mark.parametrize("width", [390, 1024])
def test_what_a_row_rests_on_opens_under_it_and_closes_again(opened: Opened, width: int) -> None:
    page = opened("/questions/clusters?view=table", width=width)
    address = page.url
    why = page.get_by_role("link", name="why? AFIL")
    expect(why).to_have_attribute("aria-expanded", "false")
    why.click()
    evidence = page.get_by_role("region", name=re.compile("Evidence: AFIL is a cluster"))
    expect(evidence.locator("summary").first).to_be_focused()
    expect(why).to_have_attribute("aria-expanded", "true")
    page.get_by_role("link", name="why? bwcon").click()
    expect(page.get_by_role("region", name=re.compile("Evidence: bwcon"))).to_be_visible()
    numbers = [
        int(each) for each in evidence.locator("li.premise:not(.above) .step, .conclusion .step").all_inner_texts()
    ]
    assert numbers == list(range(1, len(numbers) + 1)), "as they are shown"
    assert faults(page) == []
    assert width_of(page) <= width
    why.click()
    expect(evidence).to_be_hidden()
    expect(why).to_have_attribute("aria-expanded", "false")
    assert page.url == address


def test_without_a_script_what_a_row_rests_on_has_an_address(opened: Opened) -> None:
    page = opened("/questions/clusters?view=table", java_script_enabled=False)
    page.get_by_role("link", name="why? AFIL").click()
    expect(page).to_have_title(re.compile("^Evidence: AFIL is a cluster"))
    expect(page.get_by_role("heading", name=re.compile("Evidence: AFIL"))).to_be_visible()
