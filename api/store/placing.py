"""Where an upload goes in the area file, when it is taken."""

from __future__ import annotations

from typing import Any

from api.errors import BadRequest
from api.store.area_text import incident_paths, matches, parse_document, with_incidents, with_table
from api.store.inputs import Inputs
from api.store.work_records import InputKind, Upload

__all__ = ["place_upload"]

_TABLE_OF = {
    InputKind.STREETS: "streets",
    InputKind.SCHOOLS: "schools",
    InputKind.ROSTER: "roster",
}


def place_upload(upload: Upload, path: str, text: str, inputs: Inputs) -> str:
    """Give the area file with an upload in it; what it replaces is retired.

    Parameters
    ----------
    upload
        As it was checked, with its settings.
    path
        Under which it is kept from now on.
    text
        The area file.
    inputs
        The area's files.

    Raises
    ------
    BadRequest
        When it is not said how it goes with what is there.
    BadInput
        When what it replaces is not there.
    """
    if upload.kind == InputKind.INCIDENTS:
        return _place_incidents(upload, path, text, inputs)
    return _place_table(upload, path, text, inputs)


def _place_incidents(upload: Upload, path: str, text: str, inputs: Inputs) -> str:
    settings = dict(upload.settings)
    use = settings.pop("use", None)
    there = incident_paths(parse_document(text))
    if use is None and there:
        raise BadRequest(
            "It is not said how this goes with the incidents that are there already.",
            "Say whether it adds to them, or which of them it replaces.",
            where="use",
        )
    replaces = use.get("replaces") if isinstance(use, dict) else None
    changed = with_incidents(text, {"path": path, **settings}, replaces)
    if replaces is not None:
        still = incident_paths(parse_document(changed))
        for one in inputs.files(upload.area_id):
            is_used = any(matches(one.path, written) for written in still)
            if matches(one.path, replaces) and not is_used:
                inputs.retire(upload.area_id, one.path)
    return changed


def _place_table(upload: Upload, path: str, text: str, inputs: Inputs) -> str:
    key = _TABLE_OF.get(upload.kind)
    if key is None:
        raise BadRequest(
            "Only incidents, streets, schools and rosters are taken from uploads.",
            "Load other files with: python -m api.admin load-area AREA.toml.",
            where="kind",
        )
    settings = {name: one for name, one in upload.settings.items() if name != "use"}
    table: Any = parse_document(text).get(key)
    before: dict[str, Any] = table if isinstance(table, dict) else {}
    if isinstance(before.get("path"), str):
        inputs.retire(upload.area_id, before["path"])
    kept = {name: one for name, one in before.items() if name not in {"path", "place"}}
    return with_table(text, key, {"path": path, **kept, **settings})
