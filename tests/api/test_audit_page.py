"""The auditor's pages: by filters, page by page, as a harmless table; looking is logged too."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from api.audits.table import plain_cell
from api.rights import Role
from api.store.records import Actor
from tests.api.conftest import sign_in
from tests.api.small_folder import WEEK

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.api.conftest import World

HERE = "/audit/north"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1", "=cmd|'/c calc'!A1")
EVIDENCE = f"/api/v1/areas/north/plans/{WEEK}/1/segments?reason=Preparing+Tuesday"


@pytest.fixture
def auditor(world: World) -> TestClient:
    return world.signed_in(Role.AUDITOR)


def write(world: World, n: int, action: str = "read_plan", reason: str = "") -> None:
    with world.store.writing(Actor("account:1")) as unit:
        for one in range(n):
            unit.log.write(action, f"plan:north/{one}", area_id="north", reason=reason)


def rows_of(page: Response) -> list[int]:
    assert page.status_code == 200
    return [int(one) for one in re.findall(r"entry (\d+)</span>", page.text)]


def table(answer: Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(answer.text[1:])))


def test_it_shows_who_read_what_and_why(world: World, auditor: TestClient) -> None:
    analyst = world.signed_in(Role.ANALYST)
    assert analyst.get(EVIDENCE).status_code == 200
    page = auditor.get(HERE, params={"what": "read_evidence"})
    assert "analyst.north, North Council" in page.text
    assert "Read exact figures by street" in page.text
    assert "Preparing Tuesday" in page.text
    assert f"plan:north/{WEEK}/1" in page.text
    assert len(rows_of(page)) == 1


def test_looking_is_logged_with_what_was_looked_for(world: World, auditor: TestClient) -> None:
    auditor.get(HERE, params={"subject": "SECRET", "since": "2026-11-01"})
    with world.store.reading() as unit:
        newest = unit.log.entries("north", limit=1)[0]
    assert newest.action == "read_audit"
    assert json.loads(newest.details) == {"filters": ["subject", "since"], "n": 0}
    assert "SECRET" not in str(newest)


def test_each_filter_leaves_what_fits(world: World) -> None:
    world.signed_in(Role.AUDITOR)
    write(world, 2)
    world.clock.now += timedelta(days=3)
    write(world, 1, "publish_plan")
    day = world.clock.now.date().isoformat()
    auditor = sign_in_again(world)

    def n(**filters: str) -> int:
        page = auditor.get(HERE, params=filters)
        return len(rows_of(page)) - page.text.count("Read the log<br>")

    assert n(what="publish_plan", since=day) == 1
    assert n(what="publish_plan", until="2026-11-22") == 1  # of the folders that were loaded
    # their signing in, on each of both days, counts too
    assert n(who="account:1") == 3 + 2
    assert n(who="account:1", since=day, until=day) == 1 + 1
    assert n(who="account:1", until="2026-11-22") == 2 + 1
    assert n(who="account:1", subject="north/1") == 1
    assert n(subject="%") == n(subject="_%_") == 0, "no pattern, but a part of the subject"
    assert n(who="account:99") == 0


def test_a_day_is_a_day_of_the_areas_clocks(world: World) -> None:
    """In summer 23:30 in UTC is the next day in London."""
    world.clock.now = world.clock.now.replace(year=2027, month=6, day=1, hour=23, minute=30)
    world.signed_in(Role.AUDITOR)
    write(world, 1, "cancel_patrol")
    auditor = sign_in_again(world)
    first, second = (
        rows_of(auditor.get(HERE, params={"what": "cancel_patrol", **days}))
        for days in ({"until": "2027-06-01"}, {"since": "2027-06-02"})
    )
    assert (len(first), len(second)) == (0, 1)


def sign_in_again(world: World) -> TestClient:
    """Give a new session: some time has passed since the last."""
    client = world.visitor()
    assert sign_in(client, "auditor.north@example.org").status_code == 303
    return client


def test_pages_hold_every_entry_once(world: World, auditor: TestClient) -> None:
    write(world, 120)
    seen: list[int] = []
    path: str | None = f"{HERE}?what=read_plan"
    while path:
        page = auditor.get(path)
        seen += rows_of(page)
        older = re.search(r'href="(/audit/north\?[^"]+)" rel="next"', page.text)
        path = older[1].replace("&amp;", "&") if older else None
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)


def test_another_areas_entries_are_not_there(world: World, auditor: TestClient) -> None:
    with world.store.writing(Actor("account:1")) as unit:
        unit.log.write("read_plan", "plan:south/secret", area_id="south")
    assert "plan:south" not in auditor.get(HERE).text
    assert "plan:south" not in auditor.get(f"{HERE}/export?reason=Testing").text
    assert auditor.get("/audit/south").status_code == 404


def test_days_that_are_none_are_told(auditor: TestClient) -> None:
    for wrong in (
        {"since": "soon"}, {"until": "2026-13-01"}, {"since": "9999-12-31"},
        {"since": "2026-11-02", "until": "2026-11-01"},
    ):  # fmt: skip
        for path in (HERE, f"{HERE}/export"):
            answer = auditor.get(path, params=wrong | {"reason": "Testing"})
            assert answer.status_code == 400
            assert "There is a problem" in answer.text
            assert re.findall(r"entry (\d+)</span>", answer.text) == [], "nothing is read unlogged"


# --- taken away


def test_the_table_holds_everything_that_fits_and_is_logged(
    world: World, auditor: TestClient
) -> None:
    write(world, 1100)
    answer = auditor.get(f"{HERE}/export", params={"what": "read_plan", "reason": "Yearly review"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["cache-control"] == "no-store"
    rows = table(answer)
    assert len({one["entry_id"] for one in rows}) == len(rows) == 1100
    assert {one["action"] for one in rows} == {"read_plan"}
    with world.store.reading() as unit:
        newest = unit.log.entries("north", limit=1)[0]
    assert (newest.action, newest.reason) == ("export_audit", "Yearly review")


def test_nothing_is_taken_away_without_a_reason(world: World, auditor: TestClient) -> None:
    for reason in ("", " a ", "a\tb\x01"):
        answer = auditor.get(f"{HERE}/export", params={"reason": reason})
        assert answer.status_code == 400
        assert "text/html" in answer.headers["content-type"]
    with world.store.reading() as unit:
        assert unit.log.entries("north", limit=1)[0].action != "export_audit"


def test_no_cell_is_a_formula(world: World, auditor: TestClient) -> None:
    for formula in FORMULAS:
        write(world, 1, "read_plan", formula)
    answer = auditor.get(f"{HERE}/export", params={"what": "read_plan", "reason": "Testing"})
    reasons = [one["reason"] for one in table(answer) if one["reason"]]
    assert sorted(reasons) == sorted(f"'{formula}" for formula in FORMULAS)
    cells = [cell for row in table(answer) for cell in row.values()]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "＝")) for cell in cells)


def test_what_is_no_formula_stays_as_it_is() -> None:
    for cell in ("", "Agreed", "a=b", "2026-11-23", '{"n":1}', "plan:north/2026-11-23/1"):
        assert plain_cell(cell) == cell


def test_script_in_a_reason_is_text(world: World, auditor: TestClient) -> None:
    write(world, 1, "read_plan", "<script>alert(1)</script>")
    page = auditor.get(HERE)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


# --- the chain


def test_the_chain_is_checked_and_a_kept_head_too(world: World, auditor: TestClient) -> None:
    whole = auditor.get(f"{HERE}/chain")
    assert "The log is whole" in whole.text
    head = re.search(r"[0-9a-f]{64}", whole.text)
    assert head is not None
    assert "The log is whole" in auditor.get(f"{HERE}/chain", params={"head": head[0]}).text
    assert "broken" in auditor.get(f"{HERE}/chain", params={"head": "0" * 63 + "1"}).text
    assert auditor.get(f"{HERE}/chain", params={"head": "abc"}).status_code == 400
    with world.store.reading() as unit:
        assert unit.log.about("audit:north", "check_audit")


def test_a_broken_chain_is_told_with_its_entry(world: World, auditor: TestClient) -> None:
    with world.store._writing.begin() as connection:
        for name in connection.execute(
            text(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
            )
        ).scalars():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE audit_entry SET reason = 'x' WHERE entry_id = 2"))
    page = auditor.get(f"{HERE}/chain")
    assert "broken at entry 2" in page.text
