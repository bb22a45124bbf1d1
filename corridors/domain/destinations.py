"""Where pupils walk to after school: stops, stations and homes, as points and areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DESTINATION_KINDS", "Destinations"]

DESTINATION_KINDS = ("stops", "stations", "homes")


@dataclass(frozen=True, slots=True, eq=False)
class Destinations:
    """Destinations of an area, in its CRS.

    Parameters
    ----------
    kind
        ``(n,)`` index into `DESTINATION_KINDS`.
    x, y
        ``(n,)`` metres; NaN where it is an area.
    outline
        ``(n,)`` Polygon or MultiPolygon, valid; None where it is a point.
    weight
        ``(n,)`` 0 or more: pupils who live there, or how much a stop is used.
    """

    kind: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    outline: NDArray[np.object_]
    weight: NDArray[np.float64]

    @classmethod
    def none(cls) -> Destinations:
        """Give no destinations at all."""
        nothing = np.zeros(0)
        return cls(np.zeros(0, np.int64), nothing, nothing, np.zeros(0, object), nothing)

    def __len__(self) -> int:
        return len(self.kind)
