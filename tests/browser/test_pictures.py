"""Maps and networks move: by buttons, keys, wheel and pointer, and never further than their edges."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Opened, faults


def shown(page: Page) -> list[float]:
    box = picture(page).get_attribute("viewBox") or ""
    return [float(part) for part in box.split()]


def picture(page: Page) -> Locator:
    return page.locator(".movable:visible svg.moves")


def test_buttons_and_keys_bring_it_nearer_and_back(opened: Opened) -> None:
    page = opened("/questions/partners-by-place", reduced_motion="reduce")
    whole = shown(page)
    farther = page.get_by_role("button", name="Farther")
    expect(farther).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Nearer").click()
    near = shown(page)
    assert near[2] < whole[2]
    assert near[3] / near[2] - whole[3] / whole[2] < 0.001
    page.locator(".movable:visible").focus()
    page.keyboard.press("ArrowRight")
    assert shown(page)[0] > near[0]
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    assert shown(page)[0] + shown(page)[2] <= whole[0] + whole[2] + 0.01
    page.get_by_role("button", name="All of it").click()
    assert shown(page) == whole


def test_arrows_move_the_page_as_long_as_all_is_shown(opened: Opened) -> None:
    page = opened("/questions/partners-by-place", reduced_motion="reduce")
    whole = shown(page)
    page.locator(".movable:visible").focus()
    page.keyboard.press("ArrowDown")
    assert shown(page) == whole


def test_the_wheel_needs_ctrl_and_a_drag_does_not_follow_a_link(opened: Opened) -> None:
    page = opened("/questions/partners-by-place", reduced_motion="reduce")
    picture(page).scroll_into_view_if_needed()
    whole, link = shown(page), picture(page).locator("a").first
    link.hover()
    page.mouse.wheel(0, -30)
    assert shown(page) == whole
    link.hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_function("document.querySelector('.near')")
    near, address = shown(page), page.url
    box = link.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40, steps=5)
    page.mouse.up()
    assert shown(page) != near
    assert page.url == address
    assert near[2] == shown(page)[2]


def test_marks_of_a_map_keep_their_size(opened: Opened) -> None:
    page = opened("/questions/partners-by-place", reduced_motion="reduce")
    disc = picture(page).locator("circle").first
    before = disc.bounding_box()
    page.get_by_role("button", name="Nearer").click()
    after = disc.bounding_box()
    assert before
    assert after
    assert abs(before["width"] - after["width"]) < 1
    assert before["x"] != after["x"]


def test_a_network_moves_and_a_bar_chart_does_not(opened: Opened) -> None:
    assert opened("/questions/partners-sharing-pilots").locator(".movable:visible").count() == 1
    assert opened("/questions/organisations-by-projects").locator(".movable:visible").count() == 0


def focused(page: Page) -> str:
    return str(
        page.evaluate("document.activeElement.querySelector('title')?.textContent ?? document.activeElement.tagName")
    )


def test_things_in_a_picture_are_one_stop_of_the_keyboard_and_arrows_go_on(opened: Opened) -> None:
    page = opened("/questions/partners-sharing-pilots")
    page.locator(".movable:visible").focus()
    nodes = picture(page).locator("a")
    names = [name.strip() for name in nodes.locator("title").all_text_contents()]
    assert len(names) > 5
    for _ in range(4):  # the buttons stand before
        page.keyboard.press("Tab")
    assert focused(page) == names[0]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert focused(page) == names[2]
    page.keyboard.press("End")
    assert focused(page) == names[-1]
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="As a table")).to_be_focused()


def test_a_picture_is_heard_as_one_and_can_be_skipped(opened: Opened) -> None:
    page = opened("/questions/partners-sharing-pilots", java_script_enabled=False)
    drawn = page.locator("main").get_by_role("document").filter(visible=True)
    expect(drawn).to_have_accessible_name(re.compile(r"Which partners share pilots.*\d+ ties among \d+"))
    assert "group" not in drawn.aria_snapshot(), "ties are not read one by one"
    page.get_by_role("link", name="Skip the picture").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="As a table")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#rows$"))


def test_a_matrix_is_a_table_too(opened: Opened) -> None:
    page = opened("/questions/partners-sharing-pilots")
    page.get_by_text("The matrix as a table").click()
    table = page.locator("details.matrix table")
    assert table.get_by_role("columnheader").count() > 1
    assert table.get_by_role("rowheader").count() > 1
    assert any(each.strip() for each in table.get_by_role("cell").all_inner_texts())
    assert faults(page) == []
