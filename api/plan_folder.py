"""Read a folder that `corridors plan` wrote, by its output contract and nothing more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
from icalendar import Calendar

from api.store.records import Feature, Patrol, ReleasedFile, School
from api.store.types import canonical_json, sha256_of
from corridors.errors import BadInput, Problem

__all__ = ["PlanFolder", "read_plan_folder"]

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".geojson": "application/geo+json",
    ".json": "application/json",
}
_WGS84 = "EPSG:4326"
_FIGURES = ("length_m", "intensity_per_km_day", "n_incidents", "basis", "covered", "name")
_DEGREES = 1e-7  # about a centimetre


@dataclass(frozen=True, slots=True)
class PlanFolder:
    """Everything of one folder that the service keeps."""

    name: str
    crs: str
    timezone: str
    week: date
    status: str
    document: dict[str, object]
    files: tuple[ReleasedFile, ...]
    schools: tuple[School, ...]
    patrols: tuple[Patrol, ...]
    corridors: tuple[Feature, ...]
    segments: tuple[Feature, ...]


def read_plan_folder(folder: Path) -> PlanFolder:
    """Read the exact plan, the segments and every released file.

    Raises
    ------
    BadInput
        When the folder holds no plan of this version.
    """
    internal, public = folder / "internal", folder / "public"
    try:
        document = json.loads((internal / "plan.json").read_text("utf-8"))
        schools = _read_schools(public / "schools.json")
        files = tuple(_read_files(public))
        segments, crs = _read_segments(internal / "segments.parquet")
        return PlanFolder(
            name=str(document["area"]),
            crs=crs,
            timezone=str(document["timezone"]),
            week=date.fromisoformat(document["week"]),
            status=str(document["status"]),
            document=document,
            files=files,
            schools=schools,
            patrols=tuple(_read_patrols(files, schools)),
            corridors=tuple(_read_corridors(public / "corridors.geojson")),
            segments=segments,
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BadInput(
            Problem(
                str(folder),
                "This folder holds no whole plan.",
                "Make one first: corridors plan AREA.toml --week MONDAY --out DIR.",
            )
        ) from error


def _read_files(public: Path) -> Iterator[ReleasedFile]:
    for path in sorted(public.rglob("*")):
        is_ours = path.is_file() and not path.is_symlink() and path.suffix in _MEDIA_TYPES
        if is_ours:
            content = path.read_bytes()
            name = path.relative_to(public).as_posix()
            yield ReleasedFile(name, _MEDIA_TYPES[path.suffix], content, sha256_of(content))


def _read_schools(path: Path) -> tuple[School, ...]:
    listed = json.loads(path.read_text("utf-8"))
    return tuple(
        School(one["school_id"], one["name"], one["outcome"], one["file"]) for one in listed
    )


def _read_patrols(files: tuple[ReleasedFile, ...], schools: tuple[School, ...]) -> Iterator[Patrol]:
    """Read the patrols as every calendar program reads them: from the schools' calendars."""
    by_path = {file.path: file for file in files}
    for school in schools:
        calendar = Calendar.from_ical(by_path[f"notices/{school.file}.ics"].content)
        for event in calendar.walk("VEVENT"):
            yield Patrol(
                uid=str(event["UID"]),
                school_id=school.school_id,
                starts_at=_moment(event["DTSTART"]),
                ends_at=_moment(event["DTEND"]),
                streets=str(event.get("LOCATION", "")),
                description=str(event.get("DESCRIPTION", "")),
                sequence=int(str(event.get("SEQUENCE", 0))),
            )


def _moment(value: Any) -> datetime:
    if not isinstance(value.dt, datetime):
        message = "a patrol begins and ends at a time of day"
        raise TypeError(message)
    return value.dt.astimezone(UTC)


def _read_corridors(path: Path) -> Iterator[Feature]:
    for one in json.loads(path.read_text("utf-8"))["features"]:
        geometry = shapely.geometry.shape(one["geometry"])
        properties = canonical_json(one["properties"])
        yield _feature(str(one["id"]), properties, geometry)


def _read_segments(path: Path) -> tuple[tuple[Feature, ...], str]:
    """Read the segments into WGS84; also give the CRS that they are kept in."""
    table = geopandas.read_parquet(path)
    crs = table.crs.to_string()
    geometries = shapely.set_precision(
        table.geometry.to_crs(_WGS84).to_numpy(), _DEGREES, mode="pointwise"
    )
    wkb = shapely.to_wkb(geometries)
    boxes = shapely.bounds(geometries)
    figures = [name for name in _FIGURES if name in table.columns]
    # NaN is unknown, and JSON's word for that is null
    rows = table[figures].astype(object).where(table[figures].notna(), None)
    features = (
        Feature(
            str(segment_id),
            "",
            canonical_json({"segment_id": str(segment_id), **_plain(values)}),
            bytes(geometry),
            (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        )
        for segment_id, values, geometry, box in zip(
            table["segment_id"], rows.to_dict("records"), wkb, boxes, strict=True
        )
    )
    return tuple(features), crs


def _plain(values: dict[str, object]) -> dict[str, object]:
    """Turn numpy's scalars into Python's."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in values.items()
    }


def _feature(feature_id: str, properties: str, geometry: shapely.Geometry) -> Feature:
    west, south, east, north = (float(side) for side in shapely.bounds(geometry))
    wkb = shapely.to_wkb(geometry)
    return Feature(feature_id, "", properties, wkb, (west, south, east, north))
