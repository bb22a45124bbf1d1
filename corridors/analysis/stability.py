"""How much the answer moves with each choice: the ranking of streets, and every school's corridor.

Only weights change between the choices, never the streets: where each incident falls is worked out
once, and every choice is one more column in the same product.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from corridors.analysis.agreement import corridor_overlap, rank_agreement, top_overlap
from corridors.analysis.school_cases import BurstHours, Bursts, make_bursts
from corridors.analysis.scoring import AreaScores, EvidenceBase, Moments
from corridors.analysis.tracing import TraceRule, trace_many
from corridors.analysis.variants import Variant, Weighed, weigh_variants
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.vocabulary import Basis

__all__ = [
    "TOP_SHARES",
    "Agreement",
    "SchoolReach",
    "compare_variants",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

TOP_SHARES = (0.01, 0.05)


@dataclass(frozen=True, slots=True, eq=False)
class SchoolReach:
    """What tracing a school's corridor needs, and no choice changes.

    Parameters
    ----------
    tree
        What can be walked from the gate.
    footfall
        ``(n,)`` share of the pupils on each segment of the tree.
    timetable
        Row of ``base.times``.
    expected_mass
        ``(n,)`` what the null of the reference expects; an all-hours basis scales it.
    """

    tree: WalkTree
    footfall: FloatArray
    timetable: int
    expected_mass: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How far one choice agrees with the reference.

    Parameters
    ----------
    n_scored
        Incidents that count.
    tau_b
        Kendall's tau-b between the intensities of the covered segments; NaN where one of the two
        is the same everywhere, or too few incidents are left.
    top_overlap
        Part of the top 1 and 5 % of covered length that is the same street.
    corridors
        For each school the part of the longer of the two corridors that both hold; NaN where there
        is none.
    """

    n_scored: int
    tau_b: float
    top_overlap: tuple[float, ...]
    corridors: FloatArray


def compare_variants(
    base: EvidenceBase,
    scores: AreaScores,
    variants: Sequence[Variant],
    schools: Sequence[SchoolReach | None],
) -> tuple[list[BoolArray | None], list[Agreement]]:
    """Hold each choice against the reference: the ranking of streets, and each school's corridor.

    A variant with fewer incidents than `min_area_incidents` has no answer, as a run would have
    none.

    Parameters
    ----------
    base, scores
        What the run rests on, and its scores: the reference.
    variants
        The choices.
    schools
        In the order of the table; None where no corridor was tested.

    Returns
    -------
    chosen, agreements
        The reference's corridor of each school in the order of its tree, and one agreement a
        variant.
    """
    weighed = weigh_variants(base, variants)
    enough = base.parameters.min_area_incidents
    known = [row for row, one in enumerate(weighed) if one.n_scored >= enough]
    if 0 not in known:
        return [None] * len(schools), [_no_answer(one, len(schools)) for one in weighed[1:]]
    column = {row: number for number, row in enumerate(known)}
    intensity = _intensities(base, [weighed[row] for row in known])
    traced = _trace_all(base, scores, [weighed[row] for row in known], schools)
    agreements = [
        _agree(base, one, intensity, column[row], schools, traced)
        if row in column
        else _no_answer(one, len(schools))
        for row, one in enumerate(weighed)
    ]
    return [None if chosen is None else chosen[0] for chosen in traced], agreements[1:]


def _no_answer(weighed: Weighed, n_schools: int) -> Agreement:
    nothing = float("nan")
    top = (nothing,) * len(TOP_SHARES)
    return Agreement(weighed.n_scored, nothing, top, np.full(n_schools, nothing))


def _agree(
    base: EvidenceBase,
    weighed: Weighed,
    intensity: FloatArray,
    column: int,
    schools: Sequence[SchoolReach | None],
    traced: Sequence[BoolArray | None],
) -> Agreement:
    first, this, covered = intensity[:, 0], intensity[:, column], base.is_covered
    overlaps = [
        float("nan")
        if school is None or chosen is None
        else corridor_overlap(chosen[0], chosen[column], school.tree.length_m)
        for school, chosen in zip(schools, traced, strict=True)
    ]
    return Agreement(
        weighed.n_scored,
        rank_agreement(first[covered], this[covered]),
        tuple(
            top_overlap(first, this, base.network.length_m, covered, share) for share in TOP_SHARES
        ),
        np.array(overlaps, np.float64),
    )


def _intensities(base: EvidenceBase, weighed: Sequence[Weighed]) -> FloatArray:
    """Give ``(n_segments, n_variants)`` weight per metre and day, 0 where not covered."""
    located = base.located
    anchored = np.column_stack([located.sum_by_anchor(one.per_day) for one in weighed])
    mass = (located.footprint @ anchored) * base.is_covered[:, None]
    return np.asarray(mass / base.network.length_m[:, None], np.float64)


def _trace_all(
    base: EvidenceBase,
    scores: AreaScores,
    weighed: Sequence[Weighed],
    schools: Sequence[SchoolReach | None],
) -> list[BoolArray | None]:
    """Trace every school's corridor by every variant: ``(n_variants, n)`` a school."""
    is_window = base.basis is Basis.WINDOW
    masses: Mapping[int, tuple[FloatArray, FloatArray]] = {}
    if is_window:
        masses = _window_masses(base, scores, weighed, schools)
    plain = np.column_stack([base.located.sum_by_anchor(one.weight) for one in weighed])
    traced: list[BoolArray | None] = []
    for school in schools:
        if school is None:
            traced.append(None)
            continue
        if is_window:
            rows = school.tree.segment
            mass, expected = (both[rows] for both in masses[school.timetable])
        else:
            mass, expected = _place_masses(base, school, plain)
        traced.append(_trace(base, school, mass, expected))
    return traced


