"""Uploads, mappings, changes and jobs over HTTP: what is refused keeps nothing."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

import pytest

from api.rights import Role
from api.store.records import Actor
from tests.api.conftest import OWN, form_token
from tests.api.small_work import worker_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.api.conftest import MakeWorld, World

AREA = "/api/v1/areas/north"
CSV = b"Crime No,From,X,Y\nC1,01/10/2026 15:45,530000,180000\n"


def send(
    client: TestClient,
    content: Any = CSV,
    name: str = "export.csv",
    key: str = "key-0001",
    **more: str,
) -> Response:
    query = {"kind": more.pop("kind", "incidents"), "name": name}
    headers = {"content-type": "text/csv", "idempotency-key": key, **more}
    return client.post(f"{AREA}/uploads", params=query, content=content, headers=headers)


def kept(world: World) -> int:
    with world.store.reading() as unit:
        return len(unit.uploads.recent("north"))


def work(world: World) -> None:
    worker = worker_over(world.store)
    while worker.work_once():
        pass


def test_a_file_is_sent_read_chosen_and_taken(world: World) -> None:
    """Without an area file it is read, and said what is missing to take it."""
    analyst = world.signed_in(Role.ANALYST)
    made = send(analyst)
    assert made.status_code == 201
    assert made.json()["status"] == "received"
    path = f"{AREA}/uploads/{made.json()['upload_id']}"
    work(world)
    upload = analyst.get(path).json()
    assert upload["report"]["guess"] == {
        "id": "Crime No", "from": "From", "easting": "X", "northing": "Y",
    }  # fmt: skip
    settings = {"format": "mapped", "mapping": upload["report"]["guess"], "use": "adds"}
    assert analyst.post(f"{path}/settings", json=settings).status_code == 428
    stale = analyst.post(f"{path}/settings", json=settings, headers={"if-match": '"1"'})
    assert stale.status_code == 409
    etag = {"if-match": f'"{upload["row_version"]}"'}
    chosen = analyst.post(f"{path}/settings", json=settings, headers=etag)
    assert chosen.status_code == 200
    work(world)
    refused = analyst.get(path).json()
    assert refused["status"] == "refused"
    assert "no area file" in refused["report"]["problems"][0]["what"]
    etag = {"if-match": f'"{refused["row_version"]}"'}
    taken = analyst.post(f"{path}/take", json={"reason": "New export"}, headers=etag)
    assert taken.status_code == 409
    gone = analyst.post(f"{path}/discard", json={"reason": "Wrong one"}, headers=etag)
    assert gone.json()["status"] == "discarded"
    assert "Crime" not in analyst.get(f"{AREA}/jobs").text


def test_what_is_discarded_is_in_no_file_of_the_database(world: World, tmp_path: Path) -> None:
    mark = b"Qwertz-Erasable"
    analyst = world.signed_in(Role.ANALYST)
    made = send(analyst, CSV + mark * 50_000).json()
    assert any(mark in one.read_bytes() for one in tmp_path.glob("filled.sqlite*"))
    path = f"{AREA}/uploads/{made['upload_id']}/discard"
    gone = analyst.post(path, json={"reason": "Wrong one"}, headers={"if-match": '"1"'})
    assert gone.json()["status"] == "discarded"
    assert not any(mark in one.read_bytes() for one in tmp_path.glob("filled.sqlite*"))


def test_a_file_sent_twice_is_there_once(world: World) -> None:
    analyst = world.signed_in(Role.ANALYST)
    first, again = send(analyst), send(analyst)
    assert first.json() == again.json()
    assert send(analyst, b"another").status_code == 409
    # another person's key is another key
    assert send(world.signed_in(Role.PLANNER)).json()["upload_id"] != first.json()["upload_id"]
    assert kept(world) == 2


NO_UPLOADS: list[tuple[dict[str, Any], int]] = [
    ({"content": b""}, 400),
    ({"name": "export.exe"}, 400),
    ({"name": "export.csv\x00.exe"}, 400),
    ({"name": ""}, 422),
    ({"kind": "other"}, 400),
    ({"kind": "secrets"}, 422),
    ({"key": "x"}, 422),
    ({"key": "with blanks inside"}, 422),
    ({"content-type": "application/zip"}, 415),
    ({"content-type": "multipart/form-data; boundary=x"}, 415),
    ({"content-length": "200000001"}, 413),
    ({"content-length": "minus one"}, 400),
]


def test_what_cannot_be_an_upload_is_refused(world: World) -> None:
    analyst = world.signed_in(Role.ANALYST)
    for wrong, status in NO_UPLOADS:
        answer = send(analyst, **wrong)
        assert (wrong, answer.status_code) == (wrong, status)
        assert answer.headers["content-type"] == "application/problem+json"
    assert kept(world) == 0


def test_a_body_beyond_the_limit_is_not_read_on(make_world: MakeWorld, filled_url: str) -> None:
    world = make_world(filled_url, max_upload_bytes=100_000)
    analyst = world.signed_in(Role.ANALYST)
    n_read = 0

    def endless() -> Iterator[bytes]:
        nonlocal n_read
        for _ in range(1000):  # 10 MB, and no word of it before
            n_read += 1
            yield b"x" * 10_000

    answer = send(analyst, endless())
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert kept(world) == 0
    assert send(analyst, b"a,b\n" * 25_000, key="key-0002").status_code == 201
    # everything that is no upload keeps its own, smaller limit
    assert analyst.post(f"{AREA}/changes", content=b"x" * 1_000_001).status_code == 413


def test_a_full_disk_is_told_and_what_was_published_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    analyst = world.signed_in(Role.ANALYST)
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.write", full)
    answer = send(analyst)
    assert answer.status_code == 503
    assert "no room" in answer.json()["detail"]
    assert kept(world) == 0
    assert world.visitor().get(f"{AREA}/schools").json()[0]["patrols"]


def test_who_may_not_upload_is_refused_before_the_body_is_read(world: World) -> None:
    read = []

    def body() -> Iterator[bytes]:
        read.append(1)
        yield CSV

    for client, status in (
        (world.visitor(), 401),
        (world.signed_in(Role.PARTNER), 403),
        (world.signed_in(Role.AUDITOR), 403),
    ):
        assert send(client, body()).status_code == status
    analyst = world.signed_in(Role.ANALYST)
    token = analyst.headers.pop("x-csrf-token")
    assert send(analyst).status_code == 403
    analyst.headers["x-csrf-token"] = token
    assert kept(world) == 0


def test_a_pages_form_is_read_after_its_sender_was_looked_at(world: World) -> None:
    analyst = world.signed_in(Role.ANALYST)
    token, file = analyst.headers.pop("x-csrf-token"), {"file": ("a.csv", CSV)}
    path, data = "/team/north/uploads/new", {"kind": "incidents", "once": "a-b-c"}
    good = {**data, "csrf_token": token}
    assert analyst.post(path, data={**data, "csrf_token": "x"}, files=file).status_code == 403
    assert analyst.post(path, data=data, files=file).status_code == 403
    assert world.visitor().post(path, files=file).status_code == 401
    assert world.signed_in(Role.AUDITOR).post(path, files=file).status_code == 403
    assert analyst.post("/team/south/uploads/new", files=file).status_code == 404
    two = [("file", ("a.csv", CSV)), ("file", ("b.csv", CSV))]
    assert analyst.post(path, data=good, files=two).status_code == 400
    assert analyst.post(path, data=good, files={"x": (None, "y")}).status_code == 422
    assert kept(world) == 0
    sent = [analyst.post(path, data=good, files=file) for _ in range(2)]
    assert [one.status_code for one in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    assert kept(world) == 1


# --- settings and documents: hostile shapes


NO_SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"format": "mapped", "path": "/etc/passwd"}, "path"),
    ({"format": "nothing"}, "incidents[1].format"),
    ({"format": "mapped", "mapping": {"from": "A"}}, "incidents[1].mapping.easting"),
    ({"format": "mapped", "mapping": "A"}, "incidents[1].mapping"),
    ({"format": "police-uk", "surprise": 1}, "incidents[1].surprise"),
    ({"format": "police-uk", "use": {"replaces": 1}}, "use"),
    ({"format": "police-uk", "encoding": "rot13"}, "incidents[1].encoding"),
    ({}, "incidents[1].format"),
]


def test_settings_are_checked_in_the_words_of_the_area_file(world: World) -> None:
    analyst = world.signed_in(Role.ANALYST)
    path = f"{AREA}/uploads/{send(analyst).json()['upload_id']}"
    for settings, where in NO_SETTINGS:
        answer = analyst.post(f"{path}/settings", json=settings, headers={"if-match": '"1"'})
        assert (settings, answer.status_code) == (settings, 422)
        assert where in {one["where"] for one in answer.json()["problems"]}
    assert analyst.get(path).json()["row_version"] == 1


NO_JSON = [
    '{"document": {"a": NaN}}',
    '{"document": {"a": 1e999}}',
    '{"document": {"a": "\\ud800"}}',
    '{"document": {"a\\u0000": 1}}',
    '{"document": {"a": 123456789012345678901234567890}}',
    '{"document": [1]}',
    '{"document": {}, "more": 1}',
    '{"document": ' + "[" * 40 + "]" * 40 + "}",
    '{"document": ',
]


def test_json_that_nothing_could_keep_is_refused(world: World) -> None:
    analyst = world.signed_in(Role.ANALYST)
    for raw in NO_JSON:
        answer = analyst.put(
            f"{AREA}/mappings/Export", content=raw, headers={"content-type": "application/json"}
        )
        assert (raw, answer.status_code in {400, 422}) == (raw, True)
    assert analyst.get(f"{AREA}/mappings").json() == []


def test_a_mapping_is_saved_by_name_and_replaced(world: World) -> None:
    analyst = world.signed_in(Role.ANALYST)
    for document in ({"format": "police-uk"}, {"format": "mapped"}):
        saved = analyst.put(f"{AREA}/mappings/North%20Police", json={"document": document})
        assert saved.status_code == 200
    (one,) = analyst.get(f"{AREA}/mappings").json()
    assert (one["name"], one["document"]) == ("North Police", {"format": "mapped"})


# --- changes


def test_a_change_without_an_area_file_is_refused_in_words(world: World) -> None:
    asked = {"kind": "aim", "document": {"school": "A1", "aim": "x"}, "reason": "Because"}
    answer = world.signed_in(Role.PLANNER).post(f"{AREA}/changes", json=asked)
    assert answer.status_code == 422
    assert "no area file" in answer.json()["problems"][0]["what"]


def test_only_an_approver_cancels(world: World) -> None:
    asked = {
        "kind": "cancellation",
        "document": {"school": "A1", "on": "2026-11-23"},
        "reason": "Snow",
    }
    assert world.signed_in(Role.PLANNER).post(f"{AREA}/changes", json=asked).status_code == 403
    assert world.signed_in(Role.APPROVER).post(f"{AREA}/changes", json=asked).status_code == 422


# --- jobs


def ask_plan(client: TestClient, key: str = "key-0001", **asked: Any) -> Response:
    body = {"week": "2026-11-30", "reason": "Next week", **asked}
    return client.post(f"{AREA}/jobs", json=body, headers={"idempotency-key": key})


def test_a_plan_is_asked_for_once(world: World) -> None:
    planner = world.signed_in(Role.PLANNER)
    first, again = ask_plan(planner), ask_plan(planner)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert ask_plan(planner, week="2026-12-07").status_code == 409
    assert ask_plan(planner, "key-0002").json()["job_id"] != first.json()["job_id"]
    assert len(planner.get(f"{AREA}/jobs").json()) == 2


NO_PLANS: list[tuple[dict[str, Any], int]] = [
    ({"week": "2026-12-01"}, 400),
    ({"week": "9999-12-27"}, 400),
    ({"week": "soon"}, 422),
    ({"reason": ""}, 422),
    ({"follows": ["2026-11-23", 99]}, 400),
    ({"follows": ["2026-11-23", 1, 2]}, 422),
    ({"publish": True}, 403),
]


def test_what_cannot_be_planned_is_refused(world: World) -> None:
    planner = world.signed_in(Role.PLANNER)
    for asked, status in NO_PLANS:
        assert (asked, ask_plan(planner, **asked).status_code) == (asked, status)
    assert planner.get(f"{AREA}/jobs").json() == []


def events(
    client: TestClient, job_id: int, **headers: str
) -> list[tuple[str, str, dict[str, Any]]]:
    """Read a stream to its end."""
    answer = client.get(f"{AREA}/jobs/{job_id}/events", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in answer.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            found.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return found


def test_a_job_is_heard_of_until_it_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.routes.jobs._LOOK_S", 0.01)
    planner = world.signed_in(Role.PLANNER)
    job_id = ask_plan(planner).json()["job_id"]
    with world.store.writing(Actor("worker")) as unit:
        job = unit.jobs.lease("tests")
        assert job is not None
    n_looks = 0
    found = world.store.reading

    def reading() -> Any:
        """Go on with the job while the stream looks."""
        nonlocal n_looks
        n_looks += 1
        if n_looks in {6, 12}:
            with world.store.writing(Actor("worker")) as unit:
                if n_looks == 6:
                    unit.jobs.beat(job, {"stage": 1, "words": "Reading", "share": 0.1})
                else:
                    unit.jobs.fail(job, [{"where": "a", "what": "b", "mend": "c"}])
        return found()

    monkeypatch.setattr(world.store, "reading", reading)
    heard = events(planner, job_id)
    assert [one[0] for one in heard] == ["progress", "progress", "ended"]
    assert heard[1][2]["progress"]["words"] == "Reading"
    assert heard[-1][2]["result"]["problems"][0]["what"] == "b"
    # whoever comes back after it ended is told so once more, and not to come again
    answer = planner.get(f"{AREA}/jobs/{job_id}/events", headers={"last-event-id": heard[-1][1]})
    assert answer.text.count("event: ended") == 1
    assert "retry: 86400000" in answer.text
    assert planner.get(f"{AREA}/jobs/999/events").status_code == 404
    assert world.visitor().get(f"{AREA}/jobs/{job_id}/events").status_code == 401


def test_whoever_comes_back_hears_only_what_is_new(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.jobs._LOOK_S", 0.01)
    monkeypatch.setattr("api.routes.jobs._LONGEST_S", 0.05)
    planner = world.signed_in(Role.PLANNER)
    job_id = ask_plan(planner).json()["job_id"]
    ((event, state, _),) = events(planner, job_id)
    assert event == "progress"
    assert events(planner, job_id, **{"last-event-id": state}) == []


def test_another_areas_work_is_not_there(world: World) -> None:
    planner = world.signed_in(Role.PLANNER)
    job_id = ask_plan(planner).json()["job_id"]
    upload_id = send(planner).json()["upload_id"]
    world.add_account("two@example.org", {"south": {Role.PLANNER}}, OWN.organisation)
    for path in (f"jobs/{job_id}", f"jobs/{job_id}/events", f"uploads/{upload_id}"):
        assert planner.get(f"/api/v1/areas/south/{path}").status_code == 404
    assert form_token(world.visitor())
