"""What was read of an upload, and what was set aside: counts, lines and names, never a cell."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from api.jobs.guessing import guess_columns, guess_format
from corridors.domain.area import IncidentsInput
from corridors.errors import Problem, SourceError
from corridors.pipeline.reading import Tables, read_tables, street_cache_dir
from corridors.pipeline.stages import Stages
from corridors.sources.headers import find_column
from corridors.sources.incidents_reasons import REASONS as INCIDENT_REASONS
from corridors.sources.incidents_words import plain_word, read_categories
from corridors.sources.setting_aside import REASONS as TABLE_REASONS
from corridors.sources.tabular import RawTable, read_table

__all__ = ["guess_file", "report_file"]

_LINES = 20
_MIN_SEEN = 5
_MOST_WORDS = 200
_MOST_COLUMNS = 200
# a header that looks like these is a row of values: it may be personal
_VALUE = re.compile(r"[-+]?[\d.,:/\-T ]+Z?|.*@.*|.*\d{4}-\d{2}-\d{2}.*|[0-9a-fA-F]{32,}")
_CATEGORY_COLUMN = {"police-uk": "Crime type", "police-uk-api": "category"}


def guess_file(path: Path, crs: str) -> dict[str, Any]:
    """Report the columns of a file of incidents, and which of ours they seem to be.

    Raises
    ------
    SourceError
        When it cannot be read as a table.
    """
    del crs
    raw = read_table(path, shown=path.name)
    columns = _columns(raw, path.name)
    form = guess_format(columns)
    guessed = guess_columns(raw.frame) if form == "mapped" else {}
    return {
        "columns": columns,
        "format_guess": form,
        "guess": guessed,
        "n_in": raw.n_rows,
        "notes": list(raw.notes),
    }


def report_file(
    area_file: Path, path: str, kind: str, today: date, stages: Stages
) -> dict[str, Any]:
    """Read an area with an upload in it, as planning would, and report on the upload.

    Parameters
    ----------
    area_file
        With the upload among the files that it names.
    path
        The upload's, as the area file names it.
    kind
        Of `api.store.work_records.InputKind`.
    today
        Today, on the area's calendar.
    stages
        Tells how far it is.

    Raises
    ------
    BadInput
        When it cannot be used.
    """
    columns: list[str] = []
    raw = None
    if kind in {"incidents", "schools", "roster"}:
        raw = read_table(area_file.parent / path, shown=path)
        columns = _columns(raw, path)
    tables = read_tables(
        area_file, as_of=None, today=today, stages=stages, cache_dir=street_cache_dir()
    )
    report: dict[str, Any] = {"columns": columns, "problems": [], "notes": list(tables.notes)}
    if kind == "streets":
        return report | _street_facts(tables)
    record = next((one for one in tables.records if one.path == path), None)
    if record is None:
        return report
    report |= {
        "n_in": record.rows_in,
        "n_used": record.used,
        "set_aside": _set_aside(tables, path),
        "notes": list(record.notes),
    }
    if kind == "incidents" and raw is not None:
        report["categories"] = _categories(raw, tables.area.incidents[0])
        report["span"] = _span(tables)
    return report


def _columns(raw: RawTable, path: str) -> list[str]:
    names = [str(one) for one in raw.frame.columns]
    if any(len(name) > 80 or _VALUE.fullmatch(name) for name in names):
        what = "The first line looks like a row of values: it must name the columns."
        raise SourceError(Problem(path, what, "Export it again with the names of the columns."))
    return names[:_MOST_COLUMNS]


def _set_aside(tables: Tables, path: str) -> list[dict[str, Any]]:
    mine = tables.set_aside[tables.set_aside["file"] == path]
    found = []
    for reason, rows in mine.groupby("reason", sort=True):
        lines = sorted(int(line) for line in rows["line"])
        code = str(reason)
        words = INCIDENT_REASONS.get(code) or TABLE_REASONS.get(code) or ""
        found.append({"reason": code, "words": words, "n": len(lines), "lines": lines[:_LINES]})
    return found


def _categories(raw: RawTable, spec: IncidentsInput) -> list[dict[str, Any]]:
    """List the words of the category column that are seen often enough to be a vocabulary."""
    wanted = spec.mapping.get("category") or _CATEGORY_COLUMN.get(spec.format)
    column = find_column(raw.frame.columns, str(wanted)) if wanted else None
    if column is None:
        return []
    known = read_categories()
    own = {plain_word(word): slug for word, slug in spec.categories.items()}
    counts = raw.frame[column].value_counts()
    seen = counts[(counts >= _MIN_SEEN) & (counts.index != "")].head(_MOST_WORDS)
    return [
        {
            "word": str(word),
            "n": int(n),
            "category": own.get(plain_word(str(word)))
            or known.slug_of_word.get(plain_word(str(word))),
        }
        for word, n in seen.items()
        if len(str(word)) <= 80
    ]


def _span(tables: Tables) -> list[str] | None:
    if tables.incidents.empty:
        return None
    days = tables.incidents["starts_at"].dt.tz_convert(tables.area.timezone)
    first, last = pd.Timestamp(days.min()), pd.Timestamp(days.max())
    return [first.date().isoformat(), last.date().isoformat()]


def _street_facts(tables: Tables) -> dict[str, Any]:
    return {
        "n_in": int(str(tables.facts["ways_in"])),
        "n_used": int(str(tables.facts["ways_kept"])),
        "n_segments": tables.network.n_segments,
        "set_aside": [],
    }