def _window_masses(
    base: EvidenceBase,
    scores: AreaScores,
    weighed: Sequence[Weighed],
    schools: Sequence[SchoolReach | None],
) -> dict[int, tuple[FloatArray, FloatArray]]:
    """Give what lies on every near segment, and what the null of hours expects, by timetable.

    The same sums as `corridors.analysis.school_cases.hours_case` makes school by school: bursts
    stay where they are, and those of school days are given the mean of their kind.
    """
    is_near = np.zeros(base.network.n_segments, np.bool_)
    timetables = sorted({school.timetable for school in schools if school is not None})
    for school in schools:
        if school is not None:
            is_near[school.tree.segment] = True
    near = np.flatnonzero(is_near)
    columns = np.zeros((base.located.n_anchors, len(weighed), len(timetables), 2))
    reference: Bursts | None = None
    for number, one in enumerate(weighed):
        if one.has_same_incidents and reference is not None:
            bursts = reference
        else:
            bursts = _bursts(base, scores, one)
            reference = reference or bursts
        burst = bursts.number[bursts.number >= 0]
        weight, anchor = one.weight[one.is_scored], base.located.anchor[one.is_scored]
        for column, timetable in enumerate(timetables):
            share = base.times[timetable].share[one.is_scored]
            hours = bursts.hours[timetable]
            at = columns[:, number, column]
            at[:, 0], at[:, 1] = _by_anchor(hours, burst, weight, share, anchor, len(at))
    flat = columns.reshape(len(columns), -1)
    everywhere = np.zeros((base.network.n_segments, flat.shape[1]))
    everywhere[near] = base.located.footprint[near] @ flat
    mass = everywhere.reshape(-1, *columns.shape[1:])
    return {
        timetable: (mass[:, :, number, 0], mass[:, :, number, 1])
        for number, timetable in enumerate(timetables)
    }


def _bursts(base: EvidenceBase, scores: AreaScores, weighed: Weighed) -> Bursts:
    """Group what counts by this choice into bursts."""
    kept = weighed.is_scored
    there = dataclasses.replace(
        base,
        incidents=base.incidents[kept],
        located=dataclasses.replace(base.located, anchor=base.located.anchor[kept]),
        moments=Moments(base.moments.starts_ns[kept], base.moments.ends_ns[kept]),
        times=[dataclasses.replace(time, share=time.share[kept]) for time in base.times],
    )
    ones, weight = np.ones(int(kept.sum())), weighed.weight[kept]
    return make_bursts(
        there, dataclasses.replace(scores, is_scored=ones > 0, severity=weight, recency=ones)
    )


def _by_anchor(
    hours: BurstHours,
    burst: NDArray[np.int32],
    weight: FloatArray,
    share: FloatArray,
    anchor: NDArray[np.int64],
    n_anchors: int,
) -> tuple[FloatArray, FloatArray]:
    """Give the weight in the window at each anchor, and what the null of hours expects there."""
    n_bursts = hours.share.size
    total = np.bincount(burst, weight, n_bursts)
    observed = np.bincount(burst, weight * share, n_bursts) / np.maximum(total, 1e-300)
    mean = hours.draws.mean
    usual = mean[hours.stratum] if mean.size else observed
    expected = np.where(hours.on_school_day, usual, observed)
    both = [np.bincount(anchor, weight * part[burst], n_anchors) for part in (observed, expected)]
    return both[0].astype(np.float64), both[1].astype(np.float64)


def _place_masses(
    base: EvidenceBase, school: SchoolReach, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give what lies on the segments of a school, and what the null of places expects.

    That null scatters the school's own weight over the length: its shape stays, its size follows.
    """
    rows = school.tree.segment
    held = base.located.held[rows][base.is_covered[rows]]
    part = np.asarray(held.sum(axis=0), np.float64).ravel()
    here = np.flatnonzero(part > 0)
    footprint: sparse.csr_matrix = base.located.footprint[rows][:, here]
    size = part[here] @ weight[here]
    scale = size / size[0] if size[0] > 0 else np.zeros(size.size)
    return footprint @ weight[here], school.expected_mass[:, None] * scale


def _trace(
    base: EvidenceBase, school: SchoolReach, mass: FloatArray, expected: FloatArray
) -> BoolArray:
    """Trace by every variant, as `corridors.analysis.evidence.assess_school` traces."""
    parameters, tree = base.parameters, school.tree
    is_covered = base.is_covered[tree.segment][:, None]
    mass, expected = mass * is_covered, expected * is_covered
    is_allowed = (mass > parameters.min_excess_ratio * expected) & is_covered
    prizes = np.where(is_allowed, (mass - expected) * school.footfall[:, None], 0.0)
    return trace_many(
        tree.parent,
        tree.length_m,
        np.ascontiguousarray(prizes.T),
        parameters.corridor_length_m,
        TraceRule.of(parameters),
    )
