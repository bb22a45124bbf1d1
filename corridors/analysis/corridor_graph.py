"""The streets around a gate as a graph, and what every corridor on it has to keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.corridor_kernels import Streets, branches_of
from corridors.analysis.corridor_search import spread
from corridors.analysis.street_walks import StreetWalks

__all__ = ["Neighbourhood", "corridor_branches", "cut_ends", "hangs_together", "make_streets"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """The segments of one neighbourhood that a corridor can hold, the gate's own contracted.

    Parameters
    ----------
    row
        ``(m,)`` rows of these segments in the arrays that were given.
    gate
        Row of the gate's own segment there.
    streets
        The segments, with node 0 for both ends of the gate's own.
    distance_m
        ``(n,)`` walk from the gate's segment to each node.
    budget_m
        What the gate's own segment leaves; may be negative.
    n_given
        Segments that were given.
    """

    row: IntArray
    gate: int
    streets: Streets
    distance_m: FloatArray
    budget_m: float
    n_given: int

    @classmethod
    def build(
        cls,
        u: NDArray[np.int32],
        v: NDArray[np.int32],
        length_m: FloatArray,
        prize: FloatArray,
        gate_segment: int,
        budget_m: float,
        forbidden: BoolArray | None = None,
        required: BoolArray | None = None,
    ) -> Neighbourhood:
        """Contract the gate's segment and leave out what no corridor can use.

        That is what is forbidden, what cannot be reached and walked within the budget, and dead
        ends without prize (unless required).

        Parameters
        ----------
        u, v, length_m, prize
            ``(n,)`` of the segments around the gate; nodes are any numbers, prizes not negative.
        gate_segment
            Row of the gate's own segment.
        budget_m
            Greatest length of a corridor, its gate's segment included.
        forbidden, required
            ``(n,)`` segments that it must not, or must, hold.
        """
        ends = np.stack([np.asarray(u, np.int64), np.asarray(v, np.int64)])
        number = np.where(ends == ends[1, gate_segment], ends[0, gate_segment], ends)
        left_m = budget_m - float(length_m[gate_segment])
        is_kept = np.ones(ends.shape[1], bool) if forbidden is None else ~forbidden
        is_kept[gate_segment] = False
        is_needed = np.zeros(is_kept.size, bool) if required is None else required
        nodes = np.unique(number)
        number = np.searchsorted(nodes, number)
        root = int(number[0, gate_segment])
        walks = StreetWalks.build(number[0], number[1], length_m, is_kept, nodes.size)
        near_m = walks.from_node(root)
        is_kept &= near_m[number].min(axis=0) + length_m <= left_m + 1e-9
        is_kept = _without_idle_ends(number, prize, is_kept, is_needed, root)
        row = np.flatnonzero(is_kept)
        kept_nodes = np.unique(np.append(number[:, row], root))
        order = np.zeros(nodes.size, np.int64)
        order[kept_nodes[kept_nodes != root]] = np.arange(1, kept_nodes.size)
        local = order[number[:, row]]
        streets = make_streets(local[0], local[1], length_m[row], prize[row], kept_nodes.size)
        away_m = near_m[np.append(root, kept_nodes[kept_nodes != root])]
        return cls(row, int(gate_segment), streets, away_m, left_m, ends.shape[1])

    def local(self, mask: BoolArray) -> BoolArray:
        """Give a mask over the given segments for these."""
        return mask[self.row]

    def given(self, chosen: BoolArray) -> BoolArray:
        """Give chosen segments as a mask over the given ones, the gate's own with them."""
        mask = np.zeros(self.n_given, bool)
        mask[self.row[chosen]] = True
        mask[self.gate] = True
        return mask


def make_streets(
    u: IntArray, v: IntArray, length_m: FloatArray, prize: FloatArray, n_nodes: int
) -> Streets:
    """Put segments into the form that the kernels read; node 0 is the gate's."""
    m = u.size
    tail = np.concatenate([u, v])
    order = np.argsort(tail, kind="stable")
    offset = np.zeros(n_nodes + 1, np.int64)
    offset[1:] = np.cumsum(np.bincount(tail, minlength=n_nodes))
    return Streets(
        u.astype(np.int64),
        v.astype(np.int64),
        np.array(length_m, np.float64),
        np.array(prize, np.float64),
        offset,
        np.concatenate([v, u])[order].astype(np.int64),
        np.tile(np.arange(m), 2)[order].astype(np.int64),
    )


def _without_idle_ends(
    number: IntArray, prize: FloatArray, is_kept: BoolArray, is_needed: BoolArray, root: int
) -> BoolArray:
    """Leave out dead ends without prize, and what is a dead end without them."""
    is_kept = is_kept.copy()
    while True:
        degree = np.bincount(number[:, is_kept].ravel(), minlength=int(number.max()) + 1)
        degree[root] += 2
        is_end = (degree[number] == 1).any(axis=0) & is_kept & (prize <= 0) & ~is_needed
        if not is_end.any():
            return is_kept
        is_kept &= ~is_end


def hangs_together(streets: Streets, chosen: BoolArray) -> bool:
    """Tell whether all chosen segments are connected with the gate."""
    reached = np.zeros(streets.offset.size - 1, bool)
    spread(streets, chosen, 0, -1, reached)
    return bool(reached[streets.u[chosen]].all())


def corridor_branches(streets: Streets, chosen: BoolArray) -> int:
    """Count the branches of a connected corridor: dead ends away from the gate, plus loops."""
    degree = np.zeros(streets.offset.size - 1, np.int64)
    return int(branches_of(streets, np.flatnonzero(chosen), degree))


def cut_ends(
    streets: Streets,
    chosen: BoolArray,
    gate_prize: float,
    gate_m: float,
    earning_share: float,
    max_branches: int,
    required: BoolArray,
) -> BoolArray:
    """Cut off, worst first, what holds too little for its length, until all of it earns.

    A part can be cut off where the rest stays connected with the gate and within its branches: a
    segment with all that lies beyond it, or one segment of a loop.

    Parameters
    ----------
    streets, chosen
        A connected corridor, without the gate's own segment.
    gate_prize, gate_m
        Of the gate's own segment.
    earning_share
        Share of the corridor's prize per metre that every part must hold.
    max_branches, required
        What cutting must keep.

    Returns
    -------
    ``(m,)`` bool
    """
    chosen = chosen.copy()
    while chosen.any():
        length_m = gate_m + streets.length_m[chosen].sum()
        least = earning_share * (gate_prize + streets.prize[chosen].sum()) / max(length_m, 1e-9)
        worst, worst_lack = None, 1e-12 * max(gate_prize + streets.prize[chosen].sum(), 1e-300)
        for row in np.flatnonzero(chosen):
            reached = np.zeros(streets.offset.size - 1, bool)
            spread(streets, chosen, 0, int(row), reached)
            part = chosen & ~reached[streets.u]
            part[row] = True
            lack = least * streets.length_m[part].sum() - streets.prize[part].sum()
            if lack > worst_lack and not (part & required).any():
                rest = chosen & ~part
                if corridor_branches(streets, rest) <= max_branches:
                    worst, worst_lack = rest, lack
        if worst is None:
            return chosen
        chosen = worst
    return chosen
