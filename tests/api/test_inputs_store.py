"""Uploads, inputs, changes and erasing, on both databases."""

from __future__ import annotations

import io
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from api.errors import BadRequest, Conflict, NotFound
from api.jobs.periodic import erase_due
from api.rights import Role
from api.store import Store
from api.store.records import Actor
from api.store.uploads import clean_name
from api.store.work_records import ChangeKind, InputKind, UploadStatus
from api.workspace import materialise
from corridors.errors import BadInput
from tests.api.conftest import TEST_SETTINGS, Clock
from tests.api.small_work import AREA, PLANNER, fill, send, upload_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.store.work_records import Upload
    from tests.small_area import SmallArea

MARK = b"Qwertz-Erasable"
SETTINGS = {"format": "mapped", "mapping": {"from": "From", "easting": "X", "northing": "Y"}}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[Store]:
    store = Store(database_url, clock)
    yield store
    store.close()


@pytest.fixture
def area(store: Store, tmp_path: Path) -> SmallArea:
    return fill(store, tmp_path)


def checked(store: Store, upload: Upload, **settings: object) -> Upload:
    with store.writing(PLANNER) as unit:
        upload = unit.uploads.choose(upload, upload.row_version, {**SETTINGS, **settings})
        return unit.uploads.report(upload, upload.row_version, UploadStatus.CHECKED, {"n_in": 1})


def take(store: Store, upload: Upload) -> Upload:
    with store.writing(PLANNER) as unit:
        return unit.uploads.take(upload, upload.row_version, reason="New export")


def paths(store: Store) -> list[str]:
    with store.reading() as unit:
        return [one.path for one in unit.inputs.files("small")]


def incidents(store: Store) -> list[str]:
    with store.reading() as unit:
        document = unit.inputs.document("small")
    assert document is not None
    return [one["path"] for one in tomllib.loads(document.document)["incidents"]]


# --- uploads


def test_a_large_file_comes_back_as_it_was_in_pieces(store: Store, area: SmallArea) -> None:
    del area
    content = bytes(range(256)) * 10_000
    upload = send(store, io.BytesIO(content))  # type: ignore[arg-type]
    assert upload.n_bytes == len(content)
    with store.reading() as unit:
        assert unit.uploads.content(upload.upload_id) == content
        assert max(len(one) for one in unit.uploads.pieces(upload.upload_id)) == 1 << 20


def test_what_is_sent_twice_is_kept_once(store: Store, area: SmallArea) -> None:
    del area
    first, again = send(store, b"a,b\n", key="one"), send(store, b"a,b\n", key="one")
    assert first == again
    assert send(store, b"a,b\n", key="two").upload_id != first.upload_id
    with pytest.raises(Conflict, match="Something else"):
        send(store, b"something else", key="one")
    with pytest.raises(BadRequest, match="empty"):
        send(store, b"")
    with store.reading() as unit:
        assert len(unit.uploads.recent("small")) == 2
        assert unit.uploads.get("other", first.upload_id) is None


def test_what_is_sent_twice_at_once_is_kept_once(store: Store, area: SmallArea) -> None:
    del area
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: send(store, b"a,b\n" * 100_000, key="one"), range(6)))
    assert len({one.upload_id for one in sent}) == 1
    with store._engine.connect() as connection:
        query = "SELECT count(DISTINCT file_id) FROM file_piece"
        # streets, schools, roster, incidents, and this one
        assert connection.exec_driver_sql(query).scalar_one() == 5


def test_one_that_adds_and_one_that_replaces(store: Store, area: SmallArea) -> None:
    del area
    added = take(store, checked(store, send(store, b"x"), use="adds"))
    assert incidents(store) == ["incidents.csv", "upload-1-export.csv"]
    use = {"replaces": "upload-1-export.csv"}
    take(store, checked(store, send(store, b"y"), use=use))
    assert incidents(store) == ["incidents.csv", "upload-2-export.csv"]
    assert "upload-1-export.csv" not in paths(store)
    assert {"incidents.csv", "upload-2-export.csv"} <= set(paths(store))
    assert upload_of(store, added).status == UploadStatus.TAKEN


