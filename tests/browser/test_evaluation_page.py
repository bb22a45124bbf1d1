"""The evaluation's and the stability's pages in a real browser: alone, drawn, readable."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from corridors.outputs.evaluation import evaluation_page
from corridors.outputs.stability import stability_page
from corridors.pipeline.evaluation import Asked, evaluate_tables
from corridors.pipeline.reading import read_tables
from corridors.pipeline.scoring import score_tables
from corridors.pipeline.stability import stability_of
from corridors.pipeline.stages import Stages
from tests.payloads import PAYLOADS
from tests.small_area import write_small_area

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Evaluate and score the small area once, under names that try to run."""
    area = write_small_area(tmp_path_factory.mktemp("small") / "area")
    tables = read_tables(
        area.file, as_of=None, today=date(2026, 7, 3), stages=Stages(), cache_dir=None
    )
    asked = Asked(until=date(2026, 2, 1), horizon="4m", n_folds=1)
    record, _ = evaluate_tables(tables, asked, Stages())
    payload = "".join(PAYLOADS)
    record["area"] += payload
    record["notes"].append(payload)
    stability = dict(stability_of(tables, score_tables(tables, Stages())).record)
    stability["area"] += payload
    for choice in stability["choices"]:
        if choice["kind"] == "category":
            choice["value"] += payload
    for school in stability["schools"]:
        school["name"] += payload
    return {"evaluation": evaluation_page(record), "stability": stability_page(stability)}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["evaluation", "stability"])
def test_a_page_asks_nobody_and_runs_no_name(
    open_page: OpenPage, pages: dict[str, str], name: str, width: int
) -> None:
    with open_page(pages[name], width=width) as opened:
        assert opened.requests == [opened.url]
        assert opened.messages == []
        assert opened.dialogs == []
        assert opened.page.evaluate("window.getComputedStyle(document.body).fontFamily") != ""
        # tables and charts scroll in themselves: the page is no wider than the screen
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        text = opened.page.inner_text("body")
        assert text.startswith("INTERNAL")
        assert "<script>alert(1)</script>" in text


@pytest.mark.parametrize("name", ["evaluation", "stability"])
def test_a_chart_is_drawn_with_words_for_those_who_cannot_see_it(
    open_page: OpenPage, pages: dict[str, str], name: str
) -> None:
    with open_page(pages[name]) as opened:
        charts = opened.page.locator("svg[role=img]")
        assert charts.count() >= 1
        for n in range(charts.count()):
            box = charts.nth(n).bounding_box()
            assert box is not None
            assert box["width"] > 300
            assert box["height"] > 100
            assert charts.nth(n).locator("circle").count() > 5
            assert charts.nth(n).locator("title").first.text_content()
        # every mark lies inside its chart
        assert opened.page.evaluate(
            """() => [...document.querySelectorAll("svg circle")].every((mark) => {
                const at = mark.getBoundingClientRect();
                const all = mark.ownerSVGElement.getBoundingClientRect();
                return at.left >= all.left && at.right <= all.right
                    && at.top >= all.top && at.bottom <= all.bottom;
            })"""
        )


def test_the_names_in_a_chart_do_not_run_into_its_panels(
    open_page: OpenPage, pages: dict[str, str]
) -> None:
    for html in pages.values():
        with open_page(html) as opened:
            assert opened.page.evaluate(
                """() => [...document.querySelectorAll("svg")].every((svg) => {
                    const x = (one) => one.getBoundingClientRect();
                    const first = Math.min(...[...svg.querySelectorAll("path")]
                        .map((line) => x(line).left));
                    return [...svg.querySelectorAll("text[x='4']")].slice(2)
                        .every((name) => x(name).right <= first);
                })"""
            )


def test_the_evaluation_table_reads(open_page: OpenPage, pages: dict[str, str]) -> None:
    with open_page(pages["evaluation"]) as opened:
        ours = opened.page.locator("tr.mixture").first
        cells = ours.locator("td").all_inner_texts()
        assert cells[0] == "Mixture of network kernels (this software)"
        # at each of four lengths a hit rate with its interval, PAI and PEI
        assert len(cells) == 1 + 4 * 3
        rate, interval = cells[1].split("\n")
        low, high = interval.split(" to ")
        assert 0 <= float(low) <= float(rate) <= float(high) <= 1
        assert float(cells[2]) == pytest.approx(float(rate) / 0.01, abs=0.11)
        text = opened.page.inner_text("body")
        assert "Against the best baseline" in text
        assert "After-school window" in text.replace("after-school", "After-school")


def test_the_stability_table_reads(open_page: OpenPage, pages: dict[str, str]) -> None:
    with open_page(pages["stability"]) as opened:
        text = opened.page.inner_text("body")
        for words in (
            "Severity: Cambridge harm index",
            "Severity: ONS severity score",
            "Half-life: none",
            "transcribed from third parties",
            "Row School",
        ):
            assert words in text, words
        row = opened.page.locator("tr", has_text="Half-life: 365 days").first
        tau, top_1, top_5 = (float(row.locator("td").nth(n).inner_text()) for n in (1, 2, 3))
        assert 0 < tau <= 1
        assert 0 <= top_1 <= 1
        assert 0 <= top_5 <= 1
        assert "tau-b" in (opened.page.locator("svg desc").text_content() or "")
