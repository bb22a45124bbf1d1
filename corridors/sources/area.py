"""Reading an area file: TOML in, a checked `Area` out, or every problem at once.

``docs/area-file.md`` documents the keys.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from corridors.domain.area import Area
from corridors.errors import AreaFileError, Problem
from corridors.sources.area_calendar import calendar_notes, take_calendar
from corridors.sources.area_choices import take_aims, take_edits
from corridors.sources.area_decisions import take_cancellations, take_mixes
from corridors.sources.area_destinations import (
    take_destinations,
    take_reference,
    take_severity,
)
from corridors.sources.area_incidents import take_incidents
from corridors.sources.area_inputs import (
    take_crs,
    take_path,
    take_schools,
    take_streets,
    take_timezone,
)
from corridors.sources.area_parameters import (
    take_agreements,
    take_contact,
    take_override,
    take_parameters,
)
from corridors.sources.area_people import take_absences, take_pairings, take_refusals
from corridors.sources.area_table import Problems, TableReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from corridors.domain.parameters import Parameters

__all__ = ["calendar_notes", "read_area"]

_MAX_BYTES = 4 << 20
_FALLBACK_ZONE = "Europe/London"


def read_area(path: Path, overrides: Mapping[str, object] | None = None) -> Area:
    """Read and check an area file.

    Parameters
    ----------
    path
        The TOML file. Paths in it are relative to its folder.
    overrides
        Parameters by name that come before those of the file, such as ``as_of`` from the command
        line. A value of None overrides nothing.

    Returns
    -------
    Area
        With every default filled in; what is allowed but worth knowing is in its notes.

    Raises
    ------
    AreaFileError
        With every problem that was found: the key (``incidents[2].mapping.from``, counted from
        1), what is wrong, and the mend.
    """
    problems = Problems()
    root = TableReader(_load(path), "", problems)
    base_dir = path.parent
    name = root.text("name", "Give the area a name, such as Portsmouth.")
    crs = take_crs(root, "crs", required=True)
    timezone = take_timezone(root, "timezone")
    streets = take_streets(root, base_dir)
    schools = take_schools(root, base_dir)
    incidents = take_incidents(root, base_dir, timezone or _FALLBACK_ZONE, problems)
    coverage_path = _take_only_path(root, "coverage", base_dir)
    roster_path = _take_only_path(root, "roster", base_dir)
    calendar, bank_holidays_path = take_calendar(
        root, base_dir, timezone or _FALLBACK_ZONE, problems
    )
    agreements = take_agreements(root)
    parameters = take_parameters(root, overrides, problems)
    month_only = take_override(root)
    contact = take_contact(root)
    extras = _take_extras(root, base_dir, parameters)
    root.finish()
    if (
        problems.found
        or name is None
        or crs is None
        or timezone is None
        or streets is None
        or schools is None
        or calendar is None
    ):
        raise AreaFileError(problems.found)
    return Area(
        name=name,
        crs=crs,
        timezone=timezone,
        streets=streets,
        schools=schools,
        incidents=incidents,
        calendar=calendar,
        parameters=parameters,
        coverage_path=coverage_path,
        roster_path=roster_path,
        agreements=agreements,
        month_only=month_only,
        contact=contact,
        bank_holidays_path=bank_holidays_path,
        notes=tuple(problems.notes),
        **extras,
    )


def _take_extras(root: TableReader, base_dir: Path, parameters: Parameters) -> dict[str, Any]:
    """Take the tables that most areas do without, by the field of `Area` that each fills."""
    reference = take_reference(root, base_dir)
    return {
        "destinations": take_destinations(root, base_dir),
        "severity_path": take_severity(root, base_dir, parameters),
        **{f"{key}_path": path for key, path in reference.items()},
        "edits": take_edits(root, parameters),
        "aims_set": take_aims(root),
        "refusals": take_refusals(root),
        "pairings": take_pairings(root),
        "absences": take_absences(root),
        "mixes": take_mixes(root),
        "cancellations": take_cancellations(root),
    }


def _take_only_path(root: TableReader, key: str, base_dir: Path) -> str | None:
    """Take a table whose only key is a path."""
    table = root.table(key)
    if table is None:
        return None
    path = take_path(table, "path", base_dir, f"Name the file, or leave [{key}] out.")
    table.finish()
    return path


def _load(path: Path) -> dict[str, object]:
    where = path.name or str(path)
    try:
        if path.is_dir():
            raise _failure(where, "This is a folder.", "Name the area file (.toml) in it.")
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise _failure(where, "There is no such file.", "Check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
        raise _failure(
            where, f"The file cannot be read: {reason}.", "Check its permissions."
        ) from None
    if len(data) > _MAX_BYTES:
        raise _failure(where, "This is too large for an area file.", "Name the TOML file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _failure(
            where, f"The file is not UTF-8: line {line} does not fit.", "Save it as UTF-8."
        ) from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _failure(where, "The TOML is nested too deeply.", "Keep to the format.") from None
    except ValueError as error:
        raise _syntax_failure(where, str(error), text) from None


def _failure(where: str, what: str, mend: str) -> AreaFileError:
    return AreaFileError(Problem(where, what, mend))


def _syntax_failure(where: str, message: str, text: str) -> AreaFileError:
    """Say where the TOML breaks, and the mistakes that people make most."""
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    what = re.sub(r"\s*\(at .*\)$", "", message).rstrip(".")
    mend = "Texts stand between quotes, dates as 2026-11-23, times as 15:15:00 (with seconds)."
    if found is None:
        return _failure(where, f"This is not TOML: {what} (at the end).", mend)
    line = int(found.group(1))
    lines = text.splitlines()
    if line <= len(lines) and "\\" in lines[line - 1]:
        mend = "Write paths with / or between single quotes: \\ has a meaning in double quotes."
    return _failure(f"{where}, line {line}", f"This is not TOML: {what}.", mend)
