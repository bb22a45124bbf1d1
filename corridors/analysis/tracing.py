"""Tracing a corridor: the connected segments from a gate that hold the most need in a length.

Pupils walk home by short ways, so a corridor is a union of at most `max_branches` shortest walks
from the gate: every segment hangs on the segment by which it is reached soonest, and a branch is
the chain from a segment back to the gate's own. On this tree one selection takes a fraction of a
millisecond, so the evidence test can repeat it whole in every null run.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corridors.domain.parameters import Parameters

__all__ = [
    "DEFAULT_RULE",
    "TraceRule",
    "prize_bound",
    "trace_corridor",
    "trace_many",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


class TraceRule(NamedTuple):
    """What a corridor may look like, and how hard to look for it; see `Parameters`."""

    max_branches: int
    first_branches: int
    same_branch_m: float
    earning_share: float

    @classmethod
    def of(cls, parameters: Parameters) -> TraceRule:
        """Take the rule out of the parameters of a run."""
        return cls(
            parameters.max_branches,
            parameters.first_branches,
            float(parameters.same_branch_m),
            float(parameters.earning_share),
        )


DEFAULT_RULE = TraceRule.of(Parameters())


def trace_corridor(
    parent: IntArray,
    length_m: FloatArray,
    prize: FloatArray,
    budget_m: float,
    rule: TraceRule = DEFAULT_RULE,
) -> NDArray[np.bool_]:
    """Choose the segments of a corridor on a walk tree.

    The first branch decides most, so the most promising are tried, each with the
    best further branches that fit; the set with the most prize is kept, and what does not earn its
    length is cut off its ends.

    Parameters
    ----------
    parent, length_m
        Of a `WalkTree` of ``n`` segments: parents before children, the gate's first.
    prize
        ``(n,)`` what each segment adds, not negative.
    budget_m
        Greatest sum of distinct lengths.
    rule
        Branches and ends.

    Returns
    -------
    ``(n,)`` bool
        Connected, holds the gate's segment, at most `max_branches` branches, within the budget
        (unless the gate's own segment alone is longer: then that segment).
    """
    return _trace(parent, length_m, prize, float(budget_m), rule)


@njit(cache=True)
def _trace(
    parent: IntArray, length_m: FloatArray, prize: FloatArray, budget_m: float, rule: TraceRule
) -> NDArray[np.bool_]:
    n = parent.size
    best = np.zeros(n, np.bool_)
    if n == 0:
        return best
    best[0] = True
    best_prize = prize[0]
    path_prize, path_m = prize.copy(), length_m.copy()
    for row in range(1, n):
        path_prize[row] += path_prize[parent[row]]
        path_m[row] += path_m[parent[row]]
    is_open = (path_m <= budget_m) & (prize > 0.0)
    is_open[0] = False
    chosen = np.zeros(n, np.bool_)
    for _ in range(rule.first_branches):
        end = -1
        for row in range(1, n):
            if is_open[row] and (end < 0 or path_prize[row] > path_prize[end]):
                end = row
        if end < 0:
            break
        chosen[:] = False
        row = end
        while row >= 0:
            chosen[row] = True
            # What ends just before is nearly the same branch.
            if path_m[end] - path_m[row] <= rule.same_branch_m:
                is_open[row] = False
            row = parent[row]
        total = path_prize[end] + _add_branches(
            chosen, parent, length_m, prize, budget_m - path_m[end], rule.max_branches - 1
        )
        if total > best_prize * (1.0 + 1e-12):
            best[:] = chosen
            best_prize = total
    _cut_ends(best, parent, length_m, prize, rule.earning_share)
    return best


@njit(cache=True)
def _add_branches(
    chosen: NDArray[np.bool_],
    parent: IntArray,
    length_m: FloatArray,
    prize: FloatArray,
    left_m: float,
    n_more: int,
) -> float:
    """Add, one after the other, the branch with the most prize that fits; give what they add."""
    n = parent.size
    extra_prize, extra_m = np.zeros(n), np.zeros(n)
    added = 0.0
    for _ in range(n_more):
        best, most = -1, 0.0
        for row in range(1, n):
            if chosen[row]:
                extra_prize[row] = 0.0
                extra_m[row] = 0.0
                continue
            extra_prize[row] = extra_prize[parent[row]] + prize[row]
            extra_m[row] = extra_m[parent[row]] + length_m[row]
            # as much for less walking comes first: rows are in order of distance
            if extra_m[row] <= left_m and extra_prize[row] > most * (1.0 + 1e-12):
                best, most = row, extra_prize[row]
        if best < 0:
            break
        added += most
        left_m -= extra_m[best]
        row = best
        while not chosen[row]:
            chosen[row] = True
            row = parent[row]
    return added


@njit(cache=True)
def _cut_ends(
    chosen: NDArray[np.bool_],
    parent: IntArray,
    length_m: FloatArray,
    prize: FloatArray,
    earning_share: float,
) -> None:
    """Cut off what hangs on the rest and holds too little for its length, until all of it earns."""
    n = parent.size
    beyond_prize, beyond_m = np.zeros(n), np.zeros(n)
    while True:
        beyond_prize[:] = 0.0
        beyond_m[:] = 0.0
        for row in range(n - 1, -1, -1):
            if chosen[row]:
                beyond_prize[row] += prize[row]
                beyond_m[row] += length_m[row]
                if row > 0:
                    beyond_prize[parent[row]] += beyond_prize[row]
                    beyond_m[parent[row]] += beyond_m[row]
        least = earning_share * beyond_prize[0] / beyond_m[0]
        is_cut = False
        for row in range(1, n):
            if chosen[row] and (
                not chosen[parent[row]] or beyond_prize[row] < least * beyond_m[row]
            ):
                chosen[row] = False
                is_cut = True
        if not is_cut:
            return


def trace_many(
    parent: IntArray,
    length_m: FloatArray,
    prizes: FloatArray,
    budget_m: float,
    rule: TraceRule = DEFAULT_RULE,
) -> NDArray[np.bool_]:
    """Trace one corridor for each row of ``prizes`` ``(runs, n)``; see `trace_corridor`."""
    return _trace_rows(parent, length_m, prizes, float(budget_m), rule)


@njit(cache=True)
def _trace_rows(
    parent: IntArray, length_m: FloatArray, prizes: FloatArray, budget_m: float, rule: TraceRule
) -> NDArray[np.bool_]:
    chosen = np.zeros(prizes.shape, np.bool_)
    for run in range(prizes.shape[0]):
        chosen[run] = _trace(parent, length_m, prizes[run], budget_m, rule)
    return chosen


def prize_bound(length_m: FloatArray, prize: FloatArray, budget_m: float) -> float:
    """Bound the prize of any connected set within the budget that holds the first segment.

    Drops connectedness: the fractional knapsack over all segments within reach, after the gate's
    own. True for every corridor, and weak; a tighter one needs an integer programme.
    """
    if length_m.size == 0:
        return 0.0
    left_m = max(budget_m - length_m[0], 0.0)
    rest_m, rest = length_m[1:], prize[1:]
    order = np.argsort(-rest / np.maximum(rest_m, 1e-9), kind="stable")
    filled_m = np.cumsum(rest_m[order])
    share = np.clip((left_m - (filled_m - rest_m[order])) / np.maximum(rest_m[order], 1e-9), 0, 1)
    return float(prize[0] + (rest[order] * share).sum())
