"""Schools: our own columns, a GIAS extract, or the GLA Schools Atlas."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import CRS

from corridors.domain.tables import SCHOOLS
from corridors.errors import Problem, SourceError
from corridors.sources.headers import require_columns
from corridors.sources.paths import resolve
from corridors.sources.places import place_degrees, place_projected
from corridors.sources.setting_aside import account_for, first_reason
from corridors.sources.tabular import RawTable, read_table
from corridors.sources.tabular_text import fold_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from corridors.domain.area import SchoolsInput
    from corridors.domain.inputs import InputRecord

__all__ = ["SchoolsRead", "read_schools"]

_BRITISH_GRID = CRS.from_epsg(27700)
_GIAS = {
    "id": "URN",
    "name": "EstablishmentName",
    "status": "EstablishmentStatus (name)",
    "authority": "LA (name)",
    "easting": "Easting",
    "northing": "Northing",
}
_GLA_ATLAS = {
    "id": "URN",
    "name": "SCHOOL_NAM",
    "status": "STATUS",
    "authority": "LA_NAME",
    "easting": "EASTING",
    "northing": "NORTHING",
}
_MAX_SCHOOLS = 2_000
_FAR_M, _NEAR_M = 100_000.0, 30_000.0
_MONTH_AGES = r"(?i)^(?:\d{1,2}-[a-z]{3}|[a-z]{3}-\d{1,2})$"


@dataclass(frozen=True, slots=True, eq=False)
class SchoolsRead:
    """The schools of an area.

    Parameters
    ----------
    table
        `corridors.domain.tables.SCHOOLS`, by school id, index 0..n-1. Names are as given.
    record
        The account of the file.
    set_aside
        `corridors.domain.tables.SET_ASIDE`.
    """

    table: pd.DataFrame
    record: InputRecord
    set_aside: pd.DataFrame


def read_schools(spec: SchoolsInput, base_dir: Path, crs: str) -> SchoolsRead:
    """Read the schools.

    Parameters
    ----------
    spec
        ``[schools]`` of the area file.
    base_dir
        Folder of the area file.
    crs
        The area's CRS: of the gates that come out, and of a table's own eastings and northings.
        GIAS and GLA files are in EPSG:27700 whatever the area's is.

    Returns
    -------
    SchoolsRead
        Rows set aside as ``not_open``, ``other_authority``, ``blank_id``, ``duplicate_id`` (the
        first of equal ids counts), for their position (`corridors.sources.places`), or damaged
        as rows.

    Raises
    ------
    SourceError
        When the file cannot be read, lacks a column, or leaves no school at all.
    """
    raw = read_table(resolve(base_dir, spec.path), shown=spec.path)
    if raw.is_blank:
        raise SourceError(Problem(spec.path, "The file is empty.", "Give a table of schools."))
    columns = _columns(spec, raw)
    target = CRS.from_user_input(crs)
    source = target if spec.format == "columns" else _BRITISH_GRID
    x, y, places = _place(raw.frame, columns, source, target)
    ids = fold_text(raw.frame[columns["id"]])
    # A school closed or elsewhere is none of ours, whatever else is wrong with its row.
    reasons = {**_not_ours(spec, raw.frame, columns), "blank_id": (ids == "").to_numpy(bool)}
    used, reason = first_reason(len(ids), reasons | places)
    _set_aside(used, reason, "swapped_axes", _is_exchanged(x[used], y[used]))
    _set_aside(used, reason, "duplicate_id", ids[used].duplicated().to_numpy(bool))
    record, set_aside = account_for(raw, spec.path, reason, _notes(spec, raw.frame))
    if not used.any():
        raise SourceError(_no_school(spec, raw.frame, columns, record))
    if used.sum() > _MAX_SCHOOLS:
        raise SourceError(_too_many(spec, int(used.sum())))
    table = _table(raw.frame[used], columns, x[used], y[used])
    return SchoolsRead(table, record, set_aside)


def _columns(spec: SchoolsInput, raw: RawTable) -> dict[str, str]:
    wanted: Mapping[str, str]
    if spec.format == "columns":
        wanted, setting = spec.columns, "schools.columns"
    else:
        wanted, setting = (_GIAS if spec.format == "gias" else _GLA_ATLAS), ""
        if spec.local_authority is None:
            wanted = {key: name for key, name in wanted.items() if key != "authority"}
    return require_columns(raw.frame.columns, wanted, spec.path, setting=setting)


def _place(
    frame: pd.DataFrame, columns: Mapping[str, str], source: CRS, target: CRS
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[str, NDArray[np.bool_]]]:
    if "easting" in columns:
        return place_projected(
            frame[columns["easting"]], frame[columns["northing"]], source, target
        )
    return place_degrees(frame[columns["longitude"]], frame[columns["latitude"]], target)


def _not_ours(
    spec: SchoolsInput, frame: pd.DataFrame, columns: Mapping[str, str]
) -> dict[str, NDArray[np.bool_]]:
    """Tell rows of other authorities, and schools that are not open."""
    masks: dict[str, NDArray[np.bool_]] = {}
    if spec.local_authority is not None and "authority" in columns:
        authority = frame[columns["authority"]].str.casefold()
        masks["other_authority"] = (authority != spec.local_authority.casefold()).to_numpy(bool)
    if "status" in columns:
        # "Open, but proposed to close" has pupils; "Proposed to open" has none.
        opened = frame[columns["status"]].str.casefold().str.startswith("open")
        masks["not_open"] = ~opened.to_numpy(bool)
    return masks


def _set_aside(
    used: NDArray[np.bool_], reason: NDArray[np.object_], code: str, among: NDArray[np.bool_]
) -> None:
    """Set aside some of the used rows."""
    rows = np.flatnonzero(used)[among]
    reason[rows] = code
    used[rows] = False


def _is_exchanged(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell gates that lie far from the others, and among them once their axes are exchanged.

    The bounds of a national grid are wide enough to hold an exchanged point.
    """
    if len(x) < 3:
        return np.zeros(len(x), bool)
    east, north = np.median(x), np.median(y)
    as_read = np.hypot(x - east, y - north)
    exchanged = np.hypot(y - east, x - north)
    return (as_read > _FAR_M) & (exchanged < _NEAR_M)


