"""The plan page as text: it answers where, when, who, why and what if. See tests/browser too."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from corridors.domain.plan import (
    Plan,
)
from corridors.domain.plan_parts import (
    Alternative,
    AppliedEdit,
    Cover,
    PlanChange,
    RosterStage,
    TradeOff,
    WalkStep,
)
from corridors.domain.vocabulary import PolicePresence
from corridors.outputs.plan_page import draw_plan_page
from corridors.outputs.sketch import Sketch
from corridors.outputs.trade_off_chart import lay_out_trade_off
from tests.payloads import PAYLOADS, payload_network, payload_plan
from tests.toy import TOY_CRS, toy_aims, toy_gates, toy_network, toy_plan, toy_roles
from tests.unit.test_pages import Page

TRADE_OFF = (
    TradeOff(300, 8.0, 9, is_chosen=True),
    TradeOff(0, 4.0, 5),
    TradeOff(75, 6.0, 7),
)


def draw(plan: Plan, *, against: tuple[str, ...] = (), payload: str | None = None) -> str:
    return draw_plan_page(
        plan,
        toy_network() if payload is None else payload_network(payload),
        toy_gates(),
        toy_roles(),
        toy_aims(),
        crs=TOY_CRS,
        against=against,
        stage_words={"posts": "posts beyond the smallest teams"},
    )


def full_plan(*, text: str = "Words") -> Plan:
    """Give the toy plan with something in every field that the page shows."""
    plan = toy_plan()
    corridor = replace(
        plan.corridors[0],
        method="proven",
        steps=(
            WalkStep(f"Out of the gate {text}", "Mill Lane", 100, 0, 0),
            WalkStep("Turn left into Bridge Street", "Bridge Street", 90, 0, 0, True),  # noqa: FBT003
        ),
        main_road_crossings=2,
        weight_per_day=0.5,
        weight_low=0.2,
        weight_high=0.9,
        edits=(AppliedEdit("forbid", f"East Road {text}", "Road works.", "Head of safety", 0.125),),
        shared_segment_ids=("s02", "s08"),
        shared_with=("C2",),
    )
    first, second = plan.patrols
    same: dict[str, Any] = {
        "aim_why": f"Nearly all was robbery. {text}",
        "police_why": f"No police minutes. {text}",
        "alternatives": (Alternative(f"No patrol {text}", "The evidence is strong."),),
    }
    return replace(
        plan,
        corridors=(corridor,),
        patrols=(
            replace(
                first,
                walk=("s02", "s08", "s00", "s08"),
                walk_min=6,
                cover=(Cover("YW-01", "YW-02", "It is not walked."),),
                **same,
            ),
            replace(
                second,
                walk=("s02", "s08", "s00"),
                walk_min=5,
                cover=(Cover("YW-01", None, f"It is not walked. {text}"),),
                **same,
            ),
        ),
        unmet=tuple(replace(one, clash=(f"A rule {text}", "another")) for one in plan.unmet),
        trade_off=TRADE_OFF,
        roster_stages=(
            RosterStage("need", 8.0, is_optimal=True, gap=0.0),
            RosterStage("posts", 3.0, is_optimal=False, gap=0.125),
        ),
        changes=(PlanChange("added", "patrol", "C1-2026-11-26", f"A new patrol. {text}"),),
        replaces="ab" * 32,
        override={"reason": f"Decided. {text}", "by": "Head of safety"},
    )


def words_of(html: str) -> str:
    return " ".join(Page(html.replace("<", " <")).words.split())


def test_it_answers_where_when_who_why_and_what_if() -> None:
    words = words_of(draw(full_plan()))
    for said in (
        # where
        "Mill Lane \u2192 Bridge Street \u2192 High Street",
        "Turn left into Bridge Street 90 m, crosses a main road",
        "Crosses a main road 2 times on this walk.",
        "Shares 2 streets with the corridor of East Road Academy.",
        # when and who
        "Tuesday 24 November",
        "3:15pm to 4:30pm",
        "Youth worker (leads), member of school staff",
        "YW-01 youth worker, leads",
        "Mill Lane \u2192 Bridge Street \u2192 High Street \u2192 Bridge Street 6 min of walking.",
        "Stays: Mill Lane 12 min, High Street 10 min",
        # why
        "Aim: Robbery on the way home. Nearly all was robbery.",
        "aim to improve safety and enhance safeguarding",
        "Evidence: strong. 41 incidents",
        "0.5 weighted incidents a teaching day (95 % interval 0.2 to 0.9)",
        "Police are on call, not on the patrol. No police minutes.",
        # what if
        "Protocol without police: Robbery on the way home",
        "Who leads Youth worker",
        "Call the police when somebody is hurt",
        "Withdraw to School reception",
        "Mill Lane School: not yet",
        "YW-01 youth worker (Tuesday) YW-02 It is not walked.",
        "YW-01 youth worker (Thursday) nobody It is not walked.",
        # what else
        "No patrol Words The evidence is strong.",
        "Left out: East Road Words. Road works. (Head of safety.) Need given up: 0.125.",
        "Added, patrol C1-2026-11-26. A new patrol.",
        "These cannot all hold: A rule Words another",
        "East Road Academy T2 Evidence too weak",
        "posts beyond the smallest teams: 3, at most 12.5 % from best",
        "ab" * 32,
    ):
        assert said in words, said


def test_what_is_not_known_is_not_claimed() -> None:
    words = words_of(draw(toy_plan()))
    for absent in (
        "Directions", "main road", "interval", "Changed by a person", "Considered instead",
        "What changes from the last plan", "If a post is called away", "None", "nan",
        "Not to be published", "Need covered",
    ):  # fmt: skip
        assert absent not in words, absent


def test_status_and_what_stands_against_publishing() -> None:
    draft = draw(toy_plan(), against=("X is not agreed by Y.",))
    assert "<title>DRAFT: " in draft
    assert "Not to be published yet. X is not agreed by Y." in words_of(draft)
    agreed = draw(toy_plan(agreed=True))
    assert "DRAFT" not in agreed
    assert "Mill Lane School: 2026-11-12" in words_of(agreed)


def test_police_on_the_patrol_need_no_protocol_without_them() -> None:
    plan = toy_plan()
    patrols = tuple(
        replace(
            patrol,
            police=PolicePresence.NEEDED,
            police_min=75,
            police_why="One police post.",
            protocol_id=None,
        )
        for patrol in plan.patrols
    )
    words = words_of(draw(replace(plan, patrols=patrols, protocols=())))
    assert "150 minutes in this week" in words
    assert "Police take part. One police post." in words
    assert "Police are on the patrol, so it needs no protocol" in words
    assert "Protocol without police" not in words


def test_a_plan_without_patrols_is_a_page_too() -> None:
    plan = toy_plan()
    empty = replace(plan, corridors=(), patrols=(), unmet=(), protocols=(), parameters={})
    words = words_of(draw(empty))
    assert "No patrol goes out this week." in words
    unwalked = words_of(draw(replace(plan, patrols=(), protocols=())))
    assert "Nobody walks it this week" in unwalked
    assert "What if" not in unwalked
    assert "No patrol goes out this week." in words_of(draw(replace(empty, schools=())))


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert draw(full_plan()) == draw(full_plan())
    turned = replace(full_plan(), patrols=full_plan().patrols[::-1])
    assert draw(turned) == draw(full_plan())


def test_nothing_runs_and_nothing_is_fetched() -> None:
    html = draw(full_plan())
    page = Page(html)
    assert page.policy().startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not page.scripts
    for tag, attrs in page.tags:
        assert not (tag == "link" and attrs["href"] != "data:,")
        assert "src" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        assert tag not in {"script", "iframe", "object", "embed", "form"}
        assert (attrs.get("href") or "#").startswith(("#", "data:,"))
    assert "url(" not in html


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_and_reasons_are_shown_and_never_run(payload: str) -> None:
    for plan, network in ((full_plan(text=payload), None), (payload_plan(payload), payload)):
        page = Page(draw(plan, against=(payload,), payload=network))
        assert not page.scripts
        assert payload in page.words
        tags = {tag for tag, _ in page.tags}
        assert not tags & {"script", "img"}
        assert [tag for tag, _ in page.tags].count("title") <= 1 + 2 * 2
    assert full_plan(text=payload).override is not None


def test_headings_tables_and_pictures_are_accessible() -> None:
    html = draw(full_plan())
    page = Page(html)
    assert ("html", {"lang": "en-GB"}) in page.tags
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for tag, attrs in page.tags:
        assert tag != "th" or attrs.get("scope") in {"col", "row"}
        if tag == "svg":
            assert attrs["role"] == "img"
            assert attrs["aria-labelledby"]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = {one for _, attrs in page.tags for one in (attrs.get("aria-labelledby") or "").split()}
    linked = {attrs["href"][1:] for tag, attrs in page.tags if tag == "a" and attrs["href"]}
    assert named | linked <= set(ids)
    for svg in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL):
        ET.fromstring(svg)  # noqa: S314 -- our own page


def test_a_shared_corridor_names_both_schools() -> None:
    plan = toy_plan()
    corridor = replace(plan.corridors[0], school_ids=("T1", "T2"))
    words = words_of(draw(replace(plan, corridors=(corridor,))))
    assert "Mill Lane School and East Road Academy" in words


# --- the trade-off chart


def test_the_chart_by_hand() -> None:
    chart = lay_out_trade_off(TRADE_OFF)
    assert chart is not None
    assert [row.police_min for row in chart.rows] == [0, 75, 300]
    assert [row.need_share for row in chart.rows] == [0.5, 0.75, 1.0]
    assert [minutes for minutes, _ in chart.x_ticks] == [0, 60, 120, 180, 240, 300]
    assert chart.chosen is chart.rows[2]
    # 62 px at the left, 434 px wide; 26 px above, 220 px high
    assert (chart.rows[0].x, chart.rows[2].x) == (62.0, 496.0)
    assert (chart.rows[0].y, chart.rows[2].y) == (136.0, 26.0)
    assert chart.line == "M62 136H170.5V81H496V26"


@pytest.mark.parametrize("most", [0, 10, 75, 1000, 5000, 40_000])
def test_the_chart_has_room_for_any_week(most: int) -> None:
    chart = lay_out_trade_off([TradeOff(most, 2.0, 3)])
    assert chart is not None
    assert 2 <= len(chart.x_ticks) <= 8
    assert chart.x_ticks[-1][0] >= most
    assert all(chart.left <= row.x <= chart.right for row in chart.rows)
    assert chart.chosen is None


def test_no_choice_no_chart() -> None:
    assert lay_out_trade_off([]) is None
    assert lay_out_trade_off([TradeOff(75, 0.0, 0)]) is None


def test_the_page_shows_the_chart_and_its_table() -> None:
    words = words_of(draw(full_plan()))
    assert "0 police minutes cover 50 per cent of the need" in words
    assert "300 police minutes cover 100 per cent of the need, chosen." in words
    assert "300 100 % 9 this plan" in words


def test_dates_are_those_of_the_plan() -> None:
    later = replace(toy_plan(), issued_on=date(2026, 11, 18))
    assert "issued Wednesday 18 November 2026" in words_of(draw(later))


def test_ids_are_named_for_people() -> None:
    """A protocol, a corridor: nobody reads their ids in one minute."""
    plan = toy_plan()
    (one,) = plan.unmet
    clash = ("Monday's patrol of C1 needs a youth worker.", "Nobody walks two at once.")
    told = replace(plan, unmet=(replace(one, clash=clash),))
    against = f"{plan.protocols[0].protocol_id} is not agreed by Somebody."
    words = words_of(draw(told, against=(against,)))
    assert "Monday's patrol of Mill Lane School needs a youth worker." in words
    said = "The protocol for Mill Lane School (robbery on the way home) is not agreed by Somebody."
    assert said in words
    # What clashes with nothing else is what is missing, said once more.
    alone = words_of(draw(replace(plan, unmet=(replace(one, clash=clash[:1]),))))
    assert "cannot all hold" not in alone


def test_many_that_nobody_can_walk_do_not_hide_those_that_are_walked() -> None:
    plan = toy_plan()
    (one,) = plan.unmet
    many = tuple(
        replace(one, starts_at=one.starts_at + timedelta(hours=n), missing=(f"somebody: for {n}",))
        for n in range(20)
    )
    extra = replace(plan.corridors[0], corridor_id="B0")
    html = draw(replace(plan, unmet=many, corridors=(extra, *plan.corridors)))
    words = words_of(html)
    assert "each patrol and what would help it comes after the corridors" in words
    # What is missing, on how many patrols, at how many schools
    assert "somebody 20 1" in words
    assert html.index('<td class="number">20</td>') < html.index("Where</h3>")
    walked, unwalked = (html.index(f'<p class="quiet">{key}.') for key in ("C1", "B0"))
    assert walked < unwalked < html.index("Each patrol that nobody can walk")


def test_a_long_name_near_the_edge_of_its_map_can_be_read() -> None:
    """The middle of the text moves inside; one that fits stays over its dot."""
    sketch = Sketch(300.0, (), "", (), (), 100, 50.0)
    long = "St Somebody's Roman Catholic Infant School"
    assert sketch.label_x(long, 10.0) - len(long) * 3.4 > 0
    assert sketch.label_x(long, 415.0) + len(long) * 3.4 < 420
    assert sketch.label_x("Toy School", 210.0) == 210.0
