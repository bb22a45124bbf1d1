"""The team's pages over a small area: what they show, what their forms do, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from api.rights import Action, Role
from api.store.records import Actor
from api.store.work_records import ChangeKind, JobKind, JobStatus, UploadStatus
from tests.api.small_team import NOW, PROTOCOL, TEAM_AREA, load_team
from tests.small_area import WEEK

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from api.store.records import AuditEntry
    from api.store.work_records import Upload
    from tests.api.conftest import MakeWorld, World
    from tests.api.databases import Postgres

BASE = "/team/small"
FIRST, DRAFT = f"{BASE}/plans/{WEEK}/1", f"{BASE}/plans/{WEEK}/2"
COMMAND = Actor("command", 1)
CSV = b"Ref,Happened,Kind,East,North\n" + b"1,06/07/2026 15:30,Robbery,150250,100000\n" * 6


@pytest.fixture
def world(make_world: MakeWorld, team_sqlite: Path, tmp_path: Path) -> World:
    shutil.copy(team_sqlite, tmp_path / "team.sqlite")
    made = make_world(f"sqlite:///{tmp_path / 'team.sqlite'}")
    made.clock.now = NOW + timedelta(hours=1)
    return made


def by(world: World, role: Role) -> TestClient:
    return world.signed_in(role, TEAM_AREA)


def post(client: TestClient, path: str, files: Any = None, **fields: Any) -> Response:
    token = client.headers["x-csrf-token"]
    return client.post(path, data={"csrf_token": token, **fields}, files=files)


def words(response: Response) -> str:
    """Give what a page says, without its marks."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", response.text, flags=re.DOTALL)
    return " ".join(unescape(text).split())


