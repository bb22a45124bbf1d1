"""Map pages and notices as text: whole, escaped, the same each time. See tests/browser too."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from corridors.domain.area import Contact
from corridors.domain.released import ReleasedPlan
from corridors.outputs.maps import draw_internal_map, draw_public_map
from corridors.outputs.notices import draw_notice
from corridors.outputs.words import clock_words, day_words, inner_words, list_words, times_words
from tests.payloads import PAYLOADS, payload_network, payload_plan, payload_released
from tests.toy import TOY_CRS, toy_basis_arrays, toy_gates, toy_network, toy_plan
from tests.toy_release import toy_released


class Page(HTMLParser):
    """The elements and the visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words = ""
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 -- the parser's own signature
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.words += data

    def policy(self) -> str:
        (content,) = [
            attrs["content"]
            for tag, attrs in self.tags
            if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
        ]
        return content or ""


def _internal(payload: str | None = None) -> str:
    intensity, _, covered = toy_basis_arrays()
    return draw_internal_map(
        payload_plan(payload) if payload else toy_plan(),
        payload_network(payload) if payload else toy_network(),
        toy_gates(),
        segment_intensity=intensity,
        covered=covered,
        crs=TOY_CRS,
    )


def _month_only() -> ReleasedPlan:
    return toy_released(plan=replace(toy_plan(), basis="all_hours"))


def test_pages_are_the_same_each_time() -> None:
    assert draw_public_map(toy_released()) == draw_public_map(toy_released())
    assert _internal() == _internal()
    assert draw_notice(toy_released(), "T1") == draw_notice(toy_released(), "T1")


@pytest.mark.parametrize("html", [draw_public_map(toy_released()), _internal()])
def test_only_our_scripts_may_run(html: str) -> None:
    page = Page(html)
    policy = page.policy()
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    _, *run = page.scripts
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in run}
    assert hashes == set(re.findall(r"'sha256-([^']+)'", policy))
    assert html.index("Content-Security-Policy") < html.index("<style")


@pytest.mark.parametrize(
    "html", [draw_public_map(toy_released()), _internal(), draw_notice(toy_released(), "T1")]
)
def test_nothing_is_fetched(html: str) -> None:
    page = Page(html)
    for tag, attrs in page.tags:
        assert not (tag == "link" and attrs["href"] != "data:,")
        assert "src" not in attrs
        assert not any(name.startswith("on") for name in attrs)
    assert "url(" not in re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert "sourceMappingURL" not in html
    assert "integrity" not in html
    assert "cdn" not in html.lower()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_are_shown_and_never_run(payload: str) -> None:
    released = payload_released(payload)
    plain = {
        "map": draw_public_map(toy_released()),
        "internal": _internal(),
        "notice": draw_notice(toy_released(), "T1"),
    }
    loaded = {
        "map": draw_public_map(released),
        "internal": _internal(payload),
        "notice": draw_notice(released, "T1"),
    }
    for name, html in loaded.items():
        page = Page(html)
        assert [tag for tag, _ in page.tags if tag in ("script", "img", "title", "style")] == [
            tag for tag, _ in Page(plain[name]).tags if tag in ("script", "img", "title", "style")
        ]
        assert payload in page.words


def test_the_public_page_says_in_words_what_the_map_shows() -> None:
    words = Page(draw_public_map(toy_released())).words
    for said in (
        "Tuesday 24 November 2026, 3:15pm to 4:30pm",
        "Mill Lane, Bridge Street, High Street",
        "Led by: youth worker",
        "Police are on call, not on the patrol",
        "East Road Academy",
        "DRAFT.",
        "© OpenStreetMap contributors",
        "Unknown: no data here",
    ):
        assert said in words


def test_month_only_pages_say_where_never_when() -> None:
    words = Page(draw_public_map(_month_only())).words
    assert "Shows where, never when." in words
    assert "Most reports" in words
    assert "Shows where, never when." not in Page(draw_public_map(toy_released())).words


