"""Bounding the best corridor from above: rows that break are added, and cases are told apart.

The linear programme is solved again and again with the rows that its answer breaks. Where nothing
breaks any more and the answer is still in fractions, a node is chosen and two cases are looked at:
corridors that reach it, and corridors that do not. The case that promises most is always next, so
the bound, the most that any open case promises, only falls.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.corridor_cuts import broken_cuts, far_sets
from corridors.analysis.corridor_model import CorridorModel, Row, Solved

__all__ = ["PROVEN", "Bounding"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

PROVEN = 1e-6
"""A relative gap below this is none."""
STALLED = 0.001
"""A case is split when its bound falls by less than this share in a few rounds."""
STALL_ROUNDS = 5
WHOLE = 1e-5


@dataclass(order=True, slots=True)
class _Case:
    """Corridors that hold some things and not others; the most promising sorts first."""

    rank: tuple[float, int]
    closed: BoolArray = field(compare=False)
    wanted: tuple[int, ...] = field(compare=False)
    rows: list[Row] = field(compare=False)
    """Those that were tight when it was told apart."""


@dataclass(slots=True, eq=False)
class Bounding:
    """The cases of one neighbourhood.

    Parameters
    ----------
    model
        The linear programme.
    best_prize
        Gives the prize of the best corridor known.
    follow
        Is told every answer, to look for a corridor there.
    max_cuts
        Rows of each kind that are added at once.
    max_effort
        Work of the linear programmes, see `CorridorModel`.
    """

    model: CorridorModel
    best_prize: Callable[[], float]
    follow: Callable[[FloatArray], None]
    max_cuts: int
    max_effort: float
    middle: FloatArray | None = None
    """Average of the answers of a case, the last ones weighing most."""
    n_cases: int = 0
    settled: float = 0.0
    """The most that a case without fractions promised."""

    def run(self) -> float:
        """Give the bound: no corridor holds more."""
        heap = [self._case(np.inf, np.zeros(self.model.is_open.size, bool), ())]
        while heap:
            case = heapq.heappop(heap)
            promised = -case.rank[0]
            if self._is_beaten(promised) or self.model.effort >= self.max_effort:
                heapq.heappush(heap, case)
                break
            for more in self._look_into(case):
                heapq.heappush(heap, more)
        promises = [-case.rank[0] for case in heap]
        return max([self.best_prize(), self.settled, *promises])

    def _case(self, bound: float, closed: BoolArray, wanted: tuple[int, ...]) -> _Case:
        self.n_cases += 1
        return _Case((-bound, self.n_cases), closed, wanted, list(self.model.rows))

    def _is_beaten(self, bound: float) -> bool:
        return bound <= self.best_prize() * (1.0 + PROVEN)

    def _look_into(self, case: _Case) -> list[_Case]:
        """Solve a case until its bound stalls; give the cases that are left of it."""
        bound, closed = -case.rank[0], case.closed
        self.middle = None
        self.model.start_with(case.rows)
        self.model.is_stuck = False
        trail: list[float] = []
        while True:
            solved = self.model.solve(closed, case.wanted)
            bound = min(bound, solved.bound)
            if solved.x is None or solved.price is None:
                return [] if bound == -np.inf else [self._case(bound, closed, case.wanted)]
            self.follow(solved.x)
            if self._is_beaten(bound):
                return []
            dear = solved.price > (solved.bound - self.best_prize()) * (1.0 + PROVEN)
            closed = closed | dear
            if case.rank[1] == 1:
                self.model.close_columns(dear)
            has_fallen = not trail or bound < trail[-1] * (1.0 - PROVEN)
            self.model.is_stuck = not has_fallen
            trail.append(bound)
            n_new = self._tighten(solved.x)
            if self.model.effort >= self.max_effort:
                return [self._case(bound, closed, case.wanted)]
            if n_new == 0 or (self._is_stalled(trail) and not self._is_whole(solved.x)):
                return self._split(solved, bound, closed, case.wanted)

    def _is_stalled(self, trail: list[float]) -> bool:
        if len(trail) <= STALL_ROUNDS:
            return False
        return trail[-1 - STALL_ROUNDS] - trail[-1] < STALLED * trail[-1]

    def _is_whole(self, x: FloatArray) -> bool:
        used = self.model.used(x)
        return bool(np.minimum(used, np.abs(1.0 - used)).max() <= WHOLE)

    def _tighten(self, x: FloatArray) -> int:
        """Add the rows that an answer breaks, and those that it breaks with the ones before it.

        An average moves less from round to round, and what it breaks holds for longer.
        """
        self.middle = x if self.middle is None else 0.5 * (x + self.middle)
        n_added = self.model.add_ends(x, self.max_cuts)
        for point in (self.middle, x):
            n_added += self._cut_off(point)
        return n_added

    def _cut_off(self, x: FloatArray) -> int:
        model, flow = self.model, x[: 2 * self.model.m]
        nodes, sets = broken_cuts(model.tail, model.head, flow, model.n_nodes, self.max_cuts)
        far = far_sets(
            model.tail,
            model.head,
            flow,
            model.used(x) * model.streets.length_m,
            model.distance_m,
            model.budget_m,
            self.max_cuts,
        )
        return model.add_cuts(nodes, sets) + model.add_far(far)

    def _split(
        self, solved: Solved, bound: float, closed: BoolArray, wanted: tuple[int, ...]
    ) -> list[_Case]:
        """Tell apart the corridors that reach a node from those that do not."""
        x, model = solved.x, self.model
        if x is None:
            return []
        entered = np.bincount(model.head, x[: 2 * model.m], minlength=model.n_nodes)
        unsure = np.minimum(entered, 1.0 - entered)
        unsure[0] = 0.0
        if unsure.max() > WHOLE:
            # of the nodes in doubt, one that is far decides most
            node = int(np.argmax(np.where(unsure > WHOLE, unsure * model.distance_m, -1.0)))
            without = closed | model.columns_at(node)
            return [
                self._case(bound, closed, (*wanted, node)),
                self._case(bound, without, wanted),
            ]
        used = model.used(x)
        unsure = np.minimum(used, 1.0 - used)
        if unsure.max() <= WHOLE:
            # whole: it is a corridor, and has been followed; no more than rounding is left
            self.settled = max(self.settled, bound)
            return []
        segment = int(np.argmax(unsure))
        without = closed.copy()
        without[[segment, segment + model.m, segment + 2 * model.m]] = True
        return [
            self._case(bound, closed, (*wanted, -1 - segment)),
            self._case(bound, without, wanted),
        ]
