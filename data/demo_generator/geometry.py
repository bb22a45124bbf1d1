"""Small pieces of geometry: seeded generators, the warp that bends a plan, and the projection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer
from shapely import LineString

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

__all__ = ["ORIGIN", "Warp", "generator", "lines_of", "to_grid", "to_lonlat"]

ORIGIN = (620_000.0, 400_000.0)
"""Easting and northing of the market cross: open sea, about 55 km off the English coast."""

# Spelled out, so that a grid file on one machine cannot move the town on another.
_TO_LONLAT = Transformer.from_pipeline(
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 "
    "+y_0=-100000 +ellps=airy +step +proj=push +v_3 +step +proj=cart +ellps=airy +step "
    "+proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 "
    "+convention=position_vector +step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step "
    "+proj=unitconvert +xy_in=rad +xy_out=deg"
)


def generator(seed: int, *path: int) -> np.random.Generator:
    """Give the generator of one part of the town: parts do not disturb one another."""
    return np.random.default_rng([seed, *path])


def to_grid(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn metres from the market cross into easting and northing (EPSG:27700)."""
    return xy + np.array(ORIGIN)


def to_lonlat(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn metres from the market cross into WGS84 degrees, seven decimals (about 1 cm)."""
    grid = to_grid(xy)
    lon, lat = _TO_LONLAT.transform(grid[:, 0], grid[:, 1])
    return np.round(np.column_stack([lon, lat]), 7)


def lines_of(geometry: BaseGeometry) -> list[LineString]:
    """List the lines of any geometry, longest parts and all, in its own order."""
    parts = shapely.get_parts(shapely.line_merge(geometry))
    return [part for part in parts if isinstance(part, LineString) and part.length > 1.0]


@dataclass(frozen=True, slots=True)
class Warp:
    """A gentle bending of the plane: what was drawn straight becomes a curve, and nothing meets
    that did not meet before (the displacement's gradient stays below one).
    """  # noqa: D205

    waves: NDArray[np.float64]
    """``(n, 6)``: amplitude in x and y (m), wave number in x and y (1/m), two phases."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Warp:
        """Draw one from a generator."""
        rows = []
        for wavelength_m, amplitude_m in ((1900, 60), (1250, 36), (760, 17), (430, 11), (260, 4)):
            heading = rng.uniform(0, 2 * np.pi)
            k = 2 * np.pi / (wavelength_m * rng.uniform(0.9, 1.1))
            along = amplitude_m * rng.uniform(0.75, 1.0, 2)
            rows.append([*along, k * np.cos(heading), k * np.sin(heading), *rng.uniform(0, 6.3, 2)])
        return cls(np.array(rows))

    def apply(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bend ``(n, 2)`` coordinates in metres."""
        amplitude_x, amplitude_y, kx, ky, phase_x, phase_y = self.waves.T
        turn = xy[:, :1] * kx + xy[:, 1:] * ky
        dx = (np.sin(turn + phase_x) * amplitude_x).sum(axis=1)
        dy = (np.sin(turn + phase_y) * amplitude_y).sum(axis=1)
        return xy + np.column_stack([dx, dy])

    def bend(self, line: LineString, step_m: float = 12.0, tolerance_m: float = 0.4) -> LineString:
        """Bend a line: closely sampled, then thinned to the points that carry its shape."""
        dense = shapely.get_coordinates(shapely.segmentize(line, step_m))
        bent = LineString(self.apply(dense))
        return LineString(shapely.get_coordinates(shapely.simplify(bent, tolerance_m)))