def test_no_draft_and_no_short_notice_when_there_is_none() -> None:
    agreed = toy_released(plan=toy_plan(agreed=True))
    assert "DRAFT" not in Page(draw_public_map(agreed)).words
    assert "DRAFT" not in draw_notice(agreed, "T1")
    assert "Short notice" not in draw_notice(agreed, "T1")
    late = toy_released(plan=replace(toy_plan(), issued_on=toy_plan().week))
    assert "Short notice" in draw_notice(late, "T1")
    assert "Short notice" not in draw_notice(late, "T2")


def test_the_internal_page_says_that_it_is() -> None:
    page = Page(_internal())
    assert "Do not share" in page.words
    assert ("meta", {"name": "robots", "content": "noindex, nofollow"}) in page.tags
    assert "Not covered: unknown" in page.words
    assert "YW-01" in page.words


def test_a_notice_answers_what_a_parent_asks() -> None:
    words = Page(draw_notice(toy_released(), "T1")).words
    for said in (
        "DRAFT.",
        "After-school patrols near Mill Lane School",
        "Tuesday 24 November 2026",
        "3:15pm to 4:30pm",
        "Mill Lane, Bridge Street and High Street",
        "Mill Lane School and Toy Town Youth Project",
        "led by the youth worker",
        "Does not search, photograph or report on young people.",
        "Robbery on the way home.",
        "Police are on call, not on the patrol.",
        "What this is not",
        "[contact to be filled in by the team]",
        "[local youth services to be filled in by the team]",
        "Version 1, draft",
    ):
        assert said in words


def test_a_notice_for_a_school_without_patrol_says_so_and_why() -> None:
    page = Page(draw_notice(toy_released(), "T2"))
    assert "No after-school patrol near East Road Academy this week" in page.words
    assert "too little, or too uncertain" in page.words
    assert not any(tag == "svg" for tag, _ in page.tags)


def test_a_notice_is_accessible_in_outline() -> None:
    page = Page(draw_notice(toy_released(), "T1"))
    tags = [tag for tag, _ in page.tags]
    assert ("html", {"lang": "en-GB"}) in page.tags
    assert tags.count("h1") == 1
    assert tags.count("main") == 1
    (svg,) = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert svg["role"] == "img"
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    for _, attrs in page.tags:
        assert set((attrs.get("aria-labelledby") or "").split()) <= ids
    assert "A thick blue line follows Mill Lane, Bridge Street and High Street" in page.words
    assert len(ids) == sum("id" in attrs for _, attrs in page.tags)


def test_a_teams_own_contact_fills_the_gaps() -> None:
    contact = Contact("Toy team", "team@toy.example", youth_services=("The Attic, Mill Lane",))
    words = Page(draw_notice(toy_released(), "T1", contact)).words
    assert "filled in by the team" not in words
    assert "team@toy.example" in words
    assert "The Attic, Mill Lane" in words


def test_no_streets_no_schools_and_no_corridors_still_make_a_page() -> None:
    plan = replace(
        toy_plan(), schools=(), corridors=(), candidates=(), patrols=(), unmet=(), protocols=()
    )
    words = Page(draw_public_map(toy_released(plan=plan))).words
    assert "No patrol is planned this week." in words


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("#14181f", "#ffffff"), ("#49505c", "#ffffff"), ("#4a5262", "#fbfaf6"),
        ("#0b4f9e", "#ffffff"), ("#0b4f9e", "#e8f0fa"), ("#14181f", "#fff3d6"),
        ("#14181f", "#fdf0c4"), ("#ffffff", "#5a1220"), ("#14181f", "#eaf1fa"),
    ],
)  # fmt: skip
def test_text_has_the_contrast_of_wcag_aa(ink: str, paper: str) -> None:
    light, dark = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_words_for_people() -> None:
    at = toy_plan().patrols[0].starts_at
    assert day_words(at) == "Tuesday 24 November 2026"
    assert clock_words(at.replace(hour=12, minute=0)) == "midday"
    assert clock_words(at.replace(hour=0, minute=5)) == "12:05am"
    assert times_words(at.replace(minute=0), at.replace(hour=16, minute=30)) == "3pm to 4:30pm"
    assert list_words([]) == ""
    assert list_words(["a"]) == "a"
    assert list_words(["a", "b", "c"]) == "a, b and c"
    assert inner_words("CAMHS practitioner") == "CAMHS practitioner"
    assert inner_words("Youth worker") == "youth worker"
