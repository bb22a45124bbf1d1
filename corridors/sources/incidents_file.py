"""One file of incidents: its rows as ours, each with the reason it cannot be used or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from corridors.errors import Problem, SourceError
from corridors.sources.incidents_clock import without_blanks
from corridors.sources.incidents_mapped import lay_out_mapped
from corridors.sources.incidents_places import place_incidents
from corridors.sources.incidents_police_uk import lay_out_police_uk, lay_out_police_uk_api
from corridors.sources.incidents_times import time_incidents
from corridors.sources.incidents_words import name_incidents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from corridors.domain.area import IncidentsInput
    from corridors.sources.incidents_layout import Layout
    from corridors.sources.incidents_places import Bounds
    from corridors.sources.incidents_words import Named
    from corridors.sources.tabular import RawTable

__all__ = ["FileRead", "empty_rows", "read_incident_file", "set_aside_copy"]

_KINDS: Mapping[str, str] = {
    "incident_id": "str",
    "line": "int64",
    "starts_s": "int64",
    "ends_s": "int64",
    "time_precision": "str",
    "category": "str",
    "origin": "str",
    "x": "float64",
    "y": "float64",
    "place_precision": "str",
    "reason": "object",
    "source": "int64",
    "input": "int64",
}
_AXES_MENDS = {
    "swapped_axes": (
        "Most positions lie in the area only with their two numbers exchanged.",
        "Exchange {} and {} in the mapping or in the file.",
    ),
    "not_degrees": (
        "Most positions in {} and {} are no degrees.",
        "If they are grid references, use format mapped with easting and northing.",
    ),
    "not_metres": (
        "Most positions in {} and {} look like degrees.",
        "Map them as longitude and latitude.",
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class FileRead:
    """One file as read.

    Parameters
    ----------
    path
        As messages and reports call it.
    sha256
        Digest of its bytes.
    n_rows
        Rows in the file.
    rows
        Rows of ours, good and bad: ``incident_id`` (blank where the file has none), ``line``,
        ``starts_s`` and ``ends_s`` (seconds since 1970 UTC), the words, ``x`` and ``y`` (metres),
        ``reason`` ("" where usable), ``input`` (number of the ``[[incidents]]``).
    bad_rows
        ``line`` and ``reason`` of the rows that never became ours.
    notes
        Plain sentences with counts.
    """

    path: str
    sha256: str
    n_rows: int
    rows: pd.DataFrame
    bad_rows: pd.DataFrame
    notes: tuple[str, ...]


def empty_rows() -> pd.DataFrame:
    """Give a table of no rows, with the columns and types of `FileRead.rows`."""
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in _KINDS.items()})


def set_aside_copy(raw: RawTable, path: str, first: str) -> FileRead:
    """Set aside every row of a file that is a copy of another."""
    copies = pd.DataFrame({"line": raw.line, "reason": "duplicate_file"})
    bad_rows = pd.concat([raw.bad_rows, copies], ignore_index=True)
    note = f"The file is a copy of {first}: it is counted once."
    return FileRead(path, raw.sha256, raw.n_rows, empty_rows(), bad_rows, (note,))


def read_incident_file(
    raw: RawTable,
    spec: IncidentsInput,
    path: str,
    number: int,
    crs: str,
    bounds: Bounds,
    limit_s: int | None,
) -> FileRead:
    """Turn the text of a file into incidents.

    Parameters
    ----------
    raw
        The file's text.
    spec
        The ``[[incidents]]`` it belongs to.
    path
        How messages call it.
    number
        Number of the ``[[incidents]]``, from 0.
    crs, bounds
        The area's CRS, and its bounds in it.
    limit_s
        Rows that may have happened later (seconds since 1970 UTC) are set aside.

    Raises
    ------
    SourceError
        When a column is missing, or most positions are read the wrong way.
    """
    if raw.is_blank:
        note = "The file is empty: no incidents."
        return FileRead(path, raw.sha256, raw.n_rows, empty_rows(), raw.bad_rows, (note,))
    layout = _lay_out(raw.frame, spec, path)
    timed = time_incidents(
        layout.start,
        layout.end,
        timezone=spec.timezone,
        ignore_utc_offset=spec.ignore_utc_offset,
        limit_s=limit_s,
    )
    placed = place_incidents(
        layout.first,
        layout.second,
        from_crs=None if layout.is_degrees else spec.crs or crs,
        area_crs=crs,
        bounds=bounds,
    )
    _check_axes(placed.reason, layout, path)
    named = name_incidents(_text(layout.category, raw.frame), layout.origin, spec)
    rows = pd.DataFrame(
        {
            "incident_id": _text(layout.id, raw.frame),
            "line": raw.line,
            "starts_s": timed.starts_s,
            "ends_s": timed.ends_s,
            "time_precision": timed.precision,
            "category": named.category,
            "origin": named.origin,
            "x": placed.x,
            "y": placed.y,
            "place_precision": spec.place_precision or layout.place_precision.value,
            "reason": np.where(timed.reason == "", placed.reason, timed.reason),
            "source": 0,
            "input": number,
        }
    ).astype(_KINDS)
    notes = (*raw.notes, *timed.notes, *_word_notes(named, layout))
    return FileRead(path, raw.sha256, raw.n_rows, rows, raw.bad_rows, notes)


def _lay_out(frame: pd.DataFrame, spec: IncidentsInput, path: str) -> Layout:
    if spec.format == "police-uk":
        return lay_out_police_uk(frame, path)
    if spec.format == "police-uk-api":
        return lay_out_police_uk_api(frame, path)
    if spec.format == "mapped":
        return lay_out_mapped(frame, spec, path)
    raise SourceError(
        Problem(
            path,
            f"There is no format {spec.format!r}.",
            "Use police-uk, police-uk-api or mapped.",
        )
    )


def _text(column: pd.Series | None, frame: pd.DataFrame) -> pd.Series:
    if column is None:
        return pd.Series("", index=frame.index, dtype="str")
    return without_blanks(column)


def _check_axes(reason: NDArray[np.object_], layout: Layout, path: str) -> None:
    """Refuse a file whose positions are mostly read the wrong way: it is one mistake."""
    n_located = int((reason != "no_position").sum())
    for code, (what, mend) in _AXES_MENDS.items():
        if 2 * int((reason == code).sum()) > n_located:
            names = [repr(name) for name in layout.names]
            raise SourceError(Problem(path, what.format(*names), mend.format(*names)))


def _word_notes(named: Named, layout: Layout) -> list[str]:
    notes = []
    if layout.id is None:
        notes.append("The mapping names no id: an incident that is there twice counts twice.")
    if layout.category is None and named.n_without_word:
        notes.append("The mapping names no category: all rows are of the category other.")
    elif named.n_without_word:
        notes.append(f"{named.n_without_word} rows have no category word: read as other.")
    if named.n_unknown_words:
        notes.append(
            f"{named.n_unknown_words} rows have category words that are not known: read as other. "
            "Give their meaning under categories."
        )
    if named.n_unknown_origins:
        notes.append(
            f"{named.n_unknown_origins} rows do not say in a known word who brought them to light: "
            "their category decides."
        )
    return notes
