"""What everybody may ask: corridors, schools and feeds; on both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from icalendar import Calendar

from api.loading import load_plan_folder
from api.rights import Role
from api.store.records import Actor
from tests.api.conftest import BASE, OWN
from tests.api.small_folder import WEEK, write_small_folder

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response

    from tests.api.conftest import World

ITEMS = "/api/v1/collections/corridors/items"


def is_problem(answer: Response, status: int) -> bool:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "problems"}
    assert body["title"]
    assert body["detail"]
    return bool(answer.status_code == body["status"] == status)


def test_corridors_of_every_area(world_on_each: World) -> None:
    answer = world_on_each.visitor().get(ITEMS)
    assert answer.headers["content-type"] == "application/geo+json"
    found = answer.json()
    assert [one["id"] for one in found["features"]] == ["north.corridor-A1", "south.corridor-A1"]
    assert found["numberMatched"] == found["numberReturned"] == 2
    feature = found["features"][0]
    assert feature["properties"] == {
        "area_id": "north", "corridor_id": "corridor-A1", "school_ids": ["A1"],
        "length_m": 180, "grade": "strong",
    }  # fmt: skip
    assert feature["geometry"] == {
        "type": "MultiLineString", "coordinates": [[[-0.12, 51.5], [-0.118, 51.501]]],
    }  # fmt: skip
    assert feature["bbox"] == [-0.12, 51.5, -0.118, 51.501]


def test_pages_lead_from_one_to_the_next(world_on_each: World) -> None:
    visitor = world_on_each.visitor()
    seen, url = [], f"{ITEMS}?limit=1&bbox=-1,51,1,52"
    for _ in range(5):
        body = visitor.get(url).json()
        seen += [one["id"] for one in body["features"]]
        following = [one["href"] for one in body["links"] if one["rel"] == "next"]
        if not following:
            break
        assert following[0].startswith(BASE)
        assert "bbox=-1%2C51%2C1%2C52" in following[0]
        url = following[0].removeprefix(BASE)
    assert seen == ["north.corridor-A1", "south.corridor-A1"]


@pytest.mark.parametrize(
    ("query", "n"),
    [
        ("bbox=-0.12,51.5,-0.118,51.501", 2),
        ("bbox=-0.118,51.501,1,52", 2),
        ("bbox=-0.117,51.5,1,52", 0),
        ("bbox=-180,-90,180,90", 2),
        ("area=north", 1),
        ("area=nowhere", 0),
        ("offset=5", 0),
    ],
)
def test_boxes_and_areas(world: World, query: str, n: int) -> None:
    assert len(world.visitor().get(f"{ITEMS}?{query}").json()["features"]) == n


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ("1,51,-1,52", "west side lies east"),
        ("-1,52,1,51", "south side lies north"),
        ("-181,51,1,52", "outside the world"),
        ("1e400,51,1,52", "not four numbers"),
        ("1,2,3,4e", "not four numbers"),
    ],
)
def test_a_wrong_box_is_named(world: World, box: str, words: str) -> None:
    answer = world.visitor().get(ITEMS, params={"bbox": box})
    assert is_problem(answer, 400)
    (part,) = answer.json()["problems"]
    assert part["where"] == "bbox"
    assert words in part["what"]
    assert part["mend"].startswith("Give west,south,east,north")


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "bbox=NaN,1,2,3",
        "limit=0",
        "limit=x",
        "offset=-1",
        "area=A%20B",
    ],
)
def test_what_is_not_as_described_is_named_and_not_quoted(world: World, query: str) -> None:
    answer = world.visitor().get(f"{ITEMS}?{query}")
    assert is_problem(answer, 422)
    assert answer.json()["problems"][0]["where"].split(".")[-1] == query.split("=", maxsplit=1)[0]


def test_collections_describe_themselves(world: World) -> None:
    visitor = world.visitor()
    (only,) = visitor.get("/api/v1/collections").json()["collections"]
    assert only == visitor.get("/api/v1/collections/corridors").json()
    assert only["extent"]["spatial"]["bbox"] == [[-0.12, 51.5, -0.118, 51.501]]
    items = next(one["href"] for one in only["links"] if one["rel"] == "items")
    assert visitor.get(items.removeprefix(BASE)).status_code == 200
    one = visitor.get(f"{ITEMS}/north.corridor-A1").json()
    assert one == visitor.get(ITEMS).json()["features"][0]
    for path in ("/api/v1/collections/segments", f"{ITEMS}/x", f"{ITEMS}/east.corridor-A1"):
        assert is_problem(visitor.get(path), 404)


TAGGED = [ITEMS, f"{ITEMS}/north.corridor-A1", "/api/v1/areas/north/schools/A1/calendar.ics",
          "/", "/areas/north", "/areas/north/schools/A1", "/areas/north/map",
          "/areas/north/schools/A1/notice", "/static/service.css", "/docs",
          "/api/v1/openapi.json"]  # fmt: skip


@pytest.mark.parametrize("path", TAGGED)
def test_what_the_reader_has_is_not_sent_again(world: World, path: str) -> None:
    visitor = world.visitor()
    first = visitor.get(path)
    assert first.status_code == 200
    assert first.headers["cache-control"].startswith("public, max-age=")
    for tag in (first.headers["etag"], f"W/{first.headers['etag']}", "*"):
        again = visitor.get(path, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert "content-security-policy" in again.headers
    assert visitor.get(path, headers={"if-none-match": '"x"'}).status_code == 200


def test_a_page_of_somebody_signed_in_is_for_nobody_else(world: World) -> None:
    page = world.signed_in(Role.PLANNER).get("/")
    assert page.headers["cache-control"] == "private, no-cache"
    assert page.headers["vary"] == "Cookie"
    assert "Your account" in page.text


def test_schools_tell_coming_patrols_only(world_on_each: World) -> None:
    visitor = world_on_each.visitor()
    path = "/api/v1/areas/north/schools"
    (alder, birch) = visitor.get(path).json()
    assert [one["starts_at"] for one in alder["patrols"]] == [
        "2026-11-23T15:00:00Z", "2026-11-25T15:00:00Z",
    ]  # fmt: skip
    assert alder["patrols"][0]["streets"] == "Alder Street, Bell Lane"
    assert (birch["outcome"], birch["patrols"]) == ("evidence_too_weak", [])
    world_on_each.clock.pass_s(3 * 86_400 + 7 * 3600)  # Monday at four: the first is just over
    assert len(visitor.get(f"{path}/A1").json()["patrols"]) == 1
    assert visitor.get(f"{path}/C3").status_code == 404
    assert visitor.get("/api/v1/areas/nowhere/schools").status_code == 404


def test_an_area_that_published_nothing_is_not_there(world: World, tmp_path: Path) -> None:
    load_plan_folder(world.store, OWN.__class__("east", "East"), write_small_folder(tmp_path / "p"))
    visitor = world.visitor()
    assert [one["area_id"] for one in visitor.get("/api/v1/areas").json()] == ["north", "south"]
    for path in ("/api/v1/areas/east/schools", "/areas/east", "/areas/east/schools/A1"):
        assert visitor.get(path).content == visitor.get(path.replace("east", "nowhere")).content


def test_no_figure_of_the_evidence_is_public(world: World) -> None:
    visitor = world.visitor()
    openapi = visitor.get("/api/v1/openapi.json").json()
    for path in [*TAGGED, "/api/v1/areas/north/schools", "/api/v1/areas"]:
        if path in {"/docs", "/api/v1/openapi.json", "/static/service.css"}:
            continue
        text = visitor.get(path).text
        for word in ("intensity_per_km_day", "n_incidents", '"n":', "parameters"):
            assert word not in text, path
    assert openapi["paths"]


# --- the feed


def publish_again(world: World, folder: Path) -> None:
    head = load_plan_folder(world.store, OWN, folder)
    with world.store.writing(Actor("command")) as unit:
        unit.plans.publish(head, head.row_version, reason="Changed")


def feed(world: World) -> dict[str, tuple[int, str, str]]:
    answer = world.visitor().get("/api/v1/areas/north/schools/A1/calendar.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    return {
        str(one["UID"]).partition("@")[0]: (
            int(str(one["SEQUENCE"])), str(one["STATUS"]), one.decoded("DTSTART").strftime("%d %H"),
        )
        for one in calendar.walk("VEVENT")
    }  # fmt: skip


def test_a_cancelled_patrol_is_cancelled_in_phones_too(world: World, tmp_path: Path) -> None:
    assert feed(world) == {
        "A1-2026-11-23": (0, "CONFIRMED", "23 15"),
        "A1-2026-11-25": (0, "CONFIRMED", "25 15"),
    }
    tag = world.visitor().get("/api/v1/areas/north/schools/A1/calendar.ics").headers["etag"]
    publish_again(world, write_small_folder(tmp_path / "changed", days=(2, 3), hour=16))
    # version 2 of the week was never published: this is version 3
    assert feed(world) == {
        "A1-2026-11-23": (2, "CANCELLED", "23 15"),
        "A1-2026-11-25": (2, "CONFIRMED", "25 16"),
        "A1-2026-11-26": (2, "CONFIRMED", "26 16"),
    }
    answer = world.visitor().get(
        "/api/v1/areas/north/schools/A1/calendar.ics", headers={"if-none-match": tag}
    )
    assert answer.status_code == 200
    assert answer.text.count("SUMMARY:Cancelled: ") == 1


def test_next_week_joins_the_same_feed(world: World, tmp_path: Path) -> None:
    later = write_small_folder(tmp_path / "later", week=WEEK.replace(day=30), days=(1,))
    publish_again(world, later)
    assert {one: told[1] for one, told in feed(world).items()} == {
        "A1-2026-11-23": "CONFIRMED", "A1-2026-11-25": "CONFIRMED", "A1-2026-12-01": "CONFIRMED",
    }  # fmt: skip
    page = world.visitor().get("/areas/north/schools/A1").text
    assert "Monday 23 November 2026" in page
    assert "Tuesday 1 December 2026" in page


# --- the team


def test_partners_see_the_released_part_of_a_plan_to_come(world_on_each: World) -> None:
    partner = world_on_each.signed_in(Role.PARTNER)
    body = partner.get(f"/api/v1/areas/north/plans/{WEEK}/2/released").json()
    assert body["plan"]["status"] == "agreed"
    assert [one["id"] for one in body["corridors"]] == ["north.corridor-A1"]
    assert len(body["schools"][0]["patrols"]) == 2
    assert '"n"' not in json.dumps(body)


def test_segments_by_box_and_page(world_on_each: World) -> None:
    analyst = world_on_each.signed_in(Role.ANALYST)
    path = f"/api/v1/areas/north/plans/{WEEK}/1/segments?reason=Looking"
    body = analyst.get(f"{path}&limit=2").json()
    assert (body["numberMatched"], body["numberReturned"]) == (3, 2)
    west = body["features"][0]["bbox"]
    box = ",".join(str(side) for side in (west[0], west[1], west[0] + 1e-4, west[3]))
    assert [
        one["properties"]["segment_id"]
        for one in analyst.get(f"{path}&bbox={box}").json()["features"]
    ] == ["1-2-0"]


def test_publishing_over_http(world_on_each: World) -> None:
    approver = world_on_each.signed_in(Role.APPROVER)
    path = f"/api/v1/areas/north/plans/{WEEK}/2/publish"
    body = {"reason": "Agreed at the meeting"}
    assert is_problem(approver.post(path, json=body), 428)
    assert is_problem(approver.post(path, json=body, headers={"if-match": "x"}), 400)
    assert is_problem(approver.post(path, json=body, headers={"if-match": '"7"'}), 409)
    done = approver.post(path, json=body, headers={"if-match": '"1"'})
    assert (done.status_code, done.json()["status"]) == (200, "published")
    again = approver.post(path, json=body, headers={"if-match": '"1"'})
    assert is_problem(again, 409)
    assert again.json()["problems"][0]["where"] == "status"
    plans = approver.get("/api/v1/areas/north/plans").json()
    assert [(one["version"], one["status"]) for one in plans] == [
        (2, "published"),
        (1, "superseded"),
    ]


def test_health_tells_versions_and_the_migration(world_on_each: World) -> None:
    body = world_on_each.visitor().get("/health").json()
    assert body["status"] == "ok"
    assert body["migration"] == body["migration_needed"]
    assert all(body[name] for name in ("version", "geos", "proj", "gdal", "database"))


def test_health_of_a_database_of_another_step(world: World) -> None:
    with world.store._writing.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    answer = world.visitor().get("/health")
    assert is_problem(answer, 503)
    assert "step 0000, this version needs 00" in answer.json()["detail"]
