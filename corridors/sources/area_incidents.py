"""The incidents that an area file names: files, formats and how their columns are called."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from corridors.domain.area import IncidentsInput
from corridors.domain.vocabulary import PlacePrecision
from corridors.sources.area_inputs import check_pairs, take_crs, take_timezone
from corridors.sources.area_table import Problems, TableReader
from corridors.sources.paths import expand_glob

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["INCIDENT_FORMATS", "take_incidents", "take_texts"]

INCIDENT_FORMATS = ("police-uk", "police-uk-api", "mapped")

_MAPPING_MEND = 'Write mapping = { from = "...", easting = "...", northing = "..." }.'


def take_incidents(
    root: TableReader, base_dir: Path, timezone: str, problems: Problems
) -> tuple[IncidentsInput, ...]:
    """Take every ``[[incidents]]``."""
    tables = root.tables("incidents")
    if not tables and "incidents" not in root:
        mend = "Add [[incidents]] with path and format; an empty file is a valid answer."
        problems.add("incidents", "There are no incidents.", mend)
    found = [_take_incident(table, base_dir, timezone) for table in tables]
    return tuple(entry for entry in found if entry is not None)


def _take_incident(table: TableReader, base_dir: Path, timezone: str) -> IncidentsInput | None:
    if not table.is_table:
        return None
    path = table.text("path", 'Name the file or a glob, such as path = "police-uk/*.csv".')
    if path is not None and not expand_glob(base_dir, path):
        table.add(
            "path",
            f"No file is called {path!r}, or matches it.",
            "Paths are relative to the area file's folder.",
        )
    form = table.choice("format", INCIDENT_FORMATS)
    zone = take_timezone(table, "timezone", timezone) or timezone
    mapping = _take_mapping(table, form)
    categories = _take_categories(table)
    precision = None
    if "place_precision" in table:
        precision = table.choice("place_precision", tuple(PlacePrecision))
    crs = take_crs(table, "crs", required=False)
    ignore_offset = table.flag("ignore_utc_offset")
    discovered = take_texts(table, "discovered")
    encoding = _take_encoding(table)
    table.finish()
    if path is None or form is None:
        return None
    return IncidentsInput(
        path=path,
        format=form,
        timezone=zone,
        ignore_utc_offset=ignore_offset,
        mapping=mapping,
        categories=categories,
        discovered=discovered,
        place_precision=precision,
        crs=crs,
        encoding=encoding,
    )


def _take_mapping(table: TableReader, form: str | None) -> dict[str, str | tuple[str, ...]]:
    mapping = table.table("mapping")
    if mapping is None:
        if form == "mapped":
            table.add("mapping", "A mapped file needs a mapping.", _MAPPING_MEND)
        return {}
    if not mapping.is_table:
        return {}
    if form not in (None, "mapped"):
        table.add("mapping", f"The format {form} has columns of its own.", "Leave mapping out.")
        return {}
    found = _take_times(mapping)
    for key in ("id", "category", "origin", "easting", "northing", "longitude", "latitude"):
        name = mapping.text(key)
        if name is not None:
            found[key] = name
    check_pairs(mapping)
    mapping.finish()
    return found


def _take_times(mapping: TableReader) -> dict[str, str | tuple[str, ...]]:
    """Take ``from`` and ``to``: a column, or a column of dates and one of times."""
    found: dict[str, str | tuple[str, ...]] = {}
    for key in ("from", "to"):
        columns = take_texts(mapping, key) if _is_list(mapping, key) else _take_one(mapping, key)
        if len(columns) > 2:
            mapping.add(key, "A time is in one column, or in two.", 'Write ["Date", "Time"].')
        elif columns:
            found[key] = columns if len(columns) == 2 else columns[0]
    if "from" not in mapping:
        mapping.add("from", "This is missing.", "Name the column that tells when it happened.")
    return found


def _is_list(table: TableReader, key: str) -> bool:
    return isinstance(table.raw(key), list)


def _take_one(table: TableReader, key: str) -> tuple[str, ...]:
    value = table.text(key)
    return () if value is None else (value,)


def _take_categories(table: TableReader) -> dict[str, str]:
    categories = table.table("categories")
    if categories is None:
        return {}
    found = {}
    for word, meaning in categories.items():
        if isinstance(meaning, str) and meaning.strip():
            found[word] = meaning.strip()
        else:
            categories.add(word, "This must be a category of ours.", 'Such as "robbery".')
    return found


def take_texts(table: TableReader, key: str) -> tuple[str, ...]:
    """Take a list of texts; absent is empty."""
    value = table.raw(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        table.add(key, "This must be a list of texts.", f'Write {key} = ["...", "..."].')
        return ()
    return tuple(text.strip() for text in value)


def _take_encoding(table: TableReader) -> str | None:
    encoding = table.text("encoding")
    if encoding is None:
        return None
    try:
        # rot13 and the like are codecs, but no encodings.
        b"aaaa".decode(codecs.lookup(encoding).name, "replace")
    except (LookupError, TypeError, ValueError):
        table.add("encoding", f"There is no encoding {encoding!r}.", "Such as utf-8 or cp1252.")
        return None
    return encoding
