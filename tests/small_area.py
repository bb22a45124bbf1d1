"""A small made-up area, complete: streets, two schools, incidents, roster and area file.

It lies in the sea off Cornwall. Thirty-six junctions, 100 m apart, are joined by twelve straight
streets: "Row 0" to "Row 5" run east, "Column 0" to "Column 5" north. S1 has its gate on Row 0,
where 40 robberies are planted after school; S2 has its gate on Row 5, where nothing is. Over all
streets, hours and days, 260 incidents are scattered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer

from tests.unit.tiny_osm import Way, osm_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "AFTER",
    "N_INCIDENTS",
    "SECRET",
    "WEEK",
    "WEEK_OUT_OF_TERM",
    "SmallArea",
    "degrees",
    "row",
    "write_small_area",
]

ORIGIN = (150_000.0, 100_000.0)
SIDE = 6
STEP_M = 100.0
N_INCIDENTS = 300
N_PLANTED = 40
WEEK = date(2026, 7, 6)
WEEK_OUT_OF_TERM = date(2026, 8, 10)
AFTER = datetime(2026, 3, 10, 15, 45)  # noqa: DTZ001 -- a local time, as a file writes it
"""Half an hour after the bell of a teaching day."""
SECRET = "Qwertz-Cell"  # noqa: S105 -- a word to look for
"""Stands in cells that nothing may ever quote."""

_TO_DEGREES = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
_HEADER = "Crime No,From,To,Offence,{},{},Remarks"

_AREA = """
name = "Small Area"
crs = "EPSG:27700"
timezone = "Europe/London"

[streets]
path = "streets.osm"

[schools]
path = "schools.csv"

[[incidents]]
path = "incidents.csv"
format = "mapped"

[incidents.mapping]
id = "Crime No"
from = "From"
to = "To"
category = "Offence"
easting = "X"
northing = "Y"

[calendar]
division = "england-and-wales"
terms = [
  {{ start = 2025-09-01, end = 2025-12-19 }},
  {{ start = 2026-01-05, end = 2026-03-27 }},
  {{ start = 2026-04-13, end = 2026-07-17 }},
  {{ start = 2026-09-01, end = 2026-12-18 }},
]
default_bell = 15:15:00

[roster]
path = "roster.csv"

[parameters]
seed = 7
as_of = 2026-07-03
n_null_runs = 199
corridor_length_m = 600
"""

_SCHOOLS = """school_id,name,easting,northing
S1,Row School,150150,99996
S2,Far School,150450,100504
"""

_ROSTER = """post_id,role,organisation,school_id,weekdays,from,to,walks_with_police,max_patrols_week
YW1,youth_worker,Small Youth Trust,,mon-fri,13:30,18:30,no,5
YW2,youth_worker,Small Youth Trust,,mon-fri,13:30,18:30,yes,5
CV1,community_volunteer,Small Volunteers,,mon-fri,13:30,18:30,yes,5
CV2,community_volunteer,Small Volunteers,,mon-fri,13:30,18:30,yes,5
CS1,community_safety_officer,Small Council,,mon-fri,13:30,18:30,yes,5
CS2,community_safety_officer,Small Council,,mon-fri,13:30,18:30,yes,5
WO1,ward_officer,Ward team,,mon-fri,13:30,18:30,yes,5
"""


@dataclass(frozen=True)
class SmallArea:
    """The folder of an area, and ways to spoil it."""

    folder: Path
    degrees: bool = False

    @property
    def file(self) -> Path:
        return self.folder / "area.toml"

    def swap(self, name: str, old: str, new: str) -> None:
        """Replace every occurrence of a text in a file; it must be there."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def write(self, name: str, content: str | bytes) -> None:
        raw = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(raw)

    def add_incidents(self, *rows: str) -> None:
        path = self.folder / "incidents.csv"
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{one}\n" for one in rows)


def row(
    number: str,
    begins: str = f"{AFTER:%d/%m/%Y %H:%M}",
    ends: str = "",
    offence: str = "Robbery",
    x: str = "150250",
    y: str = "100000",
) -> str:
    """Give a row of the incidents file; one that counts, unless a cell is spoilt."""
    return f"{number},{begins},{ends},{offence},{x},{y},{SECRET}"


