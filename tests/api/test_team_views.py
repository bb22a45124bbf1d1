"""What the team's pages show, from documents alone: plans, agreement, effects, weeks, exports."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.errors import BadRequest, TooLarge
from api.rights import RIGHTS, Role
from api.store.partner_records import Answer, AnswerWord
from api.store.records import PlanHead
from api.store.work_records import (
    Change,
    ChangeKind,
    InputKind,
    Job,
    JobKind,
    JobStatus,
    Upload,
    UploadStatus,
)
from api.team.agreements import missing_parties, view_agreements
from api.team.change_words import change_words
from api.team.effect import effect_of
from api.team.exporting import patrols_csv, safe_cell, zip_of
from api.team.job_view import view_job
from api.team.names import bundled_categories, bundled_names, names_with
from api.team.plan_view import view_plan
from api.team.roster_view import view_roster
from api.team.schools_view import view_figures, view_schools
from api.team.street_zip import table_of_zip
from api.team.streets_view import view_streets
from api.team.upload_view import state_of, view_account, view_words
from api.team.week_view import WeekFacts, next_step, view_week, weeks_from

NAMES = bundled_names()
AT = datetime(2026, 11, 17, 9, tzinfo=UTC)
WEEK = date(2026, 11, 23)
PROTOCOL = {
    "protocol_id": "no-police-group_disputes-A1",
    "aim": "group_disputes",
    "school_id": "A1",
    "leads": "Youth worker",
    "call_police_when": ["Somebody is hurt."],
    "call_police_how": "Ring 999.",
    "not_for_police": ["Noise."],
    "withdraw_to": "The gate.",
    "contacts": ["Lead"],
    "needed_from": ["Trust", "Council"],
    "agreed_by": [{"by": "council ", "on": "2026-11-09"}],
}
CORRIDOR = {
    "corridor_id": "corridor-A1",
    "school_ids": ["A1"],
    "segment_ids": ["1-2-0", "2-3-0", "9-9-0"],
    "length_m": 1196.4,
    "walk_m": 1290.2,
    "need": 0.75,
    "bound": 1.0,
    "grade": "strong",
    "streets": ["Mill Lane", "High Street"],
    "why": ["Half of it falls early."],
    "edits": [
        {
            "kind": "forbid",
            "what": "Back Alley",
            "reason": "Unlit.",
            "by": "Team",
            "need_cost": 0.25,
        }
    ],
}


def patrol(day: int, police_min: int = 75, **more: Any) -> dict[str, Any]:
    on = WEEK + timedelta(days=day)
    return {
        "patrol_id": f"corridor-A1-{on}",
        "corridor_id": "corridor-A1",
        "school_id": "A1",
        "starts_at": f"{on}T15:30:00+00:00",
        "ends_at": f"{on}T16:45:00+00:00",
        "aim": "group_disputes@A1",
        "posts": [
            {"post_id": "Y1", "role": "youth_worker", "organisation": "Trust", "police": False},
            {"post_id": "W1", "role": "ward_officer", "organisation": "Ward", "police": True},
        ],
        "police": "needed",
        "police_min": police_min,
        "protocol_id": None,
        **more,
    }


def plan(**more: Any) -> dict[str, Any]:
    return {
        "schools": [
            {"school_id": "A1", "name": "Alder", "outcome": "patrol", "grade": "strong",
             "reason": "It carries one.", "reasons": ["Clearly more."], "n": 17, "p": 0.00012},
            {"school_id": "B2", "name": "Birch", "outcome": "evidence_too_weak", "grade": "none",
             "reason": "Evidence too weak: no patrol.", "reasons": [], "n": None, "p": None},
        ],
        "corridors": [CORRIDOR],
        "candidates": [],
        "patrols": [patrol(2), patrol(0)],
        "unmet": [],
        "protocols": [PROTOCOL],
        "trade_off": [
            {"police_min": 0, "need_covered": 0.5, "n_patrols": 1, "is_chosen": False},
            {"police_min": 150, "need_covered": 1.0, "n_patrols": 2, "is_chosen": True},
        ],
        "notes": ["To know."],
        **more,
    }  # fmt: skip


# --- a plan


def test_a_plan_is_told_by_day_with_names_and_never_ids_alone() -> None:
    view = view_plan(plan(), NAMES)
    assert [one.day for one in view.days] == [
        "Monday 23 November 2026",
        "Wednesday 25 November 2026",
    ]
    first = view.days[0].patrols[0]
    assert (first.times, first.school) == ("3:30pm to 4:45pm", "Alder")
    assert first.aim == "Disputes between groups at an interchange", "also of a set mix"
    assert [(one.role, one.leads, one.is_police) for one in first.posts] == [
        ("Youth worker", True, False),
        ("Police officer of the ward", False, True),
    ]
    assert view.police_min == 150
    assert view.without == (
        ("Birch", "Evidence too weak: no patrol", "Evidence too weak: no patrol."),
    )
    assert view.trade_off == ((0, 50, 1, False), (150, 100, 2, True))
    assert view.corridors[0].edits == (("Left out", "Back Alley", "Unlit.", "Team"),)


def test_parts_that_older_plans_lack_are_empty() -> None:
    old = {key: one for key, one in plan().items() if key in {"schools", "patrols"}}
    view = view_plan(old, NAMES)
    assert (view.n_patrols, view.unmet, view.cancelled, view.changes) == (2, (), (), ())


def test_a_borough_names_its_own_roles_and_a_broken_file_names_none() -> None:
    names = names_with('[roles.elder]\nname = "Elder"\npolice = false', None)
    assert names.role("elder") == "Elder"
    assert names.role("youth_worker") == "youth worker", "not in its file: the id in words"
    assert names_with("[roles", "= =").aims == {}


# --- who agreed


def answer(party: str, word: AnswerWord, text: str = "") -> Answer:
    return Answer(
        1, "a", 1, "no-police-group_disputes-A1", party, word, text, date(2026, 11, 16), AT, "x"
    )


def test_each_party_is_where_it_is() -> None:
    states = {}
    for name, answers, asked in (
        ("nobody asked", [], []),
        ("asked", [], ["TRUST"]),
        ("declines", [answer("trust", AnswerWord.DECLINES, "Not beside police.")], ["Trust"]),
        ("agrees", [answer("Trust", AnswerWord.AGREES)], []),
    ):
        (row,) = view_agreements(plan(), NAMES, answers, asked)
        states[name] = [(one.party, one.state, one.text) for one in row.parties]
        assert row.is_agreed == (name == "agrees")
    council = ("Council", "agreed", "")
    assert states == {
        "nobody asked": [("Trust", "missing", ""), council],
        "asked": [("Trust", "asked", ""), council],
        "declines": [("Trust", "declined", "Not beside police."), council],
        "agrees": [("Trust", "agreed", ""), council],
    }


def test_who_takes_back_an_agreement_no_longer_agrees() -> None:
    (row,) = view_agreements(plan(), NAMES, [answer("Council", AnswerWord.DECLINES)], [])
    assert [one.state for one in row.parties] == ["missing", "declined"]
    assert missing_parties([row]) == ("Trust",)


# --- the effect of a change


def test_the_effect_adds_up() -> None:
    moved = {**CORRIDOR, "segment_ids": ["1-2-0"]}
    chosen = [{"police_min": 75, "need_covered": 0.92, "n_patrols": 1, "is_chosen": True}]
    after = plan(patrols=[patrol(0)], corridors=[moved], unmet=[{}], trade_off=chosen)
    effect = effect_of(plan(), after)
    assert effect.figures == (
        ("Patrols", "2", "1", "1 fewer"),
        ("Patrols that nobody can walk", "0", "1", "1 more"),
        ("Police minutes", "150", "75", "75 fewer"),
        ("Need covered by patrols", "100 %", "92 %", "8 % fewer"),
    )
    # 0.25 of the 0.75 + 0.25 that it held before
    assert effect.costs == (("Alder: Back Alley", "gives up 25 % of the corridor's need"),)
    assert effect.changed_corridors == ("Alder",)
    assert not effect.is_none
    assert effect_of(plan(), plan()).is_none


# --- schools


def test_schools_are_told_in_words_and_figures_apart() -> None:
    alder, birch = view_schools(plan(), NAMES)
    assert (alder.window, alder.n_patrols) == ("3:30pm to 4:45pm", 2)
    assert birch.is_good_answer
    assert not birch.is_planned
    shown = f"{alder}{birch}"
    assert "17" not in shown.replace("2017", "")
    assert "0.00012" not in shown
    figures = view_figures(plan())
    assert (figures[0].n, figures[0].p, figures[1].n) == ("17", "0.00012", "not tested")


# --- weeks


def head(status: str, version: int = 1) -> PlanHead:
    return PlanHead(
        1, "a", 1, WEEK, version, status, 1, "x", AT, AT, "command", None, ""
    )  # fmt: skip


def facts(**more: Any) -> WeekFacts:
    return replace(
        WeekFacts(
            area_id="a",
            week=WEEK,
            has_material=True,
            heads=[head("draft")],
            document=plan(),
            protocols=view_agreements(plan(), NAMES, [], []),
            jobs=[],
            changes=[],
            inputs_changed_at=AT,
            allowed=RIGHTS[Role.PLANNER],
        ),
        **more,
    )


def change(made_at: datetime) -> Change:
    return Change(
        1, "a", 1, ChangeKind.AIM, {"school": "A1", "aim": "group_disputes"},
        "Planner, Council", "Why", made_at, "account:1", None,
    )  # fmt: skip


def job(status: JobStatus, kind: JobKind = JobKind.PLAN_WEEK, **more: Any) -> Job:
    asked = {"week": WEEK.isoformat()} if kind is JobKind.PLAN_WEEK else {"upload_id": 5}
    return replace(
        Job(7, "a", 1, kind, "k", asked, "Why", status, 1, None, None, {}, {}, AT, "x", None, None),
        **more,
    )


@pytest.mark.parametrize(
    ("more", "words", "link"),
    [
        ({"has_material": False}, "no area file", ""),
        ({"heads": [], "has_begun": True}, "next week is the one", ""),
        ({"heads": []}, "no plan for this week yet", ""),
        ({"jobs": [job(JobStatus.RUNNING)]}, "being made", "/team/a/jobs/7"),
        ({"jobs": [job(JobStatus.DONE)]}, "has not been asked", "/ask"),
        ({"changes": [change(AT + timedelta(hours=1))]}, "1 change was made", ""),
        ({"changes": [change(AT)]}, "has not been asked", "/ask"),
        ({"inputs_changed_at": AT + timedelta(hours=1)}, "brings in changed", ""),
        ({"allowed": RIGHTS[Role.ANALYST]}, "A planner or approver asks", "/1"),
        ({"protocols": view_agreements(plan(), NAMES, [], ["Trust"])}, "waits for", "#agreement"),
        (
            {"protocols": view_agreements(
                plan(), NAMES, [answer("Trust", AnswerWord.DECLINES)], ["Trust"])},
            "Trust did not agree",
            "#agreement",
        ),
        ({"heads": [head("agreed")], "protocols": []}, "An approver can publish", "/1"),
        (
            {"heads": [head("agreed")], "protocols": [], "allowed": RIGHTS[Role.APPROVER]},
            "Everybody agreed",
            "/publish",
        ),
        ({"heads": [head("published")]}, "Nothing is to be done", "/1"),
    ],
)  # fmt: skip
def test_there_is_one_next_step_and_it_is_one_that_may_be_done(
    more: dict[str, Any], words: str, link: str
) -> None:
    step = next_step(facts(**more))
    assert words in step.text
    assert step.link.endswith(link)
    assert not (step.makes_week and step.link)


def test_a_week_says_who_still_has_to_agree_only_while_it_is_a_draft() -> None:
    assert view_week(facts()).waits_for == ("Trust",)
    assert view_week(facts(heads=[head("published", 2)])).waits_for == ()
    assert view_week(facts(heads=[], document=None)).status == "No plan yet"


def test_weeks_begin_on_mondays() -> None:
    assert weeks_from(date(2026, 11, 22), 2) == [date(2026, 11, 16), date(2026, 11, 23)]


# --- jobs and uploads


def test_a_job_leads_on_or_says_what_is_wrong() -> None:
    done = view_job(job(JobStatus.DONE, result={"plan": ["2026-11-23", 3]}))
    assert (done.link, done.share) == ("/team/a/plans/2026-11-23/3", 100)
    problems = [{"where": "status", "what": "Made and not published.", "mend": "Ask."}]
    half = view_job(job(JobStatus.DONE, result={"plan": ["2026-11-23", 3], "problems": problems}))
    assert half.link
    assert half.problems
    assert not half.has_failed
    failed = view_job(job(JobStatus.FAILED, JobKind.CHECK_UPLOAD, result={"problems": problems}))
    assert (failed.link, failed.again) == ("", "/team/a/uploads/5")
    assert view_job(job(JobStatus.RUNNING, progress={"share": 7})).share == 100, "never more"


def upload(**report: Any) -> Upload:
    return Upload(
        5, "a", 1, InputKind.INCIDENTS, "x.csv", "0", 10, UploadStatus.RECEIVED, 1,
        {}, report, AT, "x", AT, None,
    )  # fmt: skip


def test_the_account_of_rows_is_whole() -> None:
    assert view_account(upload(n_in=3, columns=["A"])) is None, "its columns only"
    assert state_of(upload(columns=["A"]))[0] == "Its columns are to be named"
    set_aside = [
        {"reason": "bad_time", "words": "The time cannot be read.", "n": 25, "lines": [2, 3]},
        {"reason": "no_position", "words": "", "n": 1, "lines": [9]},
    ]
    rows = view_account(upload(n_in=30, n_used=4, set_aside=set_aside, span=["2026-01-01", "b"]))
    assert rows is not None
    assert (rows.n_aside, rows.is_whole, rows.span) == (
        26,
        True,
        "Thursday 1 January 2026 to b",
    )
    assert [one.lines for one in rows.aside] == ["lines 2, 3 and 23 more", "line 9"]
    assert rows.aside[1].reason == "no position"


def test_words_that_police_discover_are_ticked_with_the_reason() -> None:
    found = view_words(
        upload(categories=[
            {"word": "Stop", "n": 9, "category": "stop_and_search"},
            {"word": "Blah", "n": 5, "category": None},
        ]),
        bundled_categories(),
    )  # fmt: skip
    assert [(one.place, one.is_discovered, one.is_known) for one in found] == [
        (0, True, True),
        (1, False, False),
    ]
    assert found[0].why


# --- changes in words


@pytest.mark.parametrize(
    ("kind", "document", "words"),
    [
        ("edit", {"school": "A1", "forbid": ["Mill Lane"]}, "Alder: not along Mill Lane"),
        ("edit", {"school": "A1", "shorten_to_m": 800.0}, "Alder: at most 800 m long"),
        (
            "edit",
            {"school": "A1", "redraw": {"segments": ["1", "2"], "streets": ["B"]}},
            "Alder: drawn anew along B and 2 pieces of street",
        ),
        ("aim", {"school": "A1", "aim": "x_y"}, "Alder: the aim is “x y”"),
        (
            "mix",
            {"school": "A1", "needed": [["youth_worker", "school_staff"]], "police": "absent"},
            (
                "Alder: needs youth worker or member of school staff; at least 2 posts. "
                "No police on this patrol"
            ),
        ),
        (
            "absence",
            {"post": "Y1", "from": "2026-11-24", "to": "2026-11-24"},
            "Post Y1 is away on Tuesday 24 November 2026",
        ),
        (
            "refusal",
            {"who": "Trust", "refuses": ["police", "ward_officer"]},
            "Trust does not walk beside police or every police officer of the ward",
        ),
        ("pairing", {"who": "Y1", "beside": "Y2"}, "Y1 walks only beside Y2"),
        (
            "cancellation",
            {"school": "Z9", "on": "2026-11-23"},
            "Z9: no patrol on Monday 23 November 2026",
        ),
    ],
)
def test_changes_are_told_in_words(kind: str, document: dict[str, Any], words: str) -> None:
    assert change_words(ChangeKind(kind), document, {"A1": "Alder"}, NAMES) == words


def test_streets_are_offered_in_walking_order_and_each_once() -> None:
    names = {"1-2-0": "Mill Lane", "2-3-0": "Mill Lane", "4-5-0": "Side Road", "5-6-0": ""}
    found = view_streets(CORRIDOR, names)
    assert found.own == ("Mill Lane", "High Street")
    assert found.nearby == ("Side Road",)
    assert [words for _, words in found.pieces] == [
        "1. Mill Lane, piece 1",
        "2. Mill Lane, piece 2",
        "3. a path without a name, piece 1",
    ]


def test_a_roster_gives_posts_and_organisations_and_rubbish_gives_none() -> None:
    content = b"\xef\xbb\xbfPost_ID,role,organisation\r\nY1,youth_worker,Trust\r\nY1,x,Other\r\n"
    found = view_roster(content, NAMES)
    assert found.posts == {"Y1": "Youth worker, Trust"}
    for rubbish in (None, b"", b"\xff\xfe\x00", b'a,"b\n'):
        assert view_roster(rubbish, NAMES).posts == {}


# --- taking away, and bringing in


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\n=1", "\ufeff=1", "%x", "|x"]
)
def test_no_cell_begins_as_a_formula(text: str) -> None:
    assert safe_cell(text).startswith("'")
    assert safe_cell("Mill Lane - north") == "Mill Lane - north"


def test_the_table_of_patrols_runs_nothing() -> None:
    nasty = {**CORRIDOR, "streets": ["=HYPERLINK(1)", 'a";b\r\n=2']}
    view = view_plan(plan(corridors=[nasty]), NAMES)
    text = patrols_csv(view).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2
    assert rows[0]["date"] == "2026-11-23"
    assert rows[0]["streets"].startswith("'=HYPERLINK(1)")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_a_zip_is_the_same_each_time() -> None:
    files = [("b.html", b"2"), ("a.ics", b"1")]
    assert zip_of(files) == zip_of(reversed(files))
    with zipfile.ZipFile(io.BytesIO(zip_of(files))) as archive:
        assert archive.namelist() == ["a.ics", "b.html"]


def archive(**files: bytes) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    content.seek(0)
    return content


def test_street_files_of_a_zip_become_one_table() -> None:
    name, table = table_of_zip(
        archive(**{
            "2026-02/2026-02-x-street.csv": b"\xef\xbb\xbfA,B\r\n3,4",
            "2026-01/2026-01-x-street.csv": b"A,B\r\n1,2\r\n",
            "2026-01/2026-01-x-outcomes.csv": b"C\r\n9\r\n",
            "readme.txt": b"hello",
        }),
        1000,
    )  # fmt: skip
    assert name == "police-uk-2026-01-to-2026-02.csv"
    assert table.read() == b"A,B\n1,2\r\n3,4\n"
    table.close()


def test_a_directory_that_says_it_is_huge_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry of it would cost memory, whatever the entries hold."""
    packed = bytearray(archive(**{"a-street.csv": b"A\n1\n"}).getvalue())
    end = packed.rfind(b"PK\x05\x06")
    packed[end + 12 : end + 16] = (2_000_000).to_bytes(4, "little")
    for comment in (b"", b"with a comment"):
        packed[end + 20 :] = len(comment).to_bytes(2, "little") + comment
        monkeypatch.setattr("api.team.street_zip.ZipFile", None)
        with pytest.raises(BadRequest, match="too many files"):
            table_of_zip(io.BytesIO(packed), 10_000)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (io.BytesIO(b"no zip at all"), BadRequest, "cannot be read"),
        (archive(**{"a.txt": b"x"}), BadRequest, "no street files"),
        (archive(**{"a-street.csv": b"A\n1\n", "b-street.csv": b"B\n1\n"}), BadRequest, "columns"),
        (archive(**{"a-street.csv": b"A\n" + b"0\n" * 1_000_000}), TooLarge, "too large"),
        (io.BytesIO(archive(**{"a.csv": b"A\n" * 99}).getvalue()[:-40]), BadRequest, "damaged"),
    ],
)
def test_a_zip_that_is_no_good_or_a_bomb_is_refused(
    content: io.BytesIO, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        table_of_zip(content, 10_000)
