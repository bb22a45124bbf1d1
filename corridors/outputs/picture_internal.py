"""The internal map's picture: exact intensity in ten bands, corridors, candidates, gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from corridors.domain.vocabulary import Outcome
from corridors.outputs.picture import (
    CORRIDOR,
    Dot,
    Picture,
    Stroke,
    base_strokes,
    bounds_of,
    name_rows,
)
from corridors.outputs.release_streets import (
    SIMPLIFY_M,
    Projector,
    release_base,
    release_labels,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from corridors.domain.network import StreetNetwork
    from corridors.domain.plan import Plan
    from corridors.domain.released import ReleasedPlan

__all__ = ["BAND_COLORS", "intensity_bands", "internal_picture"]

# Light to dark in even steps of lightness, so that order survives grey print and colour blindness.
BAND_COLORS = (
    "#fde9a9", "#fbd77f", "#f9c15c", "#f5a742", "#ec8c34",
    "#dc702d", "#c4562a", "#a33f2b", "#7d2c2c", "#561d29",
)  # fmt: skip
_CANDIDATE = "#5b6b7d"


def intensity_bands(
    intensity: NDArray[np.float64], shown: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Sort positive intensities into ten bands with equal numbers of segments.

    Returns
    -------
    band
        ``(n_segments,)``: 0 to 9, or -1 where there is none.
    edges
        ``(11,)`` from the smallest to the largest; equal edges mean an empty band.
    """
    value = np.nan_to_num(np.asarray(intensity, float), nan=0.0)
    is_positive = np.asarray(shown, bool) & (value > 0.0)
    band = np.full(len(value), -1, np.intp)
    if not is_positive.any():
        return band, np.zeros(len(BAND_COLORS) + 1)
    edges = np.quantile(value[is_positive], np.linspace(0.0, 1.0, len(BAND_COLORS) + 1))
    inside = np.searchsorted(edges[1:-1], value[is_positive], side="right")
    band[is_positive] = inside
    return band, edges


def internal_picture(
    plan: Plan,
    network: StreetNetwork,
    gates: Mapping[str, tuple[float, float]],
    *,
    segment_intensity: NDArray[np.float64],
    covered: NDArray[np.bool_],
    crs: str,
    released: ReleasedPlan | None = None,
) -> tuple[Picture, list[tuple[str, str, float]]]:
    """Compose the internal map.

    Parameters
    ----------
    released
        Where there is one, its base map and names are used again.

    Returns
    -------
    picture
        What to draw.
    bands
        Label, colour and weight of each band that holds a street, highest first.
    """
    projector = Projector(crs)
    lines = network.segments.geometry.to_numpy()
    thin = shapely.simplify(lines, SIMPLIFY_M)
    is_covered = np.asarray(covered, bool)
    picture = Picture()
    bases = released.base if released else release_base(network, projector)
    for base in bases:
        edge, surface = base_strokes(base.kind)
        strokes = [stroke for stroke in (edge, surface) if stroke is not None]
        picture.add(f"base-{base.kind}", base.geometry, *strokes)
    unknown = Stroke("unknown", "#7a808a", 1.9, dash="5 5", least=0.8)
    picture.add("unknown", projector.lines(thin[~is_covered]), unknown)
    band, edges = intensity_bands(segment_intensity, is_covered)
    legend = []
    for n, color in enumerate(BAND_COLORS):
        if (band == n).any():
            weight = round(2.2 + 0.3 * n, 1)
            least = round(1.2 + 0.12 * n, 2)
            key = f"band-{n}"
            picture.add(
                key, projector.lines(thin[band == n]), Stroke(key, color, weight, least=least)
            )
            low = f"{edges[n]:.3g} to " if n else "up to "
            legend.append((f"{low}{edges[n + 1]:.3g}", color, weight))
    _draw_corridors(picture, plan, network, projector)
    _draw_gates(picture, plan, gates, projector)
    picture.names = name_rows(released.labels if released else release_labels(network, projector))
    picture.bounds = bounds_of([base.geometry for base in bases])
    return picture, legend[::-1]


def _draw_corridors(
    picture: Picture, plan: Plan, network: StreetNetwork, projector: Projector
) -> None:
    segments = network.segments
    rows = dict(zip(segments["segment_id"], range(len(segments)), strict=True))
    for corridors, color, weight, dash in (
        (plan.candidates, _CANDIDATE, 4.0, "9 6"),
        (plan.corridors, CORRIDOR, 6.0, None),
    ):
        for corridor in corridors:
            at = [rows[segment_id] for segment_id in corridor.segment_ids]
            key = f"corridor-{corridor.corridor_id}"
            text = (
                f"{corridor.corridor_id}: {', '.join(corridor.school_ids)}",
                f"{corridor.length_m:,.0f} m, evidence {corridor.grade}",
                f"Need {corridor.need:.4g} of at most {corridor.bound:.4g}",
                ", ".join(corridor.streets),
                *corridor.why,
            )
            picture.add(
                key,
                projector.lines(segments.geometry.to_numpy()[at]),
                Stroke(key, "#ffffff", weight + 4.0, grows=False),
                Stroke(
                    key,
                    color,
                    weight,
                    dash,
                    grows=False,
                    text=text,
                    corridor_id=corridor.corridor_id,
                ),
            )


def _draw_gates(
    picture: Picture,
    plan: Plan,
    gates: Mapping[str, tuple[float, float]],
    projector: Projector,
) -> None:
    for school in plan.schools:
        if school.school_id in gates:
            point = projector.point(*gates[school.school_id])
            text = (school.name, f"{school.outcome}, evidence {school.grade}", school.reason)
            picture.dots.append(
                Dot(point.x, point.y, school.name, text, school.outcome == Outcome.PATROL)
            )
