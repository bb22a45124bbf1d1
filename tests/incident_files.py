"""A small town's bounds, and incident files written by hand, for the tests of the readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corridors.domain.area import IncidentsInput
from corridors.sources.incidents import IncidentsRead, read_incidents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

CRS = "EPSG:27700"
LONDON = "Europe/London"
BOUNDS = (462_000.0, 98_000.0, 470_000.0, 108_000.0)
EASTING, NORTHING = 464_120, 106_237
LONGITUDE, LATITUDE = -1.090495, 50.852105
"""The same place as easting and northing, to the metre (Ordnance Survey's own transformation)."""

MAPPING: Mapping[str, str | tuple[str, ...]] = {
    "id": "Ref",
    "from": "From",
    "to": "To",
    "category": "Offence",
    "easting": "X",
    "northing": "Y",
}
HEADER = "Ref,From,To,Offence,X,Y"
STREET_HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)


def street_row(
    crime_id: str = "",
    month: str = "2018-10",
    longitude: object = LONGITUDE,
    latitude: object = LATITUDE,
    crime_type: str = "Robbery",
) -> str:
    return f"{crime_id},{month},F,F,{longitude},{latitude},On or near X,E0,P 1,{crime_type},,"


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def mapped(path: str = "export.csv", **changes: Any) -> IncidentsInput:
    values: dict[str, Any] = {"timezone": LONDON, "mapping": MAPPING, "format": "mapped"}
    return IncidentsInput(path=path, **{**values, **changes})


def street(path: str = "*.csv") -> IncidentsInput:
    return IncidentsInput(path=path, format="police-uk", timezone=LONDON)


def read(
    folder: Path,
    *specs: IncidentsInput,
    as_of: date | None = None,
    timezone: str = LONDON,
) -> IncidentsRead:
    found = read_incidents(specs, folder, CRS, BOUNDS, as_of=as_of, timezone=timezone)
    for record in found.records:
        assert record.rows_in == record.used + sum(record.set_aside.values())
    assert len(found.table) == sum(record.used for record in found.records)
    assert len(found.set_aside) == sum(record.n_set_aside for record in found.records)
    return found


def read_export(folder: Path, *rows: str, header: str = HEADER, **changes: Any) -> IncidentsRead:
    """Write the rows as a mapped export, and read it."""
    as_of = changes.pop("as_of", None)
    write(folder / "export.csv", header, *rows)
    return read(folder, mapped(**changes), as_of=as_of)


def times(found: IncidentsRead) -> list[tuple[str, str, str]]:
    """Give start, end (UTC, to the minute) and precision of the used rows."""
    table = found.table
    starts = table["starts_at"].dt.strftime("%Y-%m-%d %H:%M")
    ends = table["ends_at"].dt.strftime("%Y-%m-%d %H:%M")
    return list(zip(starts, ends, table["time_precision"], strict=True))


def reasons(found: IncidentsRead) -> list[tuple[int, str]]:
    """Give line and reason of the rows set aside."""
    return list(zip(found.set_aside["line"], found.set_aside["reason"], strict=True))
