"""A small map of one corridor as numbers for inline SVG: no script, no picture file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from corridors.domain.released import (
        ReleasedBase,
        ReleasedCorridor,
        ReleasedLabel,
        ReleasedPlan,
    )

__all__ = ["Sketch", "draw_sketch", "sketch_of"]

WIDTH = 420.0
_M_PER_DEGREE = 111_320.0
_MARGIN_M = 90.0
_LETTER, _BOLD_LETTER = 5.9, 7.0


@dataclass(frozen=True, slots=True)
class Sketch:
    """SVG paths and texts in a box of ``WIDTH`` by ``height``."""

    height: float
    base: tuple[tuple[str, str], ...]
    """Kind and path data, paths first, main streets last."""
    corridor: str
    names: tuple[tuple[str, float, float, float], ...]
    """Name, x, y, clockwise angle."""
    schools: tuple[tuple[str, float, float], ...]
    scale_m: int
    scale_width: float

    def label_x(self, name: str, x: float) -> float:
        """Give the middle of a school's name: so far inside that all of it can be read."""
        return _label_x(name, x)


def _label_x(name: str, x: float) -> float:
    half = min(len(name) * _BOLD_LETTER, WIDTH - 8.0) / 2.0
    return round(min(max(x, half + 4.0), WIDTH - 4.0 - half), 1)


class _Frame:
    """From degrees to the box, with a margin around the corridor and a bounded shape."""

    def __init__(self, geometries: Iterable[BaseGeometry]) -> None:
        boxes = np.array([shapely.bounds(one) for one in geometries])
        (west, south), (east, north) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        self._squeeze = np.cos(np.radians((south + north) / 2.0))
        width_m = (east - west) * self._squeeze * _M_PER_DEGREE + 2.0 * _MARGIN_M
        height_m = (north - south) * _M_PER_DEGREE + 2.0 * _MARGIN_M
        width_m = max(width_m, height_m / 0.8)
        height_m = max(height_m, width_m * 0.5)
        self.px_per_m = WIDTH / width_m
        self.height = round(height_m * self.px_per_m, 1)
        half = (width_m / self._squeeze / 2.0 / _M_PER_DEGREE, height_m / 2.0 / _M_PER_DEGREE)
        centre = ((west + east) / 2.0, (south + north) / 2.0)
        self.box = (
            centre[0] - half[0],
            centre[1] - half[1],
            centre[0] + half[0],
            centre[1] + half[1],
        )

    def place(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Project ``(n, 2)`` longitudes and latitudes into the box."""
        west, _, _, north = self.box
        x = (xy[:, 0] - west) * self._squeeze * _M_PER_DEGREE * self.px_per_m
        y = (north - xy[:, 1]) * _M_PER_DEGREE * self.px_per_m
        return np.round(np.column_stack([x, y]), 1) + 0.0

    def path(self, geometry: BaseGeometry) -> str:
        """Write the lines that reach the box as path data."""
        west, south, east, north = self.box
        parts = shapely.get_parts(geometry)
        left, low, right, high = shapely.bounds(parts).T
        near = parts[(left <= east) & (right >= west) & (low <= north) & (high >= south)]
        clipped = shapely.get_parts(shapely.clip_by_rect(near, west, south, east, north))
        lines = clipped[shapely.get_type_id(clipped) == shapely.GeometryType.LINESTRING]
        return "".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in self.place(shapely.get_coordinates(line)))
            for line in lines
            if not line.is_empty
        )


def draw_sketch(released: ReleasedPlan, corridor: ReleasedCorridor) -> Sketch:
    """Draw one released corridor among the streets around it.

    Parameters
    ----------
    released
        For the base map, the names and the schools.
    corridor
        One of its corridors.
    """
    schools = [
        (school.name, school.point)
        for school in released.schools
        if school.school_id in corridor.school_ids and school.point is not None
    ]
    labels = (*corridor.labels, *released.labels)
    return sketch_of(corridor.geometry, schools, released.base, labels)


def sketch_of(
    geometry: BaseGeometry,
    schools: Sequence[tuple[str, BaseGeometry]],
    base: Sequence[ReleasedBase],
    labels: Sequence[ReleasedLabel],
) -> Sketch:
    """Draw the streets of one corridor among those around it.

    Parameters
    ----------
    geometry
        The corridor, WGS84.
    schools
        Name and gate of its schools.
    base
        The base map by kind.
    labels
        Names of streets, the most useful first.
    """
    frame = _Frame([geometry, *(point for _, point in schools)])
    scale_m = max(m for m in (50, 100, 200, 500, 1000) if m == 50 or m * frame.px_per_m < WIDTH / 4)
    dots = [(name, *_at(frame, point)) for name, point in schools]
    return Sketch(
        height=frame.height,
        base=tuple((one.kind, frame.path(one.geometry)) for one in base),
        corridor=frame.path(geometry),
        names=_free_names(frame, labels, dots),
        schools=tuple(dots),
        scale_m=scale_m,
        scale_width=round(scale_m * frame.px_per_m, 1),
    )


def _at(frame: _Frame, point: BaseGeometry) -> tuple[float, float]:
    x, y = frame.place(shapely.get_coordinates(point))[0]
    return float(x), float(y)


def _free_names(
    frame: _Frame,
    labels: Sequence[ReleasedLabel],
    dots: list[tuple[str, float, float]],
) -> tuple[tuple[str, float, float, float], ...]:
    """Keep names that lie inside the box and over no other; each street once."""
    taken = [_spots(name, _label_x(name, x), y + 18.0, 0.0) for name, x, y in dots]
    taken.extend(np.array([[x, y]]) for _, x, y in dots)
    kept: dict[str, tuple[str, float, float, float]] = {}
    west, south, east, north = frame.box
    for label in labels:
        point = label.point
        if label.name in kept or not (west < point.x < east and south < point.y < north):
            continue
        x, y = _at(frame, point)
        spots = _spots(label.name, x, y, -label.angle_deg)
        inside = (spots > 4.0).all() and (spots < [WIDTH - 4.0, frame.height - 4.0]).all()
        free = all(np.abs(spots[:, None] - one[None]).max(axis=2).min() > 12.0 for one in taken)
        if inside and free:
            kept[label.name] = (label.name, x, y, -label.angle_deg + 0.0)
            taken.append(spots)
    return tuple(kept.values())


def _spots(name: str, x: float, y: float, angle_deg: float) -> NDArray[np.float64]:
    """Give points along a text, for telling whether two texts would touch."""
    half = len(name) * _LETTER / 2.0
    along = np.linspace(-half, half, max(2, int(half / 4.0)))
    angle = np.radians(angle_deg)
    return np.column_stack([x + along * np.cos(angle), y + along * np.sin(angle)])
