"""What a person forbids, requires or draws on a corridor: whether it can be kept."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.corridor_graph import corridor_branches, hangs_together, make_streets
from corridors.analysis.street_walks import StreetWalks
from corridors.errors import BadInput, Problem

__all__ = ["check_drawn", "frame_corridor", "given_up"]

FloatArray = NDArray[np.float64]
NodeArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

WHERE = "edits"


def frame_corridor(
    u: NodeArray,
    v: NodeArray,
    length_m: FloatArray,
    gate_segment: int,
    budget_m: float,
    max_branches: int,
    forbidden: BoolArray,
    required: BoolArray,
) -> BoolArray:
    """Check what is forbidden and required, and join what is required to the gate.

    Parameters
    ----------
    u, v, length_m
        ``(n,)`` of the segments around the gate.
    gate_segment, budget_m, max_branches
        Of the corridor.
    forbidden, required
        ``(n,)``.

    Returns
    -------
    ``(n,)`` bool
        The gate's own segment, the required ones, and short walks that join them.

    Raises
    ------
    BadInput
        The gate is forbidden or cut off; something is required and forbidden, cannot be reached,
        does not fit the length, or makes too many branches.
    """
    problems = _contradictions(u, v, gate_segment, forbidden, required)
    if problems:
        raise BadInput(problems)
    frame = np.zeros(u.size, bool)
    frame[gate_segment] = True
    wanted = required & ~frame
    if not wanted.any():
        return frame
    number, n_nodes = _numbered(u, v, gate_segment)
    walks = StreetWalks.build(number[0], number[1], length_m, ~forbidden, n_nodes)
    while wanted.any():
        at = np.unique(number[:, frame])
        walk_m, before = walks.from_any(at)
        reach_m = walk_m[number].min(axis=0)
        reach_m[~wanted] = np.inf
        row = int(np.argmin(reach_m))
        if not np.isfinite(reach_m[row]):
            raise BadInput(_unreachable())
        near = number[:, row][np.argmin(walk_m[number[:, row]])]
        frame[walks.way(before, int(near))] = True
        frame[row] = True
        wanted &= ~frame
    _check_limits(number, length_m, gate_segment, budget_m, max_branches, frame)
    return frame


def _numbered(u: NodeArray, v: NodeArray, gate_segment: int) -> tuple[NDArray[np.int64], int]:
    """Give the nodes new numbers; both ends of the gate's segment are node 0."""
    ends = np.stack([np.asarray(u, np.int64), np.asarray(v, np.int64)])
    ends = np.where(ends == ends[1, gate_segment], ends[0, gate_segment], ends)
    nodes = np.unique(ends)
    root = int(np.searchsorted(nodes, ends[0, gate_segment]))
    number = np.searchsorted(nodes, ends)
    return np.where(number == root, 0, np.where(number < root, number + 1, number)), nodes.size


def _contradictions(
    u: NodeArray,
    v: NodeArray,
    gate_segment: int,
    forbidden: BoolArray,
    required: BoolArray,
) -> list[Problem]:
    problems = []
    if forbidden[gate_segment]:
        problems.append(
            Problem(
                WHERE,
                "The segment that holds the gate is forbidden, and every corridor starts on it.",
                "Leave it out of what is forbidden, or move the gate.",
            )
        )
    n_both = int((forbidden & required).sum())
    if n_both:
        problems.append(
            Problem(
                WHERE,
                f"{_count(n_both)} both forbidden and required.",
                "Take away one of the two edits.",
            )
        )
    gate_ends = (u[gate_segment], v[gate_segment])
    leads_on = np.isin(u, gate_ends) | np.isin(v, gate_ends)
    leads_on[gate_segment] = False
    if not problems and leads_on.any() and not (leads_on & ~forbidden).any():
        problems.append(
            Problem(
                WHERE,
                "What is forbidden cuts the gate off: no street is left to walk on from it.",
                "Allow at least one of the streets that meet the gate's own.",
            )
        )
    return problems


def _count(n: int) -> str:
    return "One segment is" if n == 1 else f"{n} segments are"


def _unreachable() -> Problem:
    return Problem(
        WHERE,
        "A required segment cannot be reached from the gate on streets that are allowed.",
        "Require segments around the gate, or allow the streets that lead there.",
    )


def _check_limits(
    number: NDArray[np.int64],
    length_m: FloatArray,
    gate_segment: int,
    budget_m: float,
    max_branches: int,
    frame: BoolArray,
) -> None:
    total_m = float(length_m[frame].sum())
    if total_m > budget_m + 1e-6:
        raise BadInput(
            Problem(
                WHERE,
                f"What is required does not fit: joined to the gate it is {total_m:.0f} m long, "
                f"and a corridor here has at most {budget_m:.0f} m.",
                "Require less, or allow a longer corridor.",
            )
        )
    rest = frame.copy()
    rest[gate_segment] = False
    rows = np.flatnonzero(rest)
    n_branches = _branches(number[:, rows], length_m[rows])
    if n_branches > max_branches:
        raise BadInput(
            Problem(
                WHERE,
                f"What is required makes {n_branches} branches, and a corridor has at most "
                f"{max_branches}.",
                "Require segments along fewer ways from the gate.",
            )
        )


def _branches(ends: NDArray[np.int64], length_m: FloatArray) -> int:
    n_nodes = int(ends.max(initial=0)) + 1
    streets = make_streets(ends[0], ends[1], length_m, np.zeros(length_m.size), n_nodes)
    return corridor_branches(streets, np.ones(length_m.size, bool))


def check_drawn(
    u: NodeArray,
    v: NodeArray,
    length_m: FloatArray,
    gate_segment: int,
    budget_m: float,
    drawn: BoolArray,
) -> BoolArray:
    """Check a corridor that a person drew; give it with the gate's own segment.

    A person may draw more branches than the rule allows, and ends that do not earn their length.

    Parameters
    ----------
    u, v, length_m
        ``(n,)`` of the segments around the gate.
    gate_segment, budget_m
        Of the corridor.
    drawn
        ``(n,)`` segments that were drawn.

    Raises
    ------
    BadInput
        It does not hang together with the gate, or is too long.
    """
    chosen = drawn.copy()
    chosen[gate_segment] = True
    number, n_nodes = _numbered(u, v, gate_segment)
    streets = make_streets(number[0], number[1], length_m, np.zeros(u.size), n_nodes)
    if not hangs_together(streets, chosen):
        raise BadInput(
            Problem(
                WHERE,
                "The streets that were drawn do not hang together with the gate's own.",
                "Draw every segment on the way from the gate.",
            )
        )
    total_m = float(length_m[chosen].sum())
    if total_m > max(budget_m, float(length_m[gate_segment])) + 1e-6:
        raise BadInput(
            Problem(
                WHERE,
                f"The corridor that was drawn is {total_m:.0f} m long, and it may be "
                f"{budget_m:.0f} m at most.",
                "Draw less, or raise corridor_length_m.",
            )
        )
    return chosen


def given_up(found: Sequence[float]) -> list[float]:
    """Say what each change costs, against the best corridor that was found without it.

    Parameters
    ----------
    found
        What the best corridor holds before any change, then after each one.

    Returns
    -------
    list of float
        One for each change, never below nothing: what was found after a change could have been
        walked before it, and is the best of before where it holds more.
    """
    most = list(accumulate(reversed(found), max))[::-1]
    return [before - after for before, after in pairwise(most)]