def test_how_it_goes_with_what_is_there_has_to_be_said(store: Store, area: SmallArea) -> None:
    del area
    before = paths(store)
    with pytest.raises(BadRequest, match="goes with the incidents"):
        take(store, checked(store, send(store, b"x")))
    with pytest.raises(BadInput, match="no incidents by this path"):
        take(store, checked(store, send(store, b"x"), use={"replaces": "gone.csv"}))
    assert paths(store) == before
    with store.reading() as unit:
        assert {one.status for one in unit.uploads.recent("small")} == {UploadStatus.CHECKED}


def test_what_a_person_wrote_around_it_stays(store: Store, area: SmallArea) -> None:
    text = area.file.read_text() + "\n# A remark of the team\n"
    with store.writing(PLANNER) as unit:
        unit.inputs.set_document("small", text, reason="With a remark")
    take(store, checked(store, send(store, b"x"), use={"replaces": "incidents.csv"}))
    with store.reading() as unit:
        document = unit.inputs.document("small")
        assert document is not None
        assert document.version == 3
        assert "# A remark of the team" in document.document


def test_a_roster_takes_the_place_of_the_roster(store: Store, area: SmallArea) -> None:
    del area
    upload = send(store, b"post_id\n", "Roster 2026.csv", kind=InputKind.ROSTER)
    with store.writing(PLANNER) as unit:
        upload = unit.uploads.report(upload, 1, UploadStatus.CHECKED, {})
    take(store, upload)
    assert "upload-1-roster-2026.csv" in paths(store)
    assert "roster.csv" not in paths(store)
    other = send(store, b"x", kind=InputKind.OTHER)
    with store.writing(PLANNER) as unit:
        other = unit.uploads.report(other, 1, UploadStatus.CHECKED, {})
    with pytest.raises(BadRequest, match="Only incidents"):
        take(store, other)


def test_a_stale_or_repeated_step_is_told_and_done_once(store: Store, area: SmallArea) -> None:
    del area
    upload = send(store, b"x")
    ready = checked(store, upload, use="adds")
    with pytest.raises(Conflict, match="Somebody else"):
        checked(store, upload)
    take(store, ready)
    with pytest.raises(Conflict):
        take(store, ready)
    with store.writing(PLANNER) as unit, pytest.raises(Conflict, match="taken"):
        unit.uploads.discard(upload_of(store, upload), ready.row_version + 1, "Late")
    with pytest.raises(Conflict, match="received"):
        take(store, send(store, b"y"))
    assert incidents(store) == ["incidents.csv", "upload-1-export.csv"]


def test_what_is_discarded_is_erased_at_once(store: Store, area: SmallArea) -> None:
    del area
    upload = send(store, MARK)
    with store.writing(PLANNER) as unit:
        gone = unit.uploads.discard(upload, 1, "The wrong file")
    assert gone.status == UploadStatus.DISCARDED
    assert gone.erased_at is not None
    with store.reading() as unit:
        assert unit.uploads.content(upload.upload_id) is None


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("Crime Export (Oct).CSV", "crime-export-oct.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Temp\\x.csv", "x.csv"),
        ("<script>alert(1)</script>.csv", "script.csv"),
        ("=cmd|calc.csv", "cmd-calc.csv"),
        ("..", "file"),
        ("x" * 500 + ".csv", "x" * 60 + ".csv"),
        ("a.b.osm.bz2", "a-b-osm.bz2"),
    ],
)
def test_names_are_made_ours(name: str, ours: str) -> None:
    assert clean_name(name) == ours


# --- erasing


def test_rows_whose_time_is_over_are_erased_and_a_plan_says_so(
    store: Store, area: SmallArea, clock: Clock, tmp_path: Path
) -> None:
    area.write("incidents.csv", (area.folder / "incidents.csv").read_bytes() + MARK)
    fill_again(store, area)
    waiting = send(store, b"waiting " + MARK)
    clock.now += timedelta(days=364)
    assert erase_due(store, TEST_SETTINGS, clock.now) == 0
    clock.now += timedelta(days=1)
    # two versions of the incidents, and the upload that nobody took
    assert erase_due(store, TEST_SETTINGS, clock.now) == 3
    assert erase_due(store, TEST_SETTINGS, clock.now) == 0
    with store.reading() as unit:
        by_path = {one.path: one for one in unit.inputs.files("small")}
        assert unit.inputs.content(by_path["incidents.csv"].input_id) is None
        assert unit.inputs.content(by_path["schools.csv"].input_id) is not None
        assert unit.uploads.content(waiting.upload_id) is None
        with pytest.raises(BadInput, match="were erased on 20 November 2027"):
            materialise(unit, "small", tmp_path)
        entries = [one for one in unit.log.entries("small") if one.action == "erase"]
        assert len(entries) == 3
        assert MARK.decode() not in str(entries)
        assert unit.log.verify().broken_entry is None


