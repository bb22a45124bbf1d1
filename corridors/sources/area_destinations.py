"""The destinations, the severity table and the reference files that an area file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.domain.area import DestinationsInput
from corridors.domain.destinations import DESTINATION_KINDS
from corridors.sources.area_inputs import take_crs, take_path

if TYPE_CHECKING:
    from pathlib import Path

    from corridors.domain.parameters import Parameters
    from corridors.sources.area_table import TableReader

__all__ = [
    "REFERENCE_KEYS",
    "take_destinations",
    "take_reference",
    "take_severity",
]


REFERENCE_KEYS = ("aims", "roles", "protocol")

_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".gpkg")
_PAIRS = (("easting", "northing"), ("longitude", "latitude"))
_OWN = "own"


def take_destinations(root: TableReader, base_dir: Path) -> tuple[DestinationsInput, ...]:
    """Take every ``[[destinations]]``: where pupils walk to after school."""
    found = []
    for entry in root.tables("destinations"):
        if not entry.is_table:
            continue
        kind = entry.choice("kind", DESTINATION_KINDS)
        mend = 'Name the file, such as path = "bus_stops.csv".'
        path = take_path(entry, "path", base_dir, mend)
        columns = _take_columns(entry, path)
        crs = take_crs(entry, "crs", required=False)
        entry.finish()
        if path is not None and not path.lower().endswith(_SUFFIXES):
            entry.add("path", "This format is not read.", f"Use {', '.join(_SUFFIXES)}.")
        elif crs is not None and path is not None and path.lower().endswith(".gpkg"):
            entry.add("crs", "A GeoPackage says its CRS itself.", "Leave crs out.")
        elif kind is not None and path is not None:
            found.append(DestinationsInput(kind, path, columns, crs))
    return tuple(found)


def _take_columns(entry: TableReader, path: str | None) -> dict[str, str]:
    columns = entry.table("columns")
    if columns is None:
        return {}
    is_polygons = path is not None and path.lower().endswith(".gpkg")
    keys = ("weight",) if is_polygons else (*_PAIRS[0], *_PAIRS[1], "weight")
    names = {key: columns.text(key) for key in keys}
    columns.finish()
    started = [pair for pair in _PAIRS if any(key in columns for key in pair)]
    for pair in started if not is_polygons else []:
        for key in pair:
            if key not in columns:
                mend = f"Name {pair[0]} and {pair[1]}."
                columns.add(key, "This half of a pair is missing.", mend)
    if len(started) > 1 and not is_polygons:
        what = "There are two pairs of coordinates."
        columns.add("longitude", what, "Keep one of them.")
    return {key: name for key, name in names.items() if name is not None}


def take_severity(root: TableReader, base_dir: Path, parameters: Parameters) -> str | None:
    """Take ``[severity]``: a force's own table, which ``severity = "own"`` makes count."""
    is_own = parameters.severity == _OWN
    table = root.table("severity")
    if table is None:
        if is_own:
            mend = 'Add [severity] with path = "own.csv": a row for each category, with its value.'
            root.add("parameters.severity", "There is no table of one's own.", mend)
        return None
    path = take_path(table, "path", base_dir, 'Name the file, such as path = "own.csv".')
    table.finish()
    if path is not None and not is_own:
        mend = f'Set severity = "{_OWN}" under [parameters], or leave [severity] out.'
        table.add("path", "Nothing uses this table.", mend)
    return path


def take_reference(root: TableReader, base_dir: Path) -> dict[str, str | None]:
    """Take ``[reference]``: a borough's own aims, roles and protocol, as far as there are any.

    Returns
    -------
    dict
        Path, or None for the bundled file, by each of `REFERENCE_KEYS`.
    """
    table = root.table("reference")
    if table is None:
        return dict.fromkeys(REFERENCE_KEYS)
    paths = {key: take_path(table, key, base_dir) for key in REFERENCE_KEYS}
    table.finish()
    for key, path in paths.items():
        if path is not None and not path.lower().endswith(".toml"):
            table.add(key, "This is not a TOML file.", "Name a file that ends in .toml.")
    return paths
