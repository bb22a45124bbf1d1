"""The map in a real browser: it draws, asks nobody for anything, and runs no name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from corridors.outputs.maps import draw_internal_map, draw_public_map
from corridors.outputs.notices import draw_notice
from tests.payloads import PAYLOADS, payload_network, payload_plan, payload_released
from tests.toy import TOY_CRS, toy_basis_arrays, toy_gates, toy_network, toy_plan
from tests.toy_release import toy_released

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

_COUNT_PIXELS = """([r, g, b]) => {
    let n = 0;
    for (const canvas of document.querySelectorAll("canvas")) {
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        for (let i = 0; i < data.length; i += 4) {
            const near = (at, to) => Math.abs(data[i + at] - to) < 12;
            if (data[i + 3] > 200 && near(0, r) && near(1, g) && near(2, b)) { n++; }
        }
    }
    return n;
}"""


def _pixels(page: Page, color: str) -> int:
    rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return int(page.evaluate(_COUNT_PIXELS, rgb))


def _internal(*payloads: str) -> str:
    intensity, _, covered = toy_basis_arrays()
    return draw_internal_map(
        payload_plan(*payloads) if payloads else toy_plan(),
        payload_network(*payloads) if payloads else toy_network(),
        toy_gates(),
        segment_intensity=intensity,
        covered=covered,
        crs=TOY_CRS,
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_the_public_map_draws_its_corridor_and_asks_nobody(open_page: OpenPage, width: int) -> None:
    with open_page(draw_public_map(toy_released()), width=width) as opened:
        assert opened.requests == [opened.url]
        assert opened.messages == []
        assert _pixels(opened.page, "#0b4f9e") > 1000
        # nothing is wider than the screen
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_its_corridor_there_is_no_such_colour(open_page: OpenPage) -> None:
    plan = replace(toy_plan(), corridors=(), patrols=())
    with open_page(draw_public_map(toy_released(plan=plan))) as opened:
        assert _pixels(opened.page, "#0b4f9e") == 0
        assert _pixels(opened.page, "#ffffff") > 500


def test_the_where_picture_draws_three_bands(open_page: OpenPage) -> None:
    plan = replace(toy_plan(), basis="all_hours", corridors=(), patrols=())
    with open_page(draw_public_map(toy_released(plan=plan))) as opened:
        for color in ("#f2b950", "#dd7a1c", "#8f3a06"):
            assert _pixels(opened.page, color) > 100
        assert opened.page.get_by_text("Shows where, never when.").is_visible()


def test_the_internal_map_draws_and_asks_nobody(open_page: OpenPage) -> None:
    with open_page(_internal()) as opened:
        assert opened.requests == [opened.url]
        assert opened.messages == []
        assert _pixels(opened.page, "#0b4f9e") > 500
        assert opened.page.get_by_text("Do not share").is_visible()


@pytest.mark.parametrize("turn", [0, 3])
@pytest.mark.parametrize("kind", ["public", "internal", "notice"])
def test_no_name_runs(open_page: OpenPage, kind: str, turn: int) -> None:
    payloads = PAYLOADS[turn:] + PAYLOADS[:turn]
    if kind == "notice":
        html = draw_notice(payload_released(*payloads), "T1")
    elif kind == "public":
        html = draw_public_map(payload_released(*payloads))
    else:
        html = _internal(*payloads)
    with open_page(html) as opened:
        page = opened.page
        if kind != "notice":
            _open_every_popup(page)
            shown = page.locator(".leaflet-popup-content").all_text_contents()
            # the street's and two schools' names; the third school has no gate
            assert all(any(one in text for text in shown) for one in (payloads[0], payloads[3]))
            assert page.locator(".leaflet-popup-content :not(strong, div)").count() == 0
            _hover_the_corridor(page)
        text = page.evaluate("document.body.textContent")
        assert all(one in text for one in (payloads[0], payloads[1], payloads[3]))
        # the third is in the plan's notes and in the corridor's why, which stay inside
        assert (payloads[2] in text) is (kind == "internal")
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == (0 if kind == "notice" else 3)
        assert opened.dialogs == []
        assert opened.messages == []
        assert opened.requests == [opened.url]


def _open_every_popup(page: Page) -> None:
    """Open the popups of all layers at once, as a reader would one by one."""
    page.evaluate(
        """() => {
            const map = window.map_1;
            map.eachLayer((layer) => {
                if (layer.getPopup && layer.getPopup()) {
                    layer.getPopup().options.autoClose = false;
                    layer.openPopup();
                }
            });
        }"""
    )


def _hover_the_corridor(page: Page) -> None:
    frame = page.locator(".map-frame").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    page.mouse.move(frame["x"] + frame["width"] / 2 + 3, frame["y"] + frame["height"] / 2)


def test_a_policy_that_holds_stops_an_injected_script(open_page: OpenPage) -> None:
    html = draw_public_map(toy_released()).replace("</main>", "<script>alert(1)</script></main>")
    with open_page(html) as opened:
        assert opened.dialogs == []
        assert any("Content Security Policy" in text for text in opened.messages)


def test_the_list_moves_the_map(open_page: OpenPage) -> None:
    with open_page(draw_public_map(toy_released())) as opened:
        opened.page.get_by_role("button", name="Show on the map").click()
        opened.page.wait_for_selector(".leaflet-popup-content")
        text = opened.page.locator(".leaflet-popup-content").inner_text()
        assert "Mill Lane School" in text


def test_without_javascript_the_list_is_there(open_page: OpenPage) -> None:
    with open_page(draw_public_map(toy_released()), javascript=False) as opened:
        assert opened.page.get_by_text("Mill Lane, Bridge Street, High Street").is_visible()
        assert not opened.page.locator(".map-frame").is_visible()
        assert "The map needs JavaScript" in opened.page.content()
        assert opened.requests == [opened.url]


@pytest.mark.parametrize("width", [360, 1280])
def test_a_notice_fits_and_asks_nobody(open_page: OpenPage, width: int) -> None:
    with open_page(draw_notice(toy_released(), "T1"), width=width) as opened:
        assert opened.requests == [opened.url]
        assert opened.messages == []
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        box = opened.page.get_by_role("img", name="Map of the streets").bounding_box()
        assert box is not None
        assert box["width"] > 250


def test_a_notice_prints_on_three_pages_of_a4_at_most(open_page: OpenPage) -> None:
    with open_page(draw_notice(toy_released(), "T1")) as opened:
        pdf: bytes = opened.page.pdf(prefer_css_page_size=True)
    assert 1 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 3