def refused(response: Response, status: int = 422) -> str:
    """Give what the error summary says; each of its links leads to a field."""
    assert response.status_code == status, words(response)[:500]
    found = re.search(r'class="govuk-error-summary".*?</ul>', response.text, re.DOTALL)
    assert found is not None
    for target in re.findall(r'href="#([^"]+)"', found[0]):
        assert f'id="{target}"' in response.text, target
    assert "<title>\n" not in response.text
    assert re.search(r"<title>\s*Error: ", response.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def log(world: World, action: Action | str) -> list[AuditEntry]:
    with world.store.reading() as unit:
        return [one for one in unit.log.entries("small", limit=1000) if one.action == action]


def end_job(world: World, status: JobStatus, **result: Any) -> None:
    """Let the oldest job end as if a worker had done it."""
    with world.store.writing(COMMAND) as unit:
        job = unit.jobs.lease("tests")
        assert job is not None
        if status == JobStatus.DONE:
            unit.jobs.finish(job, result)
        else:
            unit.jobs.fail(job, result["problems"])


# --- what everybody of the team sees


PAGES = [
    "", "/plans", f"/plans/{WEEK}/1", f"/plans/{WEEK}/2", "/schools", "/changes", "/uploads",
    "/jobs",
]  # fmt: skip
FORMS = {
    "/uploads/new": {Role.ANALYST, Role.PLANNER},
    **{f"/changes/new/{kind}": {Role.ANALYST, Role.PLANNER, Role.APPROVER}
       for kind in ("edit", "edit?school=S1", "aim", "mix", "absence", "refusal", "pairing")},
    f"/plans/{WEEK}/2/ask": {Role.PLANNER, Role.APPROVER},
    f"/plans/{WEEK}/1/publish": {Role.APPROVER},
    f"/plans/{WEEK}/1/export": {Role.ANALYST, Role.PLANNER, Role.APPROVER},
    f"/plans/{WEEK}/1/patrols/corridor-S1-{WEEK}/cancel": {Role.APPROVER},
}  # fmt: skip


@pytest.mark.parametrize("role", [Role.ANALYST, Role.PLANNER, Role.APPROVER])
def test_every_page_is_there_for_whom_it_is_meant(world: World, role: Role) -> None:
    client = by(world, role)
    for path in PAGES:
        answer = client.get(BASE + path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-store"
        assert "Small Area" in answer.text
    for path, roles in FORMS.items():
        answer = client.get(BASE + path)
        assert answer.status_code == (200 if role in roles else 403), path
        # nothing that one may not do is offered
    start = client.get(f"{BASE}/plans/{WEEK}/2").text
    for path in ("ask", "publish"):
        is_offered = f'href="{DRAFT}/{path}"' in start
        assert is_offered == (path == "ask" and role != Role.ANALYST)


def test_what_is_not_there_is_not_found(world: World) -> None:
    client = by(world, Role.APPROVER)
    for path in (
        "/jobs/9", "/uploads/9", f"/plans/{WEEK}/9", "/plans/2026-07-13/1", "/changes/new/nothing",
        "/changes/new/cancellation", f"{FIRST.removeprefix(BASE)}/patrols/none/cancel",
    ):  # fmt: skip
        assert client.get(BASE + path).status_code in {404, 422}, path


def test_a_form_without_its_token_changes_nothing(world: World) -> None:
    client = by(world, Role.APPROVER)
    token = client.headers.pop("x-csrf-token")
    data = {"reason": "To test", "csrf_token": "x"}
    for path in (f"{BASE}/jobs", f"{BASE}/changes/new/aim", f"{FIRST}/export", f"{FIRST}/publish"):
        assert client.post(path, data=data).status_code == 403
    client.headers["x-csrf-token"] = token


# --- the start page and jobs


def test_the_start_page_says_the_next_step_and_makes_the_plan_once(world: World) -> None:
    client = by(world, Role.PLANNER)
    start = client.get(BASE)
    assert "It has begun without a plan" in words(start)
    assert "Version 2 Draft" in words(start)
    assert "Ask for agreement" in words(start)
    once = re.search(r'name="once" value="([^"]+)"', start.text)
    assert once is not None
    form = {"once": once[1], "week": WEEK.isoformat(), "reason": "A new roster"}
    assert "Say why" in refused(post(client, f"{BASE}/jobs", **form | {"reason": ""}))
    kept = post(client, f"{BASE}/jobs", **form | {"week": "2026-07-07"})
    assert "Choose a week" in refused(kept)
    assert "A new roster" in kept.text, "what was written stays"
    made, again = (post(client, f"{BASE}/jobs", **form) for _ in range(2))
    assert made.status_code == again.status_code == 303
    assert made.headers["location"] == again.headers["location"]
    with world.store.reading() as unit:
        (job,) = unit.jobs.recent("small")
    assert job.asked == {"week": WEEK.isoformat(), "follows": [WEEK.isoformat(), 2],
                         "publish": False}  # fmt: skip
    assert "A plan for this week is being made" in words(client.get(BASE))


def test_a_job_is_followed_until_it_is_over(world: World) -> None:
    client = by(world, Role.PLANNER)
    with world.store.writing(COMMAND) as unit:
        asked = {"week": WEEK.isoformat(), "follows": None, "publish": False}
        for key in ("one", "two"):
            unit.jobs.ask("small", 1, JobKind.PLAN_WEEK, asked, key=key, reason="To test")
    under_way = client.get(f"{BASE}/jobs/1")
    assert '<noscript><meta http-equiv="refresh"' in under_way.text
    assert 'data-events="/api/v1/areas/small/jobs/1/events"' in under_way.text
    assert "script-src 'self';" in under_way.headers["content-security-policy"]
    assert "unsafe" not in under_way.headers["content-security-policy"]
    end_job(world, JobStatus.DONE, plan=[WEEK.isoformat(), 2])
    done = client.get(f"{BASE}/jobs/1")
    assert f'href="{DRAFT}"' in done.text
    assert "team-progress" not in done.text
    problem = {"where": "roster", "what": "A post is unknown.", "mend": "Correct it."}
    end_job(world, JobStatus.FAILED, problems=[problem])
    assert "A post is unknown. Correct it. Where: roster" in words(client.get(f"{BASE}/jobs/2"))


# --- plans, schools and evidence


def test_a_plan_tells_where_when_who_and_why_and_what_is_otherwise(world: World) -> None:
    said = words(by(world, Role.PLANNER).get(DRAFT))
    for part in (
        "Monday 6 July 2026", "Row 0", "Visible reassurance after school", "Youth worker",
        "Nothing was taken lately.", "Who has agreed", "Not asked yet",
        "Neighbourhood policing team",
        "What is otherwise than in version 1", "Police minutes", "Far School",
    ):  # fmt: skip
        assert part in said, part
    assert [one.subject for one in log(world, Action.READ_PLAN)] == [f"plan:small/{WEEK}/2"]
    first = words(by(world, Role.PLANNER).get(FIRST))
    assert "There is a newer version of this week: version 2" in first


def test_figures_are_shown_with_a_reason_and_the_log_keeps_it(world: World) -> None:
    client = by(world, Role.ANALYST)
    page = client.get(f"{BASE}/schools")
    assert "Evidence too weak: no patrol" in words(page)
    assert "nobody is sent" in words(page)
    with world.store.reading() as unit:
        document = json.loads(unit.plans.document(unit.plans.heads("small")[0].plan_id))
    need = f"{document['corridors'][0]['need']:.3g}"
    assert need not in words(page)
    form = {"week": WEEK.isoformat(), "version": "2"}
    assert "Say why" in refused(post(client, f"{BASE}/schools/evidence", **form, reason=" "))
    assert log(world, Action.READ_EVIDENCE) == []
    shown = post(client, f"{BASE}/schools/evidence", **form, reason="Tuesday's meeting")
    assert need in words(shown)
    (entry,) = log(world, Action.READ_EVIDENCE)
    assert (entry.reason, entry.subject) == ("Tuesday's meeting", f"plan:small/{WEEK}/2")


# --- uploads


def upload(client: TestClient, content: bytes = CSV, name: str = "ex.csv", **more: Any) -> Response:
    form = {"kind": "incidents", "once": "abcdefgh1234", **more}
    return post(client, f"{BASE}/uploads/new", files={"file": (name, content)}, **form)


def reported(world: World, status: UploadStatus, **report: Any) -> Upload:
    """Let the first upload be looked at, as a worker would."""
    end_job(world, JobStatus.DONE)
    with world.store.writing(COMMAND) as unit:
        one = unit.uploads.get("small", 1)
        assert one is not None
        return unit.uploads.report(one, one.row_version, status, report)


LISTED = {"columns": ["Ref", "Happened", "Kind", "East", "North"], "n_in": 6,
          "guess": {"from": "Happened"}, "format_guess": "mapped"}  # fmt: skip
CHOSEN = {"format": "mapped", "map_from": "Happened", "map_category": "Kind", "map_easting": "East",
          "map_northing": "North", "use": "replaces:incidents.csv"}  # fmt: skip


def test_a_file_is_sent_once_and_what_cannot_be_read_is_told(world: World) -> None:
    client = by(world, Role.ANALYST)
    assert "Choose a file" in refused(upload(client, b"", ""))
    assert "Choose what the file holds" in refused(upload(client, kind="secrets"))
    assert "empty" in refused(upload(client, b""), 400)
    assert "not read" in refused(upload(client, name="x.exe"), 400)
    assert "cannot be read" in refused(upload(client, b"PK no zip", name="x.zip"), 400)
    first, again = upload(client), upload(client)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    with world.store.reading() as unit:
        assert [one.name for one in unit.uploads.recent("small")] == ["ex.csv"]
    assert "Something else was sent" in refused(upload(client, CSV + b"\n"), 409)


def test_the_zip_of_police_uk_is_taken_as_it_is(world: World) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("2026-05/2026-05-x-street.csv", "Month,Crime type\n2026-05,Robbery\n")
    assert upload(by(world, Role.ANALYST), packed.getvalue(), "a.zip").status_code == 303
    with world.store.reading() as unit:
        (one,) = unit.uploads.recent("small")
        assert one.name == "2026-05-x-street.csv"
        assert unit.uploads.content(one.upload_id) == b"Month,Crime type\n2026-05,Robbery\n"


def test_from_columns_to_words_to_use(world: World) -> None:
    client, path = by(world, Role.ANALYST), f"{BASE}/uploads/1"
    upload(client)
    one = reported(world, UploadStatus.RECEIVED, **LISTED)
    page = client.get(path)
    assert "Filled in with a guess" in words(page)
    assert re.search(r'<option value="Happened" selected', page.text)
    form = CHOSEN | {"row_version": str(one.row_version)}
    wrong = post(client, f"{path}/columns", **form | {"map_easting": ""})
    assert "Choose the column of the easting too." in refused(wrong)
    assert re.search(r'<option value="Kind" selected', wrong.text), "what was chosen stays"
    assert post(client, f"{path}/columns", **form).status_code == 303
    assert "Somebody else" in refused(post(client, f"{path}/columns", **form), 409)
    aside = [{"reason": "bad_time", "words": "The time cannot be read.", "n": 2, "lines": [3, 5]}]
    mugging = [{"word": "<b>Robbery", "n": 6, "category": "robbery"}]
    one = reported(
        world, UploadStatus.CHECKED, **LISTED | {"n_used": 4, "set_aside": aside,
                                                 "categories": mugging},
    )  # fmt: skip
    page = client.get(path)
    assert "6 rows in = 4 used + 2 set aside." in words(page)
    assert "The time cannot be read. lines 3, 5" in words(page)
    assert "&lt;b&gt;Robbery" in page.text
    saved = post(client, f"{path}/save", name="Own force")
    assert saved.headers["location"] == f"{path}?done=saved"
    meaning = {"word-0": "<b>Robbery", "category-0": "robbery", "discovered-0": "yes"}
    version = {"row_version": str(one.row_version)}
    assert post(client, f"{path}/words", **meaning, **version).status_code == 303
    one = reported(world, UploadStatus.CHECKED, **LISTED | {"n_used": 6})
    assert one.settings["discovered"] == ["<b>Robbery"]
    version = {"row_version": str(one.row_version)}
    assert "Say why" in refused(post(client, f"{path}/take", **version))
    taken = post(client, f"{path}/take", **version, **{"take-reason": "Newer"})
    assert taken.headers["location"] == f"{BASE}/uploads?done=taken"
    with world.store.reading() as unit:
        document = unit.inputs.document("small")
        paths = [one.path for one in unit.inputs.files("small")]
    assert document is not None
    assert "upload-1-ex.csv" in document.document
    assert "incidents.csv" not in paths
    assert "brings in changed since version 2" in words(client.get(BASE))
    told = refused(
        post(client, f"{path}/discard", **version, **{"discard-reason": "Not wanted"}), 409
    )
    assert "changed" in told
    # the next file like it is filled in by itself
    upload(client, CSV + b"\n", once="another-form")
    end_job(world, JobStatus.DONE)
    with world.store.writing(COMMAND) as unit:
        two = unit.uploads.get("small", 2)
        assert two is not None
        unit.uploads.report(two, two.row_version, UploadStatus.RECEIVED, LISTED)
    assert "the saved mapping “Own force”" in words(client.get(f"{BASE}/uploads/2"))


def test_a_file_is_discarded_with_a_reason_and_gone(world: World, tmp_path: Path) -> None:
    client, mark = by(world, Role.PLANNER), b"Qwertz-Erasable"
    upload(client, CSV + mark * 50_000)
    assert any(mark in one.read_bytes() for one in tmp_path.glob("team.sqlite*"))
    form = {"row_version": "1", "discard-reason": "The wrong month"}
    assert post(client, f"{BASE}/uploads/1/discard", **form).status_code == 303
    assert not any(mark in one.read_bytes() for one in tmp_path.glob("team.sqlite*"))
    with world.store.reading() as unit:
        assert unit.uploads.content(1) is None
    page = words(client.get(f"{BASE}/uploads/1"))
    assert "Discarded" in page
    assert "Why is it" not in page


# --- changes


def test_a_change_is_checked_when_it_is_made_and_kept_once(world: World) -> None:
    client, path = by(world, Role.ANALYST), f"{BASE}/changes/new/edit"
    form = {"school": "S1", "edit": "forbid", "street": "Column 1", "reason": "Unlit."}
    page = client.get(f"{path}?school=S1")
    for street in ("Row 0", "Column 1", "Row 1"):
        assert f'value="{street}"' in page.text
    unknown = post(client, path, **form | {"street": "", "more_streets": "Nowhere <b>Lane"})
    assert "There is no street called" in refused(unknown)
    assert "<b>Lane" not in unknown.text
    assert "Unlit." in unknown.text
    kept = post(client, path, **form)
    assert kept.headers["location"] == f"{BASE}/changes?done=change"
    assert "stands already" in refused(post(client, path, **form))
    said = words(client.get(kept.headers["location"]))
    assert "The change was kept." in said
    assert "Row School: not along Column 1" in said
    assert "Analyst, Small Council" in said
    assert "1 change was made since version 2" in words(client.get(BASE))


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("aim", {"school": "S2", "aim": "visible_reassurance"}),
        ("mix", {"school": "S1", "role-youth_worker": "must", "police": "absent",
                 "min_posts": "2"}),
        ("absence", {"post": "YW1", "from": WEEK.isoformat(), "to": WEEK.isoformat()}),
        ("refusal", {"who": "Small Youth Trust", "refuses": "police"}),
        ("pairing", {"who": "community_volunteer", "beside": "youth_worker"}),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_kept_and_withdrawn(
    world: World, kind: str, form: dict[str, str]
) -> None:
    client = by(world, Role.PLANNER)
    kept = post(client, f"{BASE}/changes/new/{kind}", **form, reason="To try it")
    assert kept.status_code == 303, words(kept)
    with world.store.reading() as unit:
        (one,) = unit.changes.standing("small")
    path = f"{BASE}/changes/{one.change_id}/withdraw"
    name = f"reason-{one.change_id}"
    assert "Say why" in refused(post(client, path))
    assert post(client, path, **{name: "Tried"}).status_code == 303
    with world.store.reading() as unit:
        assert unit.changes.standing("small") == []
    again = post(client, path, **{name: "Tried"})
    assert again.status_code == 409
    assert "withdrawn already" in words(again)


def test_nobody_takes_back_what_another_organisation_or_an_approver_said(world: World) -> None:
    with world.store.writing(COMMAND) as unit:
        trust = unit.areas.add_organisation("Small Youth Trust")
        refusal = {"who": "Small Youth Trust", "refuses": ["police"]}
        unit.changes.add("small", trust, ChangeKind.REFUSAL, refusal, reason="Trust is lost.")
        own = unit.areas.add_organisation(TEAM_AREA.organisation)
        day = {"school": "S1", "on": WEEK.isoformat()}
        unit.changes.add("small", own, ChangeKind.CANCELLATION, day, reason="Snow.")
    planner, approver = by(world, Role.PLANNER), by(world, Role.APPROVER)
    page = words(planner.get(f"{BASE}/changes"))
    assert "Only an approver can take it back" in page
    assert page.count("can take it back") == 2
    for client, change_id in ((planner, 1), (approver, 1), (planner, 2)):
        path = f"{BASE}/changes/{change_id}/withdraw"
        answer = post(client, path, **{f"reason-{change_id}": "To try it"})
        assert answer.status_code == 403, change_id
    path = f"{BASE}/changes/2/withdraw"
    assert post(approver, path, **{"reason-2": "It melted"}).status_code == 303
    with world.store.reading() as unit:
        assert [one.change_id for one in unit.changes.standing("small")] == [1]


# --- agreement, publishing, cancelling


def test_everybody_who_has_to_agree_is_asked_once(world: World) -> None:
    client = by(world, Role.PLANNER)
    assert "Neighbourhood policing team" not in words(client.get(f"{FIRST}/ask"))
    page = words(client.get(f"{DRAFT}/ask"))
    assert "Small Youth Trust" in page
    assert "too long" in refused(post(client, f"{DRAFT}/ask", reason="x" * 501))
    asked = post(client, f"{DRAFT}/ask", reason="A calmer aim")
    assert asked.headers["location"] == f"{DRAFT}?done=asked"
    with world.store.reading() as unit:
        head = unit.plans.head("small", WEEK, 2)
        assert head is not None
        parties = [one.party for one in unit.answers.asked(head.plan_id)]
    assert "Small Youth Trust" in parties
    assert "It waits for their answers" in words(client.get(BASE))
    with world.store.writing(COMMAND) as unit:
        unit.answers.give(
            "small", head.plan_id, PROTOCOL, "Small Youth Trust", "declines",
            "Not <i>so</i> late.", NOW.date(),
        )  # fmt: skip
    page_now = client.get(DRAFT)
    assert "Not &lt;i&gt;so&lt;/i&gt; late." in page_now.text
    assert "Small Youth Trust did not agree" in words(client.get(BASE))
    assert "Nobody has to be asked" in refused(post(client, f"{FIRST}/ask", reason="Again"))


def test_a_draft_is_not_published_and_a_published_one_not_twice(world: World) -> None:
    client = by(world, Role.APPROVER)
    assert "it is a draft" in words(client.get(f"{DRAFT}/publish"))
    form = {"row_version": "1", "reason": "Now"}
    assert "Only an agreed plan" in refused(post(client, f"{DRAFT}/publish", **form), 409)
    assert "published already" in words(client.get(f"{FIRST}/publish"))
    assert refused(post(client, f"{FIRST}/publish", **form), 409)
    assert "Say why" in refused(post(client, f"{FIRST}/publish", row_version="1"))


def test_an_announced_patrol_is_cancelled_once_with_a_reason(world: World) -> None:
    client = by(world, Role.APPROVER)
    path = f"{FIRST}/patrols/corridor-S1-{WEEK}/cancel"
    page = client.get(FIRST)
    assert f'href="{path}"' in page.text
    assert "Monday 6 July 2026" in words(client.get(path))
    assert "Say why" in refused(post(client, path))
    assert "at most 300" in refused(post(client, path, reason="x" * 301))
    done = post(client, path, reason="The school closes early.")
    assert done.status_code == 303, words(done)
    with world.store.reading() as unit:
        (change,) = unit.changes.standing("small")
        (job,) = unit.jobs.recent("small")
    assert change.document == {"school": "S1", "on": WEEK.isoformat()}
    assert job.asked == {"week": WEEK.isoformat(), "follows": [WEEK.isoformat(), 1],
                         "publish": True}  # fmt: skip
    assert done.headers["location"] == f"{BASE}/jobs/{job.job_id}"
    (entry,) = log(world, Action.CANCEL_PATROL)
    assert (entry.reason, entry.subject) == ("The school closes early.", f"plan:small/{WEEK}/1")
    assert "cancelled already" in refused(post(client, path, reason="Again"))
    draft = f"{DRAFT}/patrols/corridor-S1-{WEEK + timedelta(days=1)}/cancel"
    assert "not the published one" in refused(post(client, draft, reason="Nobody comes"))
    world.clock.now = NOW + timedelta(days=9)
    assert f'href="{path}"' not in by(world, Role.PLANNER).get(FIRST).text


def test_it_is_the_same_on_postgresql(
    postgres: Postgres, make_world: MakeWorld, team_folder: Path
) -> None:
    """What a person does in a week, once more: reading, a change, publishing, cancelling."""
    url = postgres.new()
    world = make_world(url)
    world.clock.now = NOW + timedelta(hours=1)
    load_team(world.store, team_folder)
    client = by(world, Role.APPROVER)
    for path in PAGES:
        assert client.get(BASE + path).status_code == 200, path
    change = {"school": "S1", "edit": "forbid", "street": "Column 1", "reason": "Unlit."}
    assert post(client, f"{BASE}/changes/new/edit", **change).status_code == 303
    assert "stands already" in refused(post(client, f"{BASE}/changes/new/edit", **change))
    job = {"once": "abcdefgh1234", "week": WEEK.isoformat(), "reason": "A change"}
    places = {post(client, f"{BASE}/jobs", **job).headers["location"] for _ in range(2)}
    assert len(places) == 1
    assert refused(post(client, f"{FIRST}/publish", row_version="1", reason="Now"), 409)
    path = f"{FIRST}/patrols/corridor-S1-{WEEK}/cancel"
    assert post(client, path, reason="The school closes early.").status_code == 303
    assert upload(by(world, Role.ANALYST)).status_code == 303
    exported = post(client, f"{FIRST}/export", what="plan.json", reason="For the meeting")
    assert exported.json()["area"] == "Small Area"
    world.store.close()
    postgres.drop(url)


# --- taking away


def test_each_file_is_taken_away_with_a_reason_and_logged(world: World) -> None:
    client, path = by(world, Role.PLANNER), f"{FIRST}/export"
    assert "Choose a file" in refused(post(client, path, reason="For the meeting"))
    assert "Say why" in refused(post(client, path, what="plan.json"))
    found = {
        name: post(client, path, what=name, reason="For the meeting")
        for name in ("plan.json", "patrols.csv", "corridors.geojson", "notices.zip")
    }
    assert all(one.status_code == 200 for one in found.values())
    assert found["plan.json"].json()["area"] == "Small Area"
    rows = list(csv.DictReader(io.StringIO(found["patrols.csv"].content.decode("utf-8-sig"))))
    assert len(rows) == len(found["plan.json"].json()["patrols"])
    assert found["corridors.geojson"].json()["type"] == "FeatureCollection"
    with zipfile.ZipFile(io.BytesIO(found["notices.zip"].content)) as archive:
        assert archive.namelist() == ["S1.html", "S1.ics", "S2.html", "S2.ics"]
    disposition = found["patrols.csv"].headers["content-disposition"]
    assert disposition == f'attachment; filename="patrols-small-{WEEK}-v1.csv"'
    logged = [json.loads(one.details)["file"] for one in log(world, Action.EXPORT_PLAN)]
    assert logged == list(reversed(found))
