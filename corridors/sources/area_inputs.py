"""What an area file says of its CRS, its time zone, its streets and its schools."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from pyproj import CRS
from pyproj.exceptions import CRSError

from corridors.domain.area import SchoolsInput, StreetsInput
from corridors.sources.area_table import TableReader, suggest
from corridors.sources.paths import resolve

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "SCHOOL_FORMATS",
    "STREET_SUFFIXES",
    "check_pairs",
    "take_crs",
    "take_path",
    "take_schools",
    "take_streets",
    "take_timezone",
]

STREET_SUFFIXES = (".osm", ".osm.bz2", ".osm.gz", ".osm.pbf", ".pbf", ".graphml", ".gpkg")
SCHOOL_FORMATS = ("columns", "gias", "gla-atlas")

_DEFAULT_COLUMNS = {
    "id": "school_id",
    "name": "name",
    "easting": "easting",
    "northing": "northing",
}
_PAIRS = (("easting", "northing"), ("longitude", "latitude"))


def take_crs(table: TableReader, key: str, *, required: bool) -> str | None:
    """Take a CRS that is projected in metres: distances in it are distances."""
    mend = 'Give a projected CRS in metres, such as "EPSG:27700" in Great Britain.'
    text = table.text(key, mend if required else "")
    if text is None:
        return None
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        table.add(key, "This CRS is not known.", mend)
        return None
    if not crs.is_projected:
        table.add(key, "This CRS is in degrees or not projected.", mend)
    elif any(abs(axis.unit_conversion_factor - 1) > 1e-9 for axis in crs.axis_info[:2]):
        table.add(key, "This CRS is not in metres.", mend)
    elif _is_mercator(crs):
        table.add(key, "The metres of a world map are longer than metres on the ground.", mend)
    else:
        return text
    return None


def _is_mercator(crs: CRS) -> bool:
    operation = crs.coordinate_operation
    method = operation.method_name if operation is not None else ""
    return "Pseudo Mercator" in method or method.startswith("Mercator")


def take_timezone(table: TableReader, key: str, default: str | None = None) -> str | None:
    """Take a time zone by its name; without a default it must be there."""
    mend = 'Give a name such as "Europe/London".'
    text = table.text(key, "" if default else mend)
    if text is None:
        return default
    try:
        ZoneInfo(text)
    except (LookupError, OSError, ValueError):
        near = suggest(text, available_timezones())
        table.add(key, f"There is no time zone {text!r}.", near + mend)
        return default
    return text


def take_path(table: TableReader, key: str, base_dir: Path, mend: str = "") -> str | None:
    """Take the path of a file that must exist. With a `mend` the key must be there."""
    written = table.text(key, mend)
    if written is None:
        return None
    file = resolve(base_dir, written)
    try:
        exists, is_folder = file.exists(), file.is_dir()
    except (OSError, ValueError):
        exists = is_folder = False
    if is_folder:
        table.add(key, "This is a folder.", "Name a file in it.")
    elif not exists:
        table.add(
            key, f"There is no file {written!r}.", "Paths are relative to the area file's folder."
        )
    return written


def take_streets(root: TableReader, base_dir: Path) -> StreetsInput | None:
    """Take ``[streets]``: a path or a place, not both."""
    mend = 'Write [streets] with path = "streets.osm.bz2" or place = "Hackney, London, UK".'
    table = root.table("streets")
    if table is None:
        root.add("streets", "There are no streets.", mend)
        return None
    path = take_path(table, "path", base_dir)
    place = table.text("place")
    if "path" in table and "place" in table:
        table.add("place", "Streets come from a file or from a place, not both.", "Keep one.")
    elif "path" not in table and "place" not in table:
        table.add("path", "There is neither path nor place.", mend)
    if path is not None and not path.lower().endswith(STREET_SUFFIXES):
        table.add("path", "This format is not read.", f"Use {', '.join(STREET_SUFFIXES)}.")
    attribution = table.text("attribution")
    table.finish()
    if attribution is None:
        return StreetsInput(path, place)
    return StreetsInput(path, place, attribution)


def take_schools(root: TableReader, base_dir: Path) -> SchoolsInput | None:
    """Take ``[schools]``: path, format and, for our own columns, how they are called."""
    table = root.table("schools")
    if table is None:
        root.add("schools", "There are no schools.", 'Write [schools] with path = "schools.csv".')
        return None
    path = take_path(table, "path", base_dir, 'Name the file, such as path = "schools.csv".')
    form = table.choice("format", SCHOOL_FORMATS, "columns") or "columns"
    authority = table.text("local_authority")
    columns = table.table("columns")
    names: dict[str, str] = {}
    if columns is not None and form != "columns":
        columns.add("id", f"The format {form} has columns of its own.", "Leave columns out.")
        columns = None
    elif columns is not None:
        for key in ("id", "name", "easting", "northing", "longitude", "latitude"):
            name = columns.text(key)
            if name is not None:
                names[key] = name
        for key in ("id", "name"):
            if key not in columns:
                columns.add(key, "This is missing.", "Name the column that holds it.")
        check_pairs(columns)
        columns.finish()
    elif form == "columns":
        names = dict(_DEFAULT_COLUMNS)
    if authority is not None and form == "columns":
        table.add(
            "local_authority",
            "Only gias and gla-atlas files are cut by authority.",
            "Leave it out.",
        )
    table.finish()
    return SchoolsInput(path, form, names, authority) if path is not None else None


def check_pairs(table: TableReader) -> None:
    """Check that one pair of coordinates is there, whole."""
    started = [pair for pair in _PAIRS if any(key in table for key in pair)]
    if not started:
        table.add(
            "easting",
            "No columns tell where it is.",
            "Name easting and northing, or longitude and latitude.",
        )
    for pair in started:
        for key in pair:
            if key not in table:
                table.add(key, "This half of a pair is missing.", f"Name {pair[0]} and {pair[1]}.")
    if len(started) > 1:
        table.add("longitude", "There are two pairs of coordinates.", "Keep one of them.")