def fill_again(store: Store, area: SmallArea) -> None:
    from api.loading import load_area  # noqa: PLC0415 -- of one test

    load_area(store, AREA, area.file, keep_days=365)


def test_erased_rows_are_in_no_file_of_the_database(sqlite_url: str, tmp_path: Path) -> None:
    clock = Clock()
    store = Store(sqlite_url, clock)
    area = fill(store, tmp_path)
    area.write("incidents.csv", MARK * 50_000)
    fill_again(store, area)
    files = list(tmp_path.glob("store.sqlite*"))
    assert any(MARK in one.read_bytes() for one in files)
    clock.now += timedelta(days=366)
    erase_due(store, TEST_SETTINGS, clock.now)
    assert not any(MARK in one.read_bytes() for one in tmp_path.glob("store.sqlite*"))
    store.close()


WORDED = {
    "columns": [MARK.decode()],
    "guess": {"id": MARK.decode()},
    "categories": [{"word": MARK.decode(), "n": 1}],
    "n_in": 1,
}


def worded(store: Store, upload: Upload) -> Upload:
    """Let an upload be checked whose settings and report hold words of the file."""
    word = MARK.decode()
    ready = checked(store, upload, categories={word: "robbery"}, discovered=[word], use="adds")
    with store.writing(PLANNER) as unit:
        return unit.uploads.report(ready, ready.row_version, UploadStatus.CHECKED, WORDED)


def assert_wordless(upload: Upload) -> None:
    assert MARK.decode() not in f"{upload.report} {upload.settings}"
    assert upload.report == {"n_in": 1}
    assert upload.settings["mapping"] == SETTINGS["mapping"]


def test_what_is_discarded_leaves_no_words(store: Store, area: SmallArea) -> None:
    del area
    upload = worded(store, send(store, b"rows"))
    with store.writing(PLANNER) as unit:
        assert_wordless(unit.uploads.discard(upload, upload.row_version, "The wrong file"))
    assert_wordless(upload_of(store, upload))


def test_what_is_erased_leaves_no_words_of_it_taken_or_not(
    store: Store, area: SmallArea, clock: Clock
) -> None:
    del area
    waiting = worded(store, send(store, b"waiting"))
    taken = take(store, worded(store, send(store, b"taken")))
    kept = worded(store, send(store, b"kept longer", keep_days=700))
    clock.now += timedelta(days=366)
    erase_due(store, TEST_SETTINGS, clock.now)
    assert_wordless(upload_of(store, waiting))
    assert_wordless(upload_of(store, taken))
    assert upload_of(store, kept).report == WORDED
    with store.writing(PLANNER) as unit, pytest.raises(Conflict):
        # a check that was under way comes too late
        unit.uploads.report(waiting, waiting.row_version, UploadStatus.CHECKED, WORDED)


def test_the_round_after_a_reader_takes_out_what_was_discarded(
    sqlite_url: str, tmp_path: Path
) -> None:
    clock = Clock()
    store = Store(sqlite_url, clock)
    fill(store, tmp_path)
    upload = send(store, MARK * 50_000)
    with store.reading() as unit:
        assert unit.uploads.get("small", upload.upload_id) is not None  # the reading has begun
        with store.writing(PLANNER) as writing:
            writing.uploads.discard(upload, 1, "The wrong file")
        assert not store.compact()
    files = list(tmp_path.glob("store.sqlite*"))
    assert any(MARK in one.read_bytes() for one in files)
    assert erase_due(store, TEST_SETTINGS, clock.now) == 0
    assert not any(MARK in one.read_bytes() for one in tmp_path.glob("store.sqlite*"))
    assert store.compact()
    store.close()


# --- changes


