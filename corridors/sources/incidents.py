"""Incidents from every source of an area: one checked table, and every row that is not in it.

Rows in are rows used plus rows set aside, in each file: a row that cannot be used is kept by file,
line and reason (`corridors.sources.incidents_reasons`), without any of its content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from corridors.domain.inputs import InputRecord
from corridors.domain.tables import INCIDENTS, SET_ASIDE
from corridors.domain.vocabulary import TimePrecision
from corridors.errors import Problem, SourceError
from corridors.sources.incidents_file import empty_rows, read_incident_file, set_aside_copy
from corridors.sources.incidents_repeats import mark_repeats, unique_ids
from corridors.sources.incidents_times import LONG_INTERVAL_H, end_of_day_s
from corridors.sources.incidents_words import check_words
from corridors.sources.paths import expand_glob
from corridors.sources.tabular import read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from corridors.domain.area import IncidentsInput
    from corridors.sources.incidents_file import FileRead
    from corridors.sources.incidents_places import Bounds

__all__ = ["IncidentsRead", "read_incidents"]

_HOUR_S = 3600


@dataclass(frozen=True, slots=True, eq=False)
class IncidentsRead:
    """What the incident files of an area hold.

    Parameters
    ----------
    table
        Incidents (`corridors.domain.tables.INCIDENTS`), index 0..n-1, in the order of files and
        lines. ``source`` is the index in `records`.
    records
        One account a file, with its own notes.
    set_aside
        Rows that are not in the table (`corridors.domain.tables.SET_ASIDE`).
    notes
        What a person should know: first what concerns all files, then each file's own notes
        behind its path. Counts only, no content of any row.
    """

    table: pd.DataFrame
    records: tuple[InputRecord, ...]
    set_aside: pd.DataFrame
    notes: tuple[str, ...]


def read_incidents(
    specs: tuple[IncidentsInput, ...],
    base_dir: Path,
    crs: str,
    area_bounds: Bounds,
    *,
    as_of: date | None,
    timezone: str,
    progress: Callable[[str], object] | None = None,
) -> IncidentsRead:
    """Read all incidents of an area.

    Parameters
    ----------
    specs
        The ``[[incidents]]`` tables of the area file. A file that two of them match is read once,
        by the first.
    base_dir
        Folder of the area file.
    crs
        The area's projected CRS, in metres.
    area_bounds
        West, south, east, north in that CRS. Rows farther than
        `corridors.sources.incidents_places.MARGIN_M` outside are set aside.
    as_of
        Rows that may have happened after this day (local to `timezone`) are set aside; None takes
        all.
    timezone
        IANA name: the area's. Each input has its own for its local times.
    progress
        Called with the path of each file before it is read.

    Returns
    -------
    IncidentsRead

    Raises
    ------
    SourceError
        With every problem of every file: a path that matches nothing, a missing column, axes
        exchanged in most rows, damage to the file as a whole.
    """
    limit_s = None if as_of is None else end_of_day_s(as_of, timezone)
    problems = [
        problem
        for number, spec in enumerate(specs, start=1)
        for problem in check_words(spec, f"incidents[{number}]")
    ]
    files, notes, missing = _list_files(specs, base_dir)
    problems += missing
    reads: list[FileRead] = []
    first_of_digest: dict[str, str] = {}
    for number, path in files:
        shown = _shown(path, base_dir)
        if progress is not None:
            progress(shown)
        spec = specs[number]
        try:
            raw = read_table(path, encoding=spec.encoding, shown=shown)
            if raw.n_rows and raw.sha256 in first_of_digest:
                reads.append(set_aside_copy(raw, shown, first_of_digest[raw.sha256]))
                continue
            first_of_digest[raw.sha256] = shown
            reads.append(read_incident_file(raw, spec, shown, number, crs, area_bounds, limit_s))
        except SourceError as error:
            problems += error.problems
    if problems:
        raise SourceError(problems)
    return _put_together(reads, specs, notes)


def _list_files(
    specs: tuple[IncidentsInput, ...], base_dir: Path
) -> tuple[list[tuple[int, Path]], list[str], list[Problem]]:
    """List the files with the number of the input that reads each."""
    files: dict[Path, tuple[int, Path]] = {}
    n_again = 0
    problems = []
    for number, spec in enumerate(specs):
        found = expand_glob(base_dir, spec.path)
        if not found:
            problems.append(
                Problem(
                    f"incidents[{number + 1}].path",
                    f"No file is called {spec.path!r}, or matches it.",
                    "Paths are relative to the area file's folder.",
                )
            )
        for path in found:
            key = path.resolve()
            n_again += key in files
            files.setdefault(key, (number, path))
    notes = []
    if n_again:
        notes.append(
            f"{n_again} files are matched by more than one [[incidents]] path: each is read once, "
            "as the first says."
        )
    return list(files.values()), notes, problems


def _shown(path: Path, base_dir: Path) -> str:
    if path.is_relative_to(base_dir):
        return path.relative_to(base_dir).as_posix()
    return path.as_posix()


def _put_together(
    reads: list[FileRead], specs: tuple[IncidentsInput, ...], notes: list[str]
) -> IncidentsRead:
    rows = pd.concat([empty_rows(), *[read.rows for read in reads]], ignore_index=True)
    rows["source"] = np.repeat(np.arange(len(reads)), [len(read.rows) for read in reads])
    repeats = mark_repeats(rows, [spec.format for spec in specs])
    rows["reason"] = repeats.reason
    records, parts = [], []
    for number, read in enumerate(reads):
        mine = rows[(rows["source"] == number).to_numpy()]
        is_used = (mine["reason"] == "").to_numpy()
        out = pd.concat([read.bad_rows, mine.loc[~is_used, ["line", "reason"]]])
        parts.append(out.sort_values("line", kind="stable").assign(file=read.path))
        records.append(_record(read, mine[is_used], out["reason"]))
    table = _table(rows[(rows["reason"] == "").to_numpy()], [read.path for read in reads])
    INCIDENTS.check(table)
    notes = [*notes, *repeats.notes, *_loud_notes(records)]
    notes += [f"{record.path}: {note}" for record in records for note in record.notes]
    return IncidentsRead(table, tuple(records), _set_aside(parts), tuple(notes))


def _record(read: FileRead, used: pd.DataFrame, reasons: pd.Series) -> InputRecord:
    counts = {str(code): int(n) for code, n in reasons.value_counts().sort_index().items()}
    notes = (*_precision_notes(used), *read.notes)
    return InputRecord(read.path, read.sha256, read.n_rows, len(used), counts, notes)


def _precision_notes(used: pd.DataFrame) -> list[str]:
    """Say how closely the used rows know their time."""
    counts = used["time_precision"].value_counts()
    said = [f"{int(counts[word]):,} {word.value}" for word in TimePrecision if word in counts.index]
    notes = [f"Precision of time: {', '.join(said)}."] if said else []
    spans_s = (used["ends_s"] - used["starts_s"])[used["time_precision"] == TimePrecision.INTERVAL]
    if n := len(spans_s):
        n_long = int((spans_s > LONG_INTERVAL_H * _HOUR_S).sum())
        notes.append(
            f"{n_long:,} of {n:,} intervals ({n_long / n:.0%}) are longer than "
            f"{LONG_INTERVAL_H:.0f} hours."
        )
    return notes


def _loud_notes(records: list[InputRecord]) -> list[str]:
    """Say what is missing as a whole."""
    n_in = sum(record.rows_in for record in records)
    n_used = sum(record.used for record in records)
    n_outside = sum(record.set_aside.get("outside_area", 0) for record in records)
    if n_in == 0:
        return ["There are no incidents at all: no evidence, no patrol."]
    if n_outside == n_in:
        place = "Check that streets and incidents are of one place, and the CRS of both."
        return [f"EVERY incident lies outside the area. {place}"]
    if n_used == 0:
        return ["NO incident could be used: every row is set aside. See the reasons."]
    if 2 * n_outside > n_in:
        return [f"{n_outside / n_in:.0%} of the incidents lie outside the area."]
    return []


def _table(rows: pd.DataFrame, paths: list[str]) -> pd.DataFrame:
    source = rows["source"].to_numpy(np.int64)
    line = rows["line"].to_numpy(np.int64)
    shown = np.array([*paths, ""], dtype=object)[source]
    ids = unique_ids(rows["incident_id"].to_numpy(object), shown, line)
    table = pd.DataFrame(
        {
            "incident_id": pd.Series(ids, dtype="str"),
            "source": source,
            "line": line,
            "starts_at": _utc(rows["starts_s"]),
            "ends_at": _utc(rows["ends_s"]),
        }
    )
    words = ["time_precision", "category", "origin", "x", "y", "place_precision"]
    table[words] = rows[words].reset_index(drop=True)
    return table[INCIDENTS.names]


def _utc(seconds: pd.Series) -> pd.DatetimeIndex:
    moments = seconds.to_numpy(np.int64).astype("datetime64[s]").astype("datetime64[us]")
    return pd.DatetimeIndex(moments).tz_localize("UTC")


def _set_aside(parts: list[pd.DataFrame]) -> pd.DataFrame:
    empty = pd.DataFrame(
        {
            "file": pd.Series([], dtype="str"),
            "line": pd.Series([], dtype="int64"),
            "reason": pd.Series([], dtype="str"),
        }
    )
    table = pd.concat([empty, *parts], ignore_index=True)[SET_ASIDE.names]
    return table.astype({"file": "str", "line": "int64", "reason": "str"})
