"""Public answers are made once for each state of what is published; everything else as ever."""

from __future__ import annotations

import gzip
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from api.rights import Role
from api.store import Store
from api.store.records import Actor
from api.templates import render
from tests.api.small_folder import WEEK
from tests.api.test_publishing import add, publish_newest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import World

PAGE = "/areas/north/schools/A1"
ITEMS = "/api/v1/collections/corridors/items"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often a page is made."""
    made: list[str] = []

    def note(template: str, **values: object) -> str:
        made.append(template)
        return render(template, **values)

    monkeypatch.setattr("api.routes.pages.render", note)
    return made


def test_a_page_is_made_once_and_given_to_everybody(world: World, counted: list[str]) -> None:
    answers = [world.visitor().get(PAGE) for _ in range(3)]
    assert counted == ["school.html.j2"]
    assert (
        len({one.content for one in answers}) == len({one.headers["etag"] for one in answers}) == 1
    )
    for name in ("content-security-policy", "x-content-type-options", "cache-control"):
        assert answers[0].headers[name] == answers[2].headers[name]


def test_many_at_once_make_it_once(world: World, counted: list[str]) -> None:
    with world.visitor() as visitor:
        start = threading.Barrier(8)
        found: list[int] = []

        def ask() -> None:
            start.wait()
            found.append(visitor.get(PAGE).status_code)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert found == [200] * 8
    assert len(counted) == 1


def test_what_another_process_publishes_shows_at_once(
    world: World, tmp_path: Path, counted: list[str]
) -> None:
    before = world.visitor().get(PAGE)
    add(world, tmp_path / "moved", hour=16)
    assert world.visitor().get(PAGE).content == before.content, "not published yet"
    other = Store(world.services.settings.database_url, world.clock)
    with other.writing(Actor("command")) as unit:
        head = unit.plans.heads("north")[0]
        unit.plans.publish(head, head.row_version, reason="Agreed")
    other.close()
    after = world.visitor().get(PAGE, headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert "Version 3 of this week" in after.text
    assert len(counted) == 2


def test_a_patrol_that_is_over_goes_within_a_minute(world: World) -> None:
    path = "/api/v1/areas/north/schools/A1"
    assert len(world.visitor().get(path).json()["patrols"]) == 2
    until = timedelta(days=3, hours=7)
    world.clock.pass_s(until.total_seconds() - 61)
    assert len(world.visitor().get(path).json()["patrols"]) == 2
    world.clock.pass_s(61)
    assert len(world.visitor().get(path).json()["patrols"]) == 1


def test_who_is_signed_in_gets_their_own_page(world: World, counted: list[str]) -> None:
    world.visitor().get(PAGE)
    own = world.signed_in(Role.PLANNER).get(PAGE)
    assert "Your account" in own.text
    assert own.headers["cache-control"] == "private, no-cache"
    assert "Your account" not in world.visitor().get(PAGE).text
    assert len(counted) == 2


def test_queries_are_told_apart_and_errors_not_kept(world: World) -> None:
    visitor = world.visitor()
    assert visitor.get(f"{ITEMS}?area=north").json()["numberMatched"] == 1
    assert visitor.get(f"{ITEMS}?area=nowhere").json()["numberMatched"] == 0
    assert visitor.get(f"{ITEMS}?bbox=1,51,-1,52").status_code == 400
    assert visitor.get(f"{ITEMS}?bbox=1,51,-1,52").status_code == 400
    assert visitor.get(f"{ITEMS}?area={'a' * 600}").status_code == 422
    assert visitor.get("/areas/nowhere").status_code == 404
    assert visitor.post(PAGE).status_code == 405
    assert visitor.head(PAGE).content == b""


def test_packed_and_plain_are_the_same_under_different_tags(world: World) -> None:
    visitor = world.visitor()
    plain = visitor.get(PAGE, headers={"accept-encoding": "identity"})
    packed = visitor.get(PAGE, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "Cookie" in packed.headers["vary"]
    for tag in (plain.headers["etag"], packed.headers["etag"]):
        assert visitor.get(PAGE, headers={"if-none-match": f'"other", {tag}'}).status_code == 304


def test_static_files_come_packed_and_ask_for_nothing_else(world: World) -> None:
    visitor = world.visitor()
    name = "/static/govuk-frontend-6.3.0.min.css"
    packed = visitor.get(name)
    plain = visitor.get(name, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert gzip.compress(plain.content)[:2] == b"\x1f\x8b"
    for wrong in (b"url(", b"@import", b"@font-face", b"GDS Transport"):
        assert wrong not in plain.content
    assert b'--govuk-frontend-version: "6.3.0"' in plain.content
    assert visitor.get("/static/..%2Fservice.css").status_code == 404


def test_a_database_that_is_gone_is_told_and_nothing_old_given(world: World) -> None:
    assert world.visitor().get(PAGE).status_code == 200
    with world.store._writing.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE plan RENAME TO gone")
    assert world.visitor().get(PAGE).status_code == 503
    with world.store._writing.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO plan")
    assert world.visitor().get(PAGE).status_code == 200


def test_the_state_changes_with_each_publication(world_on_each: World, tmp_path: Path) -> None:
    seen = {world_on_each.store.published_state()}
    publish_newest(world_on_each, WEEK - timedelta(days=5))
    seen.add(world_on_each.store.published_state())
    add(world_on_each, tmp_path / "again")
    assert world_on_each.store.published_state() in seen
    publish_newest(world_on_each, WEEK - timedelta(days=5))
    seen.add(world_on_each.store.published_state())
    assert len(seen) == 3