def _table(
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> pd.DataFrame:
    ids = fold_text(frame[columns["id"]].astype("str"))
    names = fold_text(frame[columns["name"]].astype("str"))
    table = pd.DataFrame(
        {
            "school_id": ids.to_numpy(),
            # A school without a name is called by its id.
            "name": names.where(names != "", ids).to_numpy(),
            "x": x,
            "y": y,
        }
    ).astype({"school_id": "str", "name": "str"})
    table = table.sort_values("school_id", kind="stable", ignore_index=True)
    SCHOOLS.check(table)
    return table


def _notes(spec: SchoolsInput, frame: pd.DataFrame) -> tuple[str, ...]:
    if spec.format != "gla-atlas" or "AGE" not in frame:
        return ()
    n_mangled = int(frame["AGE"].str.match(_MONTH_AGES).sum())
    if not n_mangled:
        return ()
    return (f"{n_mangled} age ranges were turned into dates by a spreadsheet; ages are not used.",)


def _no_school(
    spec: SchoolsInput, frame: pd.DataFrame, columns: Mapping[str, str], record: InputRecord
) -> Problem:
    reasons = ", ".join(f"{code} {n}" for code, n in record.set_aside.items()) or "no rows"
    mend = "Check the columns and the CRS."
    if spec.local_authority is not None:
        names = frame[columns["authority"]].unique().tolist()
        near = difflib.get_close_matches(spec.local_authority, names, n=3, cutoff=0.5)
        mend = f"Check local_authority: near it are {', '.join(near)}." if near else mend
    return Problem(spec.path, f"No school is left: {reasons}.", mend)


def _too_many(spec: SchoolsInput, n_schools: int) -> Problem:
    mend = "Give the schools of one area."
    if spec.format != "columns":
        mend = 'Name the authority: local_authority = "Hackney".'
    what = f"There are {n_schools} schools; at most {_MAX_SCHOOLS} are planned for at once."
    return Problem(spec.path, what, mend)
