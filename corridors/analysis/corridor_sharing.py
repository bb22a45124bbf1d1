"""Corridors that two neighbouring schools share.

Two corridors that overlap are made one where that serves both schools: a connected corridor that
holds both gates' segments, no longer than the length for shared ones, and keeps at least a stated
share of the need of the two together. Otherwise they stay apart, and what they have in common is
named in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.corridor_solver import FULL, TracedCorridor, Work, solve_corridor
from corridors.analysis.tracing import DEFAULT_RULE, TraceRule
from corridors.errors import BadInput

__all__ = ["SchoolCorridor", "SharedPair", "share_corridors"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_TAKEN = "One of the two shares a corridor with another school already."


@dataclass(frozen=True, slots=True, eq=False)
class SchoolCorridor:
    """The corridor of one school, in rows of the network's segments.

    Parameters
    ----------
    school_id
        Of the school.
    gate
        Row of the segment that holds its gate.
    rows
        Segments of its corridor.
    around
        Segments within reach of its gate.
    prize
        What each of them holds, in the order of ``around``.
    """

    school_id: str
    gate: int
    rows: IntArray
    around: IntArray
    prize: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class SharedPair:
    """Two schools whose corridors overlap.

    Parameters
    ----------
    school_ids
        The two, in the order given. The walk of a joint corridor begins at the first one's gate.
    shared
        Segments that both corridors hold.
    joint
        The joint corridor's segments; None where the two stay apart.
    joint_prize, apart_prize
        What the joint corridor holds, and what the two hold together, shared segments once. A
        segment counts with the larger of what the two schools give it.
    traced
        The joint corridor as it was solved; its `bound` is for corridors that hold both gates.
    why
        In words.
    """

    school_ids: tuple[str, str]
    shared: IntArray
    joint: IntArray | None
    joint_prize: float
    apart_prize: float
    traced: TracedCorridor | None
    why: str


def share_corridors(  # noqa: PLR0913, PLR0917 -- each is one fact of the schools' streets
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    length_m: FloatArray,
    corridors: Sequence[SchoolCorridor],
    shared_length_m: float,
    keep_share: float = 0.8,
    rule: TraceRule = DEFAULT_RULE,
    work: Work = FULL,
    why_apart: Callable[[SharedPair], str] = lambda _: "",
) -> list[SharedPair]:
    """Say of every two corridors that overlap whether one can serve both schools.

    Each school is in one joint corridor at most: the pairs that keep most come first. Two that
    something else keeps apart stay free for others.

    Parameters
    ----------
    u, v, length_m
        Of the network's segments.
    corridors
        Of the schools that are to have a patrol.
    shared_length_m
        Greatest length of a joint corridor.
    keep_share
        Share of the need of the two that it must hold.
    rule, work
        As for one corridor; both gates' segments must be in it.
    why_apart
        Says what stands against a joint corridor, where something does.

    Returns
    -------
    list of SharedPair
        One for every two that overlap, those made one first.
    """
    terms = _Terms(u, v, length_m, shared_length_m, keep_share, rule, work)
    pairs = []
    for at, one in enumerate(corridors):
        for other in corridors[at + 1 :]:
            shared = np.intersect1d(one.rows, other.rows)
            if shared.size:
                pairs.append(_try_pair(terms, one, other, shared))
    pairs.sort(key=lambda pair: (-_kept(pair), pair.school_ids))
    taken: set[str] = set()
    settled = []
    for pair in pairs:
        if pair.joint is None:
            settled.append(pair)
            continue
        is_free = not taken.intersection(pair.school_ids)
        why = why_apart(pair) if is_free else _TAKEN
        if why:
            settled.append(_apart(pair, why))
        else:
            taken.update(pair.school_ids)
            settled.append(pair)
    return sorted(settled, key=lambda pair: pair.joint is None)


def _kept(pair: SharedPair) -> float:
    return pair.joint_prize / pair.apart_prize if pair.joint is not None else -1.0


def _apart(pair: SharedPair, why: str) -> SharedPair:
    return SharedPair(
        pair.school_ids, pair.shared, None, pair.joint_prize, pair.apart_prize, pair.traced, why
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Terms:
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: FloatArray
    budget_m: float
    keep_share: float
    rule: TraceRule
    work: Work


def _try_pair(
    terms: _Terms, one: SchoolCorridor, other: SchoolCorridor, shared: IntArray
) -> SharedPair:
    ids = (one.school_id, other.school_id)
    around = np.union1d(one.around, other.around)
    prize = np.zeros(around.size)
    for school in (one, other):
        at = np.searchsorted(around, school.around)
        prize[at] = np.maximum(prize[at], school.prize)
    both = np.union1d(one.rows, other.rows)
    apart = float(prize[np.searchsorted(around, both)].sum())
    gate = int(np.searchsorted(around, one.gate))
    required = around == other.gate
    start = np.isin(around, both)
    try:
        traced = solve_corridor(
            terms.u[around],
            terms.v[around],
            terms.length_m[around],
            prize,
            gate,
            terms.budget_m,
            terms.rule,
            work=terms.work,
            start=start,
            required=required,
        )
    except BadInput:
        why = f"The two gates are too far apart for one corridor of {terms.budget_m:.0f} m."
        return SharedPair(ids, shared, None, 0.0, apart, None, why)
    is_kept = traced.prize >= terms.keep_share * apart * (1.0 - 1e-9)
    kept = 100.0 * traced.prize / apart if apart > 0 else 100.0
    joint_m = terms.length_m[around][traced.chosen].sum()
    why = f"One corridor of {joint_m:.0f} m holds {kept:.0f} % of the need of the two"
    why += "." if is_kept else f", less than {100 * terms.keep_share:.0f} %: they stay apart."
    joint = around[traced.chosen] if is_kept else None
    return SharedPair(ids, shared, joint, traced.prize, apart, traced, why)
