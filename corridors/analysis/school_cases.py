"""The case of each school: its surroundings, what lies on them, and the null to hold it against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse

from corridors.analysis.clusters import burst_number, category_stratum
from corridors.analysis.evidence import SchoolCase
from corridors.analysis.locating import locate_incidents
from corridors.analysis.nulls import HoursNull, NullDraws, PlaceNull
from corridors.analysis.scoring import AreaScores, EvidenceBase, WindowTimes
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.vocabulary import PlacePrecision

__all__ = ["BurstHours", "Bursts", "hours_case", "make_bursts", "place_case", "scatter_footprint"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BurstHours:
    """When the bursts were, by one timetable.

    Parameters
    ----------
    share
        ``(n_bursts,)`` window share of each burst, by weight.
    on_school_day
        ``(n_bursts,)`` whether it was on a teaching day: only those exchange their hours.
    stratum
        ``(n_bursts,)`` category, small ones pooled; of no meaning off school days.
    draws
        The shares of the bursts on school days, by stratum.
    """

    share: FloatArray
    on_school_day: NDArray[np.bool_]
    stratum: NDArray[np.int32]
    draws: NullDraws


@dataclass(frozen=True, slots=True, eq=False)
class Bursts:
    """The bursts of the area: what the null of hours moves as one.

    Parameters
    ----------
    number
        ``(n_incidents,)`` burst of each incident, -1 where it is not scored.
    weight
        ``(n_anchors, n_bursts)`` severity x recency of the burst's incidents at each anchor.
    hours
        One for each timetable.
    """

    number: NDArray[np.int32]
    weight: sparse.csr_matrix
    hours: tuple[BurstHours, ...]


def make_bursts(base: EvidenceBase, scores: AreaScores) -> Bursts:
    """Group the scored incidents of an area into bursts."""
    rows = np.flatnonzero(scores.is_scored)
    incidents = base.incidents.iloc[rows]
    starts, ends = base.moments.starts_ns[rows], base.moments.ends_ns[rows]
    middle = starts + (ends - starts) // 2
    xy = incidents[["x", "y"]].to_numpy(np.float64)
    cell = np.floor(xy / base.parameters.burst_cell_m).astype(np.int64)
    place = (cell[:, 0] << 32) + cell[:, 1]
    burst = burst_number(place, middle, base.parameters.cluster_gap_h)
    n_bursts = int(burst.max()) + 1 if burst.size else 0
    _, code = np.unique(incidents["category"].to_numpy(str), return_inverse=True)
    category, day = np.zeros(n_bursts, np.int64), np.zeros(n_bursts, "datetime64[D]")
    # What came first stands for a burst.
    category[burst[::-1]] = code[::-1]
    local = pd.DatetimeIndex(middle.astype("datetime64[ns]"), tz="UTC").tz_convert(base.timezone)
    day[burst[::-1]] = local.tz_localize(None).to_numpy().astype("datetime64[D]")[::-1]
    weight = scores.weight[rows]
    hours = tuple(
        _burst_hours(base, time, rows, burst, weight, category, day) for time in base.times
    )
    number = np.full(len(base.incidents), -1, np.int32)
    number[rows] = burst
    matrix = sparse.csr_matrix(
        (weight, (base.located.anchor[rows], burst)), shape=(base.located.n_anchors, n_bursts)
    )
    return Bursts(number, matrix, hours)


def _burst_hours(
    base: EvidenceBase,
    time: WindowTimes,
    rows: NDArray[np.int64],
    burst: NDArray[np.int32],
    weight: FloatArray,
    category: NDArray[np.int64],
    day: NDArray[np.datetime64],
) -> BurstHours:
    n_bursts, share = category.size, time.share[rows]
    total = np.bincount(burst, weights=weight, minlength=n_bursts)
    by_weight = np.bincount(burst, weights=weight * share, minlength=n_bursts)
    count = np.bincount(burst, minlength=n_bursts)
    plain = np.bincount(burst, weights=share, minlength=n_bursts) / np.maximum(count, 1)
    on_school_day = np.isin(day, time.days)
    stratum = np.zeros(n_bursts, np.int32)
    stratum[on_school_day] = category_stratum(
        category[on_school_day], base.parameters.min_stratum_bursts
    )
    return BurstHours(
        share=by_weight / np.maximum(total, 1e-300),
        on_school_day=on_school_day,
        stratum=stratum,
        draws=NullDraws.build(plain[on_school_day], stratum[on_school_day]),
    )


def hours_case(
    base: EvidenceBase, bursts: Bursts, tree: WalkTree, timetable: int, footfall: FloatArray
) -> SchoolCase:
    """Make the case of one school on a window basis.

    Parameters
    ----------
    base, bursts
        The area's.
    tree
        What can be walked from the gate.
    timetable
        Row of ``base.times`` for this school.
    footfall
        ``(n,)`` share of its pupils on each segment of the tree.
    """
    unit_mass, units = _mass_of_columns(base.located.footprint[tree.segment], bursts.weight)
    hours = bursts.hours[timetable]
    share, moves = hours.share[units], hours.on_school_day[units]
    unit = np.asarray(unit_mass.sum(axis=0), np.float64).ravel()
    columns = unit_mass.tocsc()
    null = HoursNull(
        fixed_mass=columns[:, ~moves] @ share[~moves],
        unit_mass=columns[:, moves].tocsr(),
        stratum=hours.stratum[units][moves],
        draws=hours.draws,
    )
    return SchoolCase(
        tree=tree,
        is_covered=base.is_covered[tree.segment],
        mass=unit_mass @ share,
        unit_weight=_effective_weight(unit * share),
        null=null,
        footfall=footfall,
    )


def _mass_of_columns(
    footprint: sparse.csr_matrix, weight: sparse.csr_matrix
) -> tuple[sparse.csr_matrix, NDArray[np.int64]]:
    """Multiply, and keep the columns that reach these segments at all."""
    anchors = np.unique(footprint.indices)
    product = (footprint[:, anchors] @ weight[anchors]).tocsr()
    columns, of_entry = np.unique(product.indices, return_inverse=True)
    return (
        sparse.csr_matrix(
            (product.data, of_entry.astype(np.int32), product.indptr),
            shape=(product.shape[0], columns.size),
        ),
        columns.astype(np.int64),
    )


def _effective_weight(weight: FloatArray) -> float:
    """Give the weight that counts as one incident (recency and severity make it uneven)."""
    total = float(weight.sum())
    return float((weight**2).sum()) / total if total > 0 else 1.0


def scatter_footprint(
    base: EvidenceBase, index: SegmentIndex, trees: list[WalkTree | None]
) -> sparse.csr_matrix:
    """Give what one incident puts on each segment if its anchor is at the middle of each segment.

    The scattered anchors are as precise as the area's own: a police.uk anchor is spread over the
    streets around it before the kernel spreads it further, here as there.

    Returns
    -------
    csr_matrix
        ``(n_segments, n_segments)``; columns of segments near no school are empty.
    """
    near = [tree.segment for tree in trees if tree is not None]
    rows = np.unique(np.concatenate(near)) if near else np.zeros(0, np.int32)
    network = base.network
    lines = network.segments.geometry.to_numpy()[rows]
    middles = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    usual = base.incidents["place_precision"].mode()
    scattered = pd.DataFrame(
        {
            "x": middles[:, 0],
            "y": middles[:, 1],
            "place_precision": str(usual.iloc[0]) if len(usual) else str(PlacePrecision.EXACT),
        }
    )
    located = locate_incidents(network, index, scattered, base.parameters)
    place = sparse.csr_matrix(
        (np.ones(rows.size), (located.anchor, rows)),
        shape=(located.n_anchors, network.n_segments),
    )
    return (located.footprint @ place).tocsr()


def place_case(
    base: EvidenceBase,
    scores: AreaScores,
    scatter: sparse.csr_matrix,
    tree: WalkTree,
    footfall: FloatArray,
) -> SchoolCase:
    """Make the case of one school on an all-hours basis.

    What one anchor holds in one month moves as one: a burst stays a burst, and a place where
    something happens month after month stands out.

    Parameters
    ----------
    base, scores
        The area's.
    scatter
        From `scatter_footprint`.
    tree
        What can be walked from the gate.
    footfall
        ``(n,)`` share of the pupils on each segment of the tree.
    """
    is_covered = base.is_covered[tree.segment]
    held = base.located.held[tree.segment][is_covered]
    # An anchor at the rim lies here only in part.
    part = np.asarray(held.sum(axis=0), np.float64).ravel()
    rows = np.flatnonzero(scores.is_scored)
    rows = rows[part[base.located.anchor[rows]] > 0]
    anchor = base.located.anchor[rows]
    weight = np.zeros(base.located.n_anchors)
    np.add.at(weight, anchor, scores.weight[rows])
    month = base.incidents["starts_at"].to_numpy("datetime64[M]")[rows].astype(np.int64)
    _, unit = np.unique(np.column_stack([anchor, month]), axis=0, return_inverse=True)
    here = np.zeros(int(unit.max(initial=-1)) + 1)
    np.add.at(here, unit.ravel(), scores.weight[rows] * part[anchor])
    null = PlaceNull.build(
        spread=scatter[tree.segment][:, tree.segment].tocsr(),
        length_m=np.where(is_covered, tree.length_m, 0.0),
        unit_weight=here,
    )
    return SchoolCase(
        tree=tree,
        is_covered=is_covered,
        mass=base.located.footprint[tree.segment] @ weight,
        unit_weight=_effective_weight(here),
        null=null,
        footfall=footfall,
    )