def write_small_area(folder: Path, *, degrees: bool = False) -> SmallArea:
    """Write all files of the area into a folder.

    Parameters
    ----------
    folder
        Where to.
    degrees
        Whether the incidents have longitude and latitude.
    """
    folder.mkdir(parents=True, exist_ok=True)
    area = SmallArea(folder, degrees)
    toml = _AREA.format()
    if degrees:
        toml = toml.replace('easting = "X"', 'longitude = "Lon"')
        toml = toml.replace('northing = "Y"', 'latitude = "Lat"')
    area.write("area.toml", toml)
    area.write("streets.osm", _streets())
    area.write("schools.csv", _SCHOOLS)
    area.write("roster.csv", _ROSTER)
    area.write("incidents.csv", _incidents(degrees=degrees))
    return area


def degrees(easting: float, northing: float) -> tuple[float, float]:
    """Give longitude and latitude of a place."""
    lon, lat = _TO_DEGREES.transform(easting, northing)
    return round(lon, 8), round(lat, 8)


def _streets() -> str:
    numbers = range(SIDE * SIDE)
    x = [ORIGIN[0] + STEP_M * (number % SIDE) for number in numbers]
    y = [ORIGIN[1] + STEP_M * (number // SIDE) for number in numbers]
    lon, lat = _TO_DEGREES.transform(x, y)
    nodes = {n + 1: (round(lon[n], 8), round(lat[n], 8)) for n in numbers}
    rows = [Way([SIDE * r + c + 1 for c in range(SIDE)], {"name": f"Row {r}"}) for r in range(SIDE)]
    columns = [
        Way([SIDE * r + c + 1 for r in range(SIDE)], {"name": f"Column {c}"}) for c in range(SIDE)
    ]
    return osm_text(nodes, [*rows, *columns])


def _incidents(*, degrees: bool) -> str:
    rng = np.random.default_rng(20)
    first = datetime(2025, 9, 1)  # noqa: DTZ001 -- local times, as a file writes them
    cells: list[tuple[datetime, int, str, float, float]] = []
    extent = STEP_M * (SIDE - 1)
    for _ in range(N_INCIDENTS - N_PLANTED):
        along, across = rng.uniform(0, extent), STEP_M * rng.integers(SIDE)
        x, y = (along, across) if rng.random() < 0.5 else (across, along)
        at = first + timedelta(minutes=int(rng.integers(300 * 24 * 60)))
        lasts_min = 0 if rng.random() < 0.8 else int(rng.integers(10, 300))
        offence = "Robbery" if rng.random() < 0.6 else "Common assault"
        cells.append((at, lasts_min, offence, x, y))
    days = [day for n in range(300) if _is_teaching(day := first + timedelta(days=n))]
    for day in rng.choice(len(days), N_PLANTED, replace=False):
        at = days[day] + timedelta(minutes=int(15.25 * 60 + rng.integers(5, 100)))
        cells.append((at, 0, "Robbery", rng.uniform(100, 400), 0.0))
    lines = [_HEADER.format(*(("Lon", "Lat") if degrees else ("X", "Y")))]
    for number, (at, lasts_min, offence, x, y) in enumerate(cells, start=1):
        easting, northing = ORIGIN[0] + x, ORIGIN[1] + y
        place = (f"{easting:.1f}", f"{northing:.1f}")
        if degrees:
            lon, lat = _TO_DEGREES.transform(easting, northing)
            place = (f"{lon:.7f}", f"{lat:.7f}")
        ends = f"{at + timedelta(minutes=lasts_min):%d/%m/%Y %H:%M}" if lasts_min else ""
        lines.append(row(f"C{number:04d}", f"{at:%d/%m/%Y %H:%M}", ends, offence, *place))
    return "\n".join([*lines, ""])


def _is_teaching(day: datetime) -> bool:
    terms = [
        (datetime(2025, 9, 1), datetime(2025, 12, 19)),  # noqa: DTZ001
        (datetime(2026, 1, 5), datetime(2026, 3, 27)),  # noqa: DTZ001
        (datetime(2026, 4, 13), datetime(2026, 5, 1)),  # noqa: DTZ001
    ]
    return day.weekday() < 5 and any(first <= day <= last for first, last in terms)
