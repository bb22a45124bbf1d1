"""The plan page in a real browser: it fits, prints, asks nobody and runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.payloads import PAYLOADS
from tests.unit.test_plan_page import draw, full_plan

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

_CONTRAST = """() => {
    const parts = (color) => (color.match(/[\\d.]+/g) || []).map(Number);
    const light = (c) => c.slice(0, 3).map((v) => v / 255).map(
        (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
    ).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const paper = (node) => {
        for (let at = node; at; at = at.parentElement) {
            const c = parts(getComputedStyle(at).backgroundColor);
            if (c.length === 3 || c[3] > 0.99) { return c; }
        }
        return [255, 255, 255];
    };
    let worst = 21;
    for (const node of document.querySelectorAll("main *, header *, footer *, .banner *")) {
        const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
        if (!own || node.closest("svg")) { continue; }
        const [a, b] = [light(parts(getComputedStyle(node).color)), light(paper(node))];
        worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
    }
    return worst;
}"""


@pytest.mark.parametrize("width", [1280, 768, 360])
@pytest.mark.parametrize("javascript", [True, False])
def test_it_fits_the_screen_and_asks_nobody(
    open_page: OpenPage, width: int, *, javascript: bool
) -> None:
    with open_page(draw(full_plan()), width=width, javascript=javascript) as opened:
        assert opened.requests == [opened.url]
        assert opened.messages == []
        for name in ("Where", "When and who", "Why", "What if", "Considered instead"):
            assert opened.page.get_by_role("heading", name=name, exact=True).first.is_visible()
        if javascript:
            assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_links_of_the_glance_lead_to_the_corridors(open_page: OpenPage) -> None:
    with open_page(draw(full_plan())) as opened:
        opened.page.get_by_role("link", name="Mill Lane School").first.click()
        assert opened.page.url.endswith("#c1")
        heading = opened.page.get_by_role("heading", name="Mill Lane School", exact=True)
        assert heading.is_visible()


def test_text_has_the_contrast_of_wcag_aa(open_page: OpenPage) -> None:
    with open_page(draw(full_plan(), against=("Not agreed.",))) as opened:
        assert opened.page.evaluate(_CONTRAST) >= 4.5


def test_the_sketch_and_the_chart_are_drawn(open_page: OpenPage) -> None:
    with open_page(draw(full_plan())) as opened:
        pictures = opened.page.get_by_role("img")
        assert pictures.count() == 2
        for number in range(2):
            box = pictures.nth(number).bounding_box()
            assert box is not None
            assert box["width"] > 200
            assert box["height"] > 100


def test_it_prints_on_a4(open_page: OpenPage) -> None:
    with open_page(draw(full_plan())) as opened:
        pdf = opened.page.pdf(prefer_css_page_size=True)
        assert pdf.startswith(b"%PDF")
        opened.page.emulate_media(media="print")
        opened.page.set_viewport_size({"width": 688, "height": 1000})  # 182 mm of A4
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 688


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_do_not_run(open_page: OpenPage, payload: str) -> None:
    with open_page(draw(full_plan(text=payload), against=(payload,))) as opened:
        opened.page.wait_for_timeout(50)
        assert opened.dialogs == []
        assert opened.messages == []
        assert opened.requests == [opened.url]
