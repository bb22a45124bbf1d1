"""What pages and API share of uploads: receive one, choose how it is read, have it looked at."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from api.errors import BadRequest
from api.store import Unit
from api.store.area_text import without_nulls
from api.store.uploads import clean_name
from api.store.work_records import InputKind, Job, JobKind, JobStatus, Upload
from corridors.errors import BadInput, Problem

__all__ = ["SUFFIXES", "ask_check", "check_settings", "choose_settings", "receive_upload"]

_TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq")
SUFFIXES: dict[InputKind, tuple[str, ...]] = {
    InputKind.INCIDENTS: (*_TABLES, ".geojson"),
    InputKind.SCHOOLS: _TABLES,
    InputKind.ROSTER: _TABLES,
    InputKind.STREETS: (".osm", ".pbf", ".bz2", ".gz", ".graphml", ".gpkg"),
}
"""What a name of each kind may end with: what is read is told by it."""


def receive_upload(
    unit: Unit,
    area_id: str,
    organisation_id: int,
    kind: InputKind,
    name: str,
    content: BinaryIO,
    *,
    key: str,
    keep_days: int,
) -> tuple[Upload, Job]:
    """Keep what was sent, and have it looked at.

    Parameters
    ----------
    unit, area_id, organisation_id, kind
        As for `api.store.uploads.Uploads.add`.
    name
        As the sender called it.
    content
        A file, such as ``UploadFile.file``.
    key
        The same key gives what is there already.
    keep_days
        ``settings.keep_incidents_days``.

    Raises
    ------
    BadRequest
        When it is of a kind that is not read.
    Conflict
        When something else was sent under the key.
    """
    suffixes = SUFFIXES.get(kind)
    if suffixes is None:
        what = "Files of this kind are not uploaded."
        raise BadRequest(what, f"Send one of {', '.join(SUFFIXES)}.", where="kind")
    if not clean_name(name).endswith(suffixes):
        mend = f"The name has to end with one of {', '.join(suffixes)}."
        raise BadRequest("Files like this are not read.", mend, where="name")
    upload = unit.uploads.add(
        area_id, organisation_id, kind, name, content, key=key, keep_days=keep_days
    )
    return upload, ask_check(unit, upload)


def choose_settings(
    unit: Unit, upload: Upload, row_version: int, settings: Mapping[str, Any]
) -> tuple[Upload, Job]:
    """Keep how it is to be read, and have it read so.

    Raises
    ------
    BadInput
        When an area file would not be taken with these settings.
    Conflict
        When somebody else was quicker, or it is used or discarded already.
    """
    check_settings(upload, settings)
    changed = unit.uploads.choose(upload, row_version, settings)
    return changed, ask_check(unit, changed)


def ask_check(unit: Unit, upload: Upload) -> Job:
    """Ask for the job that reads an upload as it is now; one that failed is asked for anew."""
    asked = {"upload_id": upload.upload_id, "row_version": upload.row_version}
    n = 1
    while True:
        key = f"check:{upload.upload_id}:{upload.row_version}:{n}"
        job = unit.jobs.ask(
            upload.area_id,
            upload.organisation_id,
            JobKind.CHECK_UPLOAD,
            asked,
            key=key,
            reason="Read an upload",
        )
        if job.status != JobStatus.FAILED:
            return job
        n += 1


def check_settings(upload: Upload, settings: Mapping[str, Any]) -> None:
    """Refuse settings that the area file's reader would refuse, in its own words.

    Raises
    ------
    BadInput
        With every problem.
    """
    given = {key: one for key, one in without_nulls(settings).items() if key != "use"}
    if "path" in given:
        raise BadInput(Problem("path", "The path is ours to choose.", "Leave it out."))
    _check_use(settings.get("use"))
    # the readers load what takes a moment to load
    tables = import_module("corridors.sources.area_table")
    problems = tables.Problems()
    with TemporaryDirectory(prefix="safer-corridors-check-") as temporary:
        folder = Path(temporary)
        (folder / upload.name).touch()
        entry = {"path": upload.name, **given}
        key = str(upload.kind)
        is_list = upload.kind == InputKind.INCIDENTS
        root = tables.TableReader({key: [entry] if is_list else entry}, "", problems)
        _take(upload.kind, root, folder, problems)
    if problems.found:
        raise BadInput(problems.found)


def _take(kind: InputKind, root: Any, folder: Path, problems: Any) -> None:
    inputs = import_module("corridors.sources.area_inputs")
    if kind == InputKind.INCIDENTS:
        incidents = import_module("corridors.sources.area_incidents")
        incidents.take_incidents(root, folder, "Europe/London", problems)
    elif kind == InputKind.SCHOOLS:
        inputs.take_schools(root, folder)
    elif kind == InputKind.STREETS:
        inputs.take_streets(root, folder)
    else:
        table = root.table(str(kind))
        table.text("path")
        table.finish()


def _check_use(use: object) -> None:
    is_replacing = (
        isinstance(use, Mapping) and set(use) == {"replaces"} and isinstance(use["replaces"], str)
    )
    if use not in (None, "adds") and not is_replacing:
        mend = 'Write "adds", or {"replaces": "path of the area"}.'
        raise BadInput(Problem("use", "It is not said how it goes with what is there.", mend))
