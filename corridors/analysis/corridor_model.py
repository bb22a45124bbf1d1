"""The corridor as a linear programme: arcs lead away from the gate, rows are added as they break.

Columns: each street walked one way, the other way, or closing a loop (both its ends are reached
without it); and for each node whether a branch ends there. Dead ends plus loops are the branches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from corridors.analysis.corridor_kernels import Streets

__all__ = ["CorridorModel", "Row", "Solved"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

SOLVE_EFFORT = 0.003
"""Of one more solve, however small."""
IDLE_ROUNDS = 1
"""A row that has had no price for so many rounds is taken out; it may come back."""


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """One answer of a solver.

    Parameters
    ----------
    x
        ``(n_columns,)``; None where there is none: the bound tells.
    bound
        No corridor has more prize.
    price
        ``(n_columns,)`` what taking a column would cost the bound.
    """

    x: FloatArray | None
    bound: float
    price: FloatArray | None


@dataclass(slots=True, eq=False)
class Row:
    """One added row: what kind, which node or segment, which set of nodes."""

    kind: str
    """``end``: a street is used only if its end is reached. ``cut``: a set is entered if its node
    is reached. ``far``: what touches a set is no longer than the way there leaves."""
    at: int
    nodes: BoolArray | None
    idle: int = 0

    @property
    def key(self) -> tuple[str, int, bytes]:
        """What tells it from other rows."""
        return self.kind, self.at, b"" if self.nodes is None else self.nodes.tobytes()


@dataclass(eq=False)
class CorridorModel:
    """The programme of one neighbourhood; rows and the columns still open change as it is solved.

    Parameters
    ----------
    streets
        The neighbourhood, the gate's own segment contracted to node 0.
    budget_m
        Without the gate's own segment.
    max_branches
        Of the corridor.
    required
        ``(m,)`` segments that must be in it.
    distance_m
        ``(n,)`` walk from the gate to each node.
    """

    streets: Streets
    budget_m: float
    max_branches: int
    required: BoolArray
    distance_m: FloatArray
    is_open: BoolArray = field(init=False)
    rows: list[Row] = field(default_factory=list)
    known: set[tuple[str, int, bytes]] = field(default_factory=set)
    is_stuck: bool = False
    """Set while the bound does not fall: no rows are taken out."""
    effort: float = 0.0
    """Numbers in the rows that were solved, in millions, and a little for each time."""

    def __post_init__(self) -> None:
        u, v = self.streets.u, self.streets.v
        is_loop = u == v
        one_way, other_way = (v != 0) & ~is_loop, (u != 0) & ~is_loop
        self.is_open = np.concatenate([one_way, other_way, np.ones(self.m + self.n_nodes, bool)])
        self.is_open[3 * self.m] = False

    @property
    def m(self) -> int:
        """Number of segments."""
        return self.streets.u.size

    @property
    def n_nodes(self) -> int:
        """Number of nodes, the gate's among them."""
        return self.streets.offset.size - 1

    @cached_property
    def tail(self) -> IntArray:
        """Node at which each arc begins."""
        return np.concatenate([self.streets.u, self.streets.v])

    @cached_property
    def head(self) -> IntArray:
        """Node to which each arc leads."""
        return np.concatenate([self.streets.v, self.streets.u])

    @cached_property
    def value(self) -> FloatArray:
        """Prize of each column."""
        prize = self.streets.prize
        return np.concatenate([prize, prize, prize, np.zeros(self.n_nodes)])

    def used(self, x: FloatArray) -> FloatArray:
        """Tell how far each segment is used."""
        m = self.m
        return x[:m] + x[m : 2 * m] + x[2 * m : 3 * m]

    def columns_at(self, node: int) -> BoolArray:
        """Give the columns that reach a node."""
        arcs = (self.head == node) | (self.tail == node)
        touches = (self.streets.u == node) | (self.streets.v == node)
        return np.concatenate([arcs, touches, np.arange(self.n_nodes) == node])

    def close_columns(self, columns: BoolArray) -> None:
        """Fix columns at nothing."""
        self.is_open &= ~columns

    def add_ends(self, x: FloatArray, most: int) -> int:
        """Add the rows of segments that are used more than one of their ends is reached."""
        reached = np.bincount(self.head, x[: 2 * self.m], minlength=self.n_nodes)
        ends = np.concatenate([self.streets.u, self.streets.v])
        # the gate is not entered: it is always reached
        over = np.where(ends != 0, np.tile(self.used(x), 2) - reached[ends], -1.0)
        at = np.flatnonzero(over > 1e-4)
        at = at[np.argsort(-over[at], kind="stable")][:most]
        return self._add([Row("end", row, None) for row in at.tolist()])

    def add_cuts(self, nodes: IntArray, sets: BoolArray) -> int:
        """Add rows "a set is entered if its node is reached"; give how many are new."""
        pairs = zip(nodes.tolist(), sets, strict=True)
        return self._add([Row("cut", node, one) for node, one in pairs])

    def add_far(self, sets: BoolArray) -> int:
        """Add rows "what touches a far set is no longer than the way there leaves"."""
        return self._add([Row("far", 0, one) for one in sets])

    def _add(self, rows: list[Row]) -> int:
        new = [row for row in rows if row.key not in self.known]
        self.rows.extend(new)
        self.known.update(row.key for row in new)
        return len(new)

    def start_with(self, rows: list[Row]) -> None:
        """Put other rows in the place of those that were added."""
        self.rows = [Row(row.kind, row.at, row.nodes) for row in rows]
        self.known = {row.key for row in rows}

    def _rest(self, price: FloatArray) -> None:
        """Take out rows that have long been idle."""
        for row, worth in zip(self.rows, price.tolist(), strict=True):
            row.idle = 0 if worth > 0.0 else row.idle + 1
        if self.is_stuck:
            # taking rows out now could bring the same answers back for ever
            return
        idle = {id(row) for row in self.rows if row.idle >= IDLE_ROUNDS}
        self.known -= {row.key for row in self.rows if id(row) in idle}
        self.rows = [row for row in self.rows if id(row) not in idle]

    def solve(self, closed: BoolArray, wanted: tuple[int, ...] = ()) -> Solved:
        """Solve with fractions. The bound is worked out from the prices: safe whatever they are.

        Parameters
        ----------
        closed
            ``(n_columns,)`` columns that must not be used.
        wanted
            Nodes that must be reached; ``-1 - row`` for segments that must be used.
        """
        is_open = self.is_open & ~closed
        matrix, limit = self._matrix(is_open, wanted)
        cost = -self.value[is_open]
        self.effort += SOLVE_EFFORT + matrix.nnz * 1e-6
        found = linprog(  # type: ignore[call-overload]  # a sparse matrix is fine
            cost, A_ub=matrix, b_ub=limit, bounds=(0, 1), method="highs-ds"
        )
        if found.x is None:
            return Solved(None, -np.inf if found.status == 2 else np.inf, None)
        row_price = np.maximum(-found.ineqlin.marginals, 0.0)
        price = cost + matrix.T @ row_price
        bound = float(row_price @ limit - np.minimum(price, 0.0).sum())
        if self.rows:
            self._rest(row_price[-len(self.rows) :])
        x, full_price = np.zeros(is_open.size), np.zeros(is_open.size)
        x[is_open], full_price[is_open] = found.x, np.maximum(price, 0.0)
        return Solved(x, bound, full_price)

    def _matrix(
        self, is_open: BoolArray, wanted: tuple[int, ...]
    ) -> tuple[sparse.csr_matrix, FloatArray]:
        """Give the rows ``matrix @ x <= limit`` over the open columns; the added ones come last."""
        fixed, limit = self._fixed
        more = [-(self._enters[one] if one >= 0 else self._uses[-1 - one]) for one in wanted]
        matrix = sparse.vstack([fixed, *more, *self._added()]).tocsr()[:, is_open]
        limit = np.concatenate([limit, -np.ones(len(more)), np.zeros(len(self.rows))])
        # an empty row that cannot hold says that there is no corridor: it stays
        kept = (np.diff(matrix.indptr) > 0) | (limit < 0)
        kept[limit.size - len(self.rows) :] = True
        return matrix[kept], limit[kept]

    @cached_property
    def _enters(self) -> sparse.csr_matrix:
        shape = (self.n_nodes, self.is_open.size)
        return sparse.csr_matrix((np.ones(2 * self.m), (self.head, np.arange(2 * self.m))), shape)

    @cached_property
    def _uses(self) -> sparse.csr_matrix:
        segment, columns = np.tile(np.arange(self.m), 3), np.arange(3 * self.m)
        shape = (self.m, self.is_open.size)
        return sparse.csr_matrix((np.ones(3 * self.m), (segment, columns)), shape)

    @cached_property
    def _fixed(self) -> tuple[sparse.csr_matrix, FloatArray]:
        """Give the rows that are always there, over all columns."""
        m, n, shape = self.m, self.n_nodes, (self.n_nodes, self.is_open.size)
        leaves = sparse.csr_matrix((np.ones(2 * m), (self.tail, np.arange(2 * m))), shape)
        ends = np.concatenate([self.streets.u, self.streets.v])
        closing = np.tile(np.arange(2 * m, 3 * m), 2)
        closes = sparse.csr_matrix((np.ones(2 * m), (ends, closing)), shape)
        stops = sparse.csr_matrix((np.ones(n), (np.arange(n), 3 * m + np.arange(n))), shape)
        needed = np.flatnonzero(self.required)
        parts = [
            self._enters[1:],
            # a node that is reached is left, or a loop closes there, or a branch ends there
            (self._enters - leaves - closes - stops)[1:],
            sparse.csr_matrix(self.streets.length_m / self.budget_m) @ self._uses,
            sparse.csr_matrix(np.repeat([0.0, 1.0], [2 * m, m + n])),
            -self._uses[needed],
        ]
        limits = [np.ones(n - 1), np.zeros(n - 1), [1.0], [self.max_branches]]
        return sparse.vstack(parts).tocsr(), np.concatenate([*limits, -np.ones(needed.size)])

    def _added(self) -> list[sparse.csr_matrix]:
        kinds = [row.kind for row in self.rows]
        self.rows = [row for kind in ("end", "cut", "far") for row in self.rows if row.kind == kind]
        at = np.array([row.at for row in self.rows], np.int64)
        n_ends, n_cuts = kinds.count("end"), kinds.count("cut")
        parts = []
        if n_ends:
            segment, is_far_end = at[:n_ends] % self.m, at[:n_ends] >= self.m
            node = np.where(is_far_end, self.streets.v[segment], self.streets.u[segment])
            parts.append(self._uses[segment] - self._enters[node])
        sets = [row.nodes for row in self.rows[n_ends:] if row.nodes is not None]
        if sets[:n_cuts]:
            entered = self._entered(np.array(sets[:n_cuts]), np.ones(2 * self.m))
            parts.append(self._enters[at[n_ends : n_ends + n_cuts]] - entered)
        if sets[n_cuts:]:
            far = np.array(sets[n_cuts:])
            touches = far[:, self.streets.u] | far[:, self.streets.v]
            used_m = sparse.csr_matrix(touches * (self.streets.length_m / self.budget_m))
            left = 1.0 - self.distance_m[self.tail] / self.budget_m
            parts.append(used_m @ self._uses - self._entered(far, left))
        return parts

    def _entered(self, sets: BoolArray, worth: FloatArray) -> sparse.csr_matrix:
        """Give, for each set of nodes, the arcs that enter it, and what each is worth."""
        row, arc = np.nonzero(sets[:, self.head] & ~sets[:, self.tail])
        return sparse.csr_matrix((worth[arc], (row, arc)), (len(sets), self.is_open.size))