def add(store: Store, kind: ChangeKind, document: dict[str, object], actor: Actor = PLANNER) -> int:
    with store.writing(actor) as unit:
        return unit.changes.add("small", 1, kind, document, reason="It was asked for").change_id


NO_CHANGES: list[tuple[ChangeKind, dict[str, object], str]] = [
    (ChangeKind.AIM, {"school": "S9", "aim": "road_danger"}, "no school 'S9'"),
    (ChangeKind.AIM, {"school": "S1", "aim": "nothing"}, "no aim 'nothing'"),
    (ChangeKind.ABSENCE, {"post": "YW9", "from": "2026-07-06", "to": "2026-07-06"}, "YW9"),
    (ChangeKind.ABSENCE, {"post": "YW1", "from": "2026-07-07", "to": "2026-07-06"}, "before"),
    (ChangeKind.REFUSAL, {"who": "YW1", "refuses": ["martians"]}, "martians"),
    (ChangeKind.EDIT, {"school": "S1", "shorten_to_m": 9_000}, "out of range"),
    (ChangeKind.EDIT, {"school": "S1", "shorten_to_m": 300, "by": "Me"}, "who changes it"),
    (ChangeKind.CANCELLATION, {"school": "S1", "on": "someday"}, "not a date"),
    (ChangeKind.MIX, {"school": "S1", "needed": [], "police": "absent"}, "no groups of roles"),
    (ChangeKind.PAIRING, {"who": "YW1", "beside": [None]}, "empty"),
]


def test_a_change_that_cannot_be_is_told_at_once(sqlite_url: str, tmp_path: Path) -> None:
    store = Store(sqlite_url)
    fill(store, tmp_path)
    for kind, document, told in NO_CHANGES:
        with pytest.raises(BadInput, match=told):
            add(store, kind, document)
    with store.reading() as unit:
        assert unit.changes.all("small") == []
    store.close()


def test_changes_stand_until_they_are_withdrawn(
    store: Store, area: SmallArea, tmp_path: Path
) -> None:
    del area
    first = add(store, ChangeKind.AIM, {"school": "S1", "aim": "road_danger"})
    second = add(
        store, ChangeKind.ABSENCE, {"post": "YW1", "from": "2026-07-06", "to": "2026-07-06"}
    )
    with pytest.raises(Conflict, match="stands already"):
        add(store, ChangeKind.AIM, {"school": "S1", "aim": "road_danger"})
    with pytest.raises(BadInput, match="set twice"):
        add(store, ChangeKind.AIM, {"school": "S1", "aim": "group_disputes"})
    with store.writing(PLANNER) as unit:
        assert [one.change_id for one in unit.changes.standing("small")] == [first, second]
        unit.changes.withdraw("small", first, reason="No longer")
    with store.writing(PLANNER) as unit, pytest.raises(Conflict, match="withdrawn already"):
        unit.changes.withdraw("small", first, reason="No longer")
    with store.writing(PLANNER) as unit, pytest.raises(NotFound):
        unit.changes.withdraw("other", second, reason="Not mine")
    with store.reading() as unit:
        assert [one.change_id for one in unit.changes.standing("small")] == [second]
        assert len(unit.changes.all("small")) == 2
        document = tomllib.loads(materialise(unit, "small", tmp_path / "area").read_text())
    assert "aims" not in document
    assert document["absences"] == [
        {"post": "YW1", "from": document["absences"][0]["to"], "to": document["absences"][0]["to"]}
    ]


def test_a_change_names_the_role_and_never_the_person(
    store: Store, area: SmallArea, tmp_path: Path
) -> None:
    del area
    with store.writing(PLANNER) as unit:
        account_id = unit.accounts.add(
            organisation_id=1, email="jo@example.org", shown_name="Jo Somebody"
        )
        unit.accounts.grant(account_id, "small", [Role.PLANNER, Role.ANALYST])
    actor = Actor(f"account:{account_id}", 1)
    add(store, ChangeKind.AIM, {"school": "S1", "aim": "road_danger"}, actor)
    with store.reading() as unit:
        document = tomllib.loads(materialise(unit, "small", tmp_path / "area").read_text())
    (aim,) = document["aims"]
    assert aim["by"] == "Planner, Small Council"
    assert aim["reason"] == "It was asked for"
