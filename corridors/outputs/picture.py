"""What a map shows, before any library draws it: lines, dots, names and bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from corridors.outputs.encode import encode_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely import MultiLineString
    from shapely.geometry.base import BaseGeometry

    from corridors.domain.released import ReleasedLabel, ReleasedPlan

__all__ = [
    "BAND_STROKES",
    "CORRIDOR",
    "Dot",
    "Picture",
    "Stroke",
    "base_strokes",
    "bounds_of",
    "draw_base",
    "name_rows",
    "public_picture",
]


@dataclass(frozen=True, slots=True)
class Stroke:
    """One pass of the pen over one set of lines."""

    lines: str
    """Key of `Picture.lines`."""
    color: str
    weight: float
    """Pixels at zoom 15.5; it grows and shrinks with the zoom when ``grows``."""
    dash: str | None = None
    grows: bool = True
    least: float = 0.5
    """Pixels below which it does not shrink."""
    text: tuple[str, ...] = ()
    """Lines of a popup; the first is its heading. Empty: not clickable."""
    corridor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Dot:
    """A school."""

    longitude: float
    latitude: float
    name: str
    text: tuple[str, ...]
    has_patrol: bool


@dataclass(slots=True)
class Picture:
    """Everything on one map, in drawing order."""

    lines: dict[str, str] = field(default_factory=dict)
    """Key to encoded lines; every set is stored once however often it is drawn."""
    strokes: list[Stroke] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    names: list[list[object]] = field(default_factory=list)
    bounds: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """West, south, east, north."""

    def add(self, key: str, geometry: MultiLineString, *strokes: Stroke) -> None:
        """Store lines under a key and draw them, unless there are none."""
        if not geometry.is_empty:
            self.lines[key] = encode_lines(geometry)
            self.strokes.extend(strokes)


# Blue on orange on grey: told apart by every kind of colour vision, and in grey print by weight.
CORRIDOR = "#0b4f9e"
_EDGE, _STREET, _PATH, _UNKNOWN = "#b9b3a6", "#ffffff", "#c5bba6", "#8a8f98"
BAND_STROKES = (("#f2b950", 2.8), ("#dd7a1c", 4.0), ("#8f3a06", 5.4))
_BASE_WEIGHT = {"main": (6.0, 2.2), "street": (3.6, 1.0)}


def base_strokes(kind: str) -> tuple[Stroke | None, Stroke]:
    """Give the edge and the surface of one kind of street."""
    if kind == "path":
        return None, Stroke("base-path", _PATH, 1.4, dash="1 4", least=0.6)
    # far out a street is a thin grey line; nearer by, white between two edges
    weight, least = _BASE_WEIGHT[kind]
    return (
        Stroke(f"base-{kind}", _EDGE, round(weight + 1.4, 1), least=least),
        Stroke(f"base-{kind}", _STREET, weight, least=round(least - 0.8, 1)),
    )


def draw_base(picture: Picture, released: ReleasedPlan) -> None:
    """Put the base map under everything: first all edges, then all surfaces."""
    pairs = []
    for base in released.base:
        picture.add(f"base-{base.kind}", base.geometry)
        if not base.geometry.is_empty:
            pairs.append(base_strokes(base.kind))
    picture.strokes.extend(edge for edge, _ in pairs if edge is not None)
    picture.strokes.extend(surface for _, surface in pairs)
    if released.unknown is not None:
        stroke = Stroke("unknown", _UNKNOWN, 1.7, dash="5 5", least=0.8)
        picture.add("unknown", released.unknown, stroke)


def public_picture(released: ReleasedPlan) -> Picture:
    """Compose the public map: our own streets, the bands if any, corridors, schools."""
    picture = Picture()
    draw_base(picture, released)
    for band in released.bands:
        color, weight = BAND_STROKES[band.rank - 1]
        key = f"band-{band.rank}"
        picture.add(key, band.geometry, Stroke(key, color, weight, least=round(weight / 2.5, 2)))
    for corridor in released.corridors:
        text = (
            " and ".join(corridor.school_names),
            f"Corridor of {corridor.length_m:,} m",
            ", ".join(corridor.streets),
        )
        key = f"corridor-{corridor.corridor_id}"
        picture.add(
            key,
            corridor.geometry,
            Stroke(key, "#ffffff", 13.0, grows=False),
            Stroke(key, CORRIDOR, 7.0, grows=False, text=text, corridor_id=corridor.corridor_id),
        )
    for school in released.schools:
        if school.point is not None:
            picture.dots.append(
                Dot(
                    school.point.x,
                    school.point.y,
                    school.name,
                    (school.name, school.reason),
                    school.outcome == "patrol",
                )
            )
    picture.names = name_rows(released.labels)
    shown: list[BaseGeometry] = [
        *(school.point for school in released.schools if school.point is not None),
        *(corridor.geometry for corridor in released.corridors),
    ]
    picture.bounds = bounds_of(shown or [released.streets])
    return picture


def name_rows(labels: Iterable[ReleasedLabel]) -> list[list[object]]:
    """Rows ``[name, latitude, longitude, angle, is_main]`` for the page."""
    return [
        [label.name, label.point.y, label.point.x, label.angle_deg, int(label.kind == "main")]
        for label in labels
    ]


def bounds_of(geometries: Iterable[BaseGeometry]) -> tuple[float, float, float, float]:
    """Give west, south, east and north, with at least some 300 m of width and height."""
    boxes = np.array([shapely.bounds(one) for one in geometries if not one.is_empty])
    if len(boxes) == 0:
        return (-0.002, -0.0015, 0.002, 0.0015)
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    pad_x, pad_y = max(0.0, 0.004 - (east - west)) / 2, max(0.0, 0.003 - (north - south)) / 2
    west, south, east, north = west - pad_x, south - pad_y, east + pad_x, north + pad_y
    return (round(west, 5), round(south, 5), round(east, 5), round(north, 5))
