"""The last plan: ``plan.json`` as an earlier run wrote it, checked as far as it is used."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from corridors.domain.plan import PLAN_SCHEMA_VERSION
from corridors.errors import Problem, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["LastPlan", "read_last_plan"]

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})", re.ASCII)
_MAX_BYTES = 200_000_000
_MEND = "Give the plan.json of an earlier run, as it was written, or plan without it."


@dataclass(frozen=True, slots=True)
class LastPlan:
    """A plan that was made before.

    Parameters
    ----------
    document
        ``plan.json``, parsed.
    sha256
        Of the file: what `Plan.replaces` holds.
    schema_version
        As the file says.
    notes
        Sentences for the plan, such as that it is of a newer version.
    """

    document: Mapping[str, Any]
    sha256: str
    schema_version: str
    notes: tuple[str, ...] = ()

    @property
    def week(self) -> date:
        """Give its Monday."""
        return date.fromisoformat(self.document["week"])


def read_last_plan(path: Path, *, shown: str | None = None) -> LastPlan:
    """Read the plan that a new one follows or replaces.

    Parameters
    ----------
    path
        Of ``plan.json``, or of the folder of a plan.
    shown
        How messages call the file; by default its name.

    Returns
    -------
    LastPlan
        Of schema version 1.x. What a newer 1.x adds is not looked at.

    Raises
    ------
    SourceError
        When the file cannot be read, is no plan, is damaged, or is of another schema version.
    """
    file = path / "internal" / "plan.json" if path.is_dir() else path
    where = shown or path.name
    data = _bytes(file, where)
    document = _parsed(data, where)
    version = _checked_version(document, where)
    problems = [
        Problem(where, f"{place} is missing or damaged.", _MEND)
        for place, is_right in _looks(document)
        if not is_right
    ]
    if problems:
        raise SourceError(problems)
    newer = (
        f"The last plan has schema version {version}, this software writes {PLAN_SCHEMA_VERSION}: "
        "what both know was used."
    )
    notes = () if version == PLAN_SCHEMA_VERSION else (newer,)
    return LastPlan(document, hashlib.sha256(data).hexdigest(), version, notes)


def _bytes(file: Path, where: str) -> bytes:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise SourceError(Problem(where, "The file is too large to be a plan.", _MEND))
        return file.read_bytes()
    except (OSError, ValueError) as error:
        raise SourceError(Problem(where, "The last plan cannot be read.", _MEND)) from error


def _parsed(data: bytes, where: str) -> dict[str, Any]:
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise SourceError(Problem(where, "The JSON is nested too deeply.", _MEND)) from None
    except ValueError as error:
        line = getattr(error, "lineno", None)
        at = f" at line {line}" if line else ""
        raise SourceError(Problem(where, f"It is not JSON: damaged{at}.", _MEND)) from None
    if not isinstance(document, dict):
        raise SourceError(Problem(where, "It is JSON, but no plan.", _MEND))
    return document


def _checked_version(document: Mapping[str, Any], where: str) -> str:
    version = document.get("schema_version")
    found = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if found is None:
        raise SourceError(Problem(where, "It does not say its schema version: no plan.", _MEND))
    if found[1] != PLAN_SCHEMA_VERSION.partition(".")[0]:
        raise SourceError(
            Problem(
                where,
                f"It has schema version {found[0]}, and this software reads "
                f"{PLAN_SCHEMA_VERSION} and others of the same first number.",
                "Make that plan again with this version of the software, or plan without it.",
            )
        )
    return found[0]


def _looks(document: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Check the parts that are used, named without their content."""
    week = document.get("week")
    return [
        ("week", _is_date(week) and date.fromisoformat(str(week)).weekday() == 0),
        ("schools", _all(document.get("schools"), _is_school)),
        ("corridors", _all(document.get("corridors"), _is_corridor)),
        ("patrols", _all(document.get("patrols"), _is_patrol)),
    ]


def _all(rows: object, is_right: Callable[[dict[str, Any]], bool]) -> bool:
    return isinstance(rows, list) and all(isinstance(row, dict) and is_right(row) for row in rows)


def _is_school(row: dict[str, Any]) -> bool:
    return _are_texts(row, "school_id", "outcome")


def _is_corridor(row: dict[str, Any]) -> bool:
    length = row.get("length_m")
    return (
        _are_texts(row, "corridor_id")
        and isinstance(length, int | float)
        and not isinstance(length, bool)
        and _is_list_of_texts(row.get("segment_ids"))
        and _is_list_of_texts(row.get("streets"))
    )


def _is_patrol(row: dict[str, Any]) -> bool:
    minutes = row.get("police_min")
    return (
        _are_texts(row, "patrol_id", "corridor_id", "school_id", "lead_role", "aim")
        and isinstance(minutes, int)
        and not isinstance(minutes, bool)
        and _is_moment(row.get("starts_at"))
        and _is_moment(row.get("ends_at"))
        and _all(row.get("posts"), lambda post: _are_texts(post, "post_id"))
    )


def _are_texts(row: dict[str, Any], *keys: str) -> bool:
    return all(isinstance(row.get(key), str) for key in keys)


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
