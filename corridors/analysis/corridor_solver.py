"""The best corridor on the street graph around a gate, with a bound that is proven.

A fast answer comes from local search. The linear programme of `corridor_model`, tightened by least
cuts, bounds it from above and shows where better ones may lie; streets that no better corridor
can use are closed by their price. What is left is searched whole. Work is counted in rounds and
nodes, never in seconds, so the same case gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.corridor_bounding import PROVEN, Bounding
from corridors.analysis.corridor_edits import frame_corridor
from corridors.analysis.corridor_graph import (
    Neighbourhood,
    corridor_branches,
    cut_ends,
)
from corridors.analysis.corridor_kernels import Labels, Streets, make_labels
from corridors.analysis.corridor_model import CorridorModel
from corridors.analysis.corridor_search import improve, spread
from corridors.analysis.tracing import DEFAULT_RULE, TraceRule, prize_bound

__all__ = ["FAST", "FULL", "TracedCorridor", "Work", "solve_corridor"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NEAR = 0.95
"""A corridor with this share of the best prize is worth improving."""


@dataclass(frozen=True, slots=True)
class Work:
    """How hard to look.

    Parameters
    ----------
    step_m
        Branches whose lengths differ by less compete in the local search.
    moves
        Moves of a local search.
    cuts
        Rows of each kind that the linear programme is given at once.
    effort
        Of the linear programmes: numbers in their rows, in millions (about three seconds each);
        0: local search alone.
    """

    step_m: float = 40.0
    moves: int = 30
    cuts: int = 80
    effort: float = 2.5


FULL = Work()
FAST = Work(effort=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class TracedCorridor:
    """A corridor, and how near it is to the best there can be.

    Parameters
    ----------
    chosen
        ``(n,)`` segments of the corridor.
    prize
        What they hold.
    bound
        No connected set from this gate within length and branches holds more.
    method
        ``proven`` (nothing better exists), ``bounded`` or ``fast`` (a weak bound).
    gap
        ``1 - prize / bound``.
    uncut_prize
        Prize before ends that do not earn their length were cut off.
    note
        In words what is worth knowing; mostly empty.
    """

    chosen: BoolArray
    prize: float
    bound: float
    method: str
    gap: float
    uncut_prize: float
    note: str = ""


def solve_corridor(  # noqa: PLR0913 -- the case, and what a person asks of it
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    length_m: FloatArray,
    prize: FloatArray,
    gate_segment: int,
    budget_m: float,
    rule: TraceRule = DEFAULT_RULE,
    *,
    work: Work = FULL,
    start: BoolArray | None = None,
    forbidden: BoolArray | None = None,
    required: BoolArray | None = None,
) -> TracedCorridor:
    """Choose the connected segments with the gate's own that hold the most prize in a length.

    Parameters
    ----------
    u, v, length_m
        ``(n,)`` segments around the gate; nodes are any numbers.
    prize
        ``(n,)`` not negative.
    gate_segment
        Row of the gate's own segment; always in the corridor, counted whole.
    budget_m
        Greatest sum of lengths.
    rule
        Branches (dead ends away from the gate, plus loops) and ends.
    work
        `FULL`, or `FAST` for a page that waits.
    start
        ``(n,)`` a corridor to begin with, such as the tree tracer's.
    forbidden, required
        ``(n,)`` segments that it must not, or must, hold.

    Returns
    -------
    TracedCorridor

    Raises
    ------
    BadInput
        What is forbidden or required cannot be kept.
    """
    nothing = np.zeros(length_m.size, bool)
    barred = nothing if forbidden is None else forbidden
    needed = nothing if required is None else required
    frame = frame_corridor(
        u, v, length_m, gate_segment, budget_m, rule.max_branches, barred, needed
    )
    # The solvers' tolerances are absolute: the largest prize is made 10.
    unit = max(float(prize.max()), 1e-300) / 10.0
    around = Neighbourhood.build(
        u, v, length_m, prize / unit, gate_segment, budget_m, barred, needed
    )
    gate_prize, gate_m = float(prize[gate_segment]), float(length_m[gate_segment])
    if around.row.size == 0:
        only = np.zeros(around.streets.u.size, bool)
        note = "" if gate_m <= budget_m else "The gate's own street is longer than the budget."
        return TracedCorridor(
            around.given(only), gate_prize, gate_prize, "proven", 0.0, gate_prize, note
        )
    search = _Search.begin(around, rule, work, around.local(needed), around.local(frame))
    search.offer(around.local(frame))
    if start is not None:
        search.offer(around.local(start))
    if work.effort:
        search.bound_it()
    return search.answer(gate_prize / unit, gate_m, unit)


@dataclass(slots=True, eq=False)
class _Search:
    """One case under way: the best corridor so far and the least bound; without the gate's own."""

    around: Neighbourhood
    rule: TraceRule
    work: Work
    required: BoolArray
    frame: BoolArray
    """The required segments, joined to the gate."""
    labels: Labels
    bonus: Streets
    """With a prize on required segments that no other can outweigh."""
    best: BoolArray
    best_prize: float = -1.0
    bound: float = np.inf
    seen: set[bytes] = field(default_factory=set)
    """Corridors that the linear programme led to."""

    @classmethod
    def begin(
        cls,
        around: Neighbourhood,
        rule: TraceRule,
        work: Work,
        required: BoolArray,
        frame: BoolArray,
    ) -> _Search:
        streets = around.streets
        much = np.where(required, streets.prize.sum() + 1.0, 0.0)
        return cls(
            around=around,
            rule=rule,
            work=work,
            required=required,
            frame=frame,
            labels=make_labels(streets.offset.size - 1, around.budget_m, work.step_m),
            bonus=streets._replace(prize=streets.prize + much),
            best=np.zeros(required.size, bool),
        )

    def offer(self, chosen: BoolArray, moves: int | None = None) -> None:
        """Improve a corridor, and keep it where it is the best so far."""
        streets, budget_m = self.around.streets, self.around.budget_m
        chosen = self._allowed(chosen)
        improve(
            self.bonus,
            chosen,
            budget_m,
            self.rule.max_branches,
            self.work.step_m,
            self.work.moves if moves is None else moves,
            self.labels,
        )
        prize = float(streets.prize[chosen].sum())
        if prize > self.best_prize * (1.0 + 1e-12) and chosen[self.required].all():
            self.best, self.best_prize = chosen, prize

    def _allowed(self, chosen: BoolArray) -> BoolArray:
        """Keep what hangs on the gate; begin anew where that breaks a limit or a wish."""
        streets = self.around.streets
        reached = np.zeros(streets.offset.size - 1, bool)
        spread(streets, chosen, 0, -1, reached)
        chosen = chosen & reached[streets.u]
        is_short = streets.length_m[chosen].sum() <= self.around.budget_m + 1e-9
        is_whole = is_short and bool(chosen[self.required].all())
        if is_whole and corridor_branches(streets, chosen) <= self.rule.max_branches:
            return chosen
        return self.frame.copy()

    def bound_it(self) -> None:
        """Bound the prize, and look for better corridors where the bound leads."""
        around = self.around
        model = CorridorModel(
            around.streets,
            around.budget_m,
            self.rule.max_branches,
            self.required,
            around.distance_m,
        )
        bounding = Bounding(
            model=model,
            best_prize=lambda: self.best_prize,
            follow=lambda x: self._follow(model.used(x)),
            max_cuts=self.work.cuts,
            max_effort=self.work.effort,
        )
        self.bound = bounding.run()

    def _follow(self, used: FloatArray) -> None:
        """Look for a corridor where the linear programme sees one."""
        is_whole = np.minimum(used, 1.0 - used).max() <= 1e-5
        if is_whole:
            self.offer(used > 0.5, 0)
            return
        chosen = np.zeros(used.size, bool)
        improve(
            self.bonus._replace(prize=self.bonus.prize * (0.02 + np.minimum(used, 1.0))),
            chosen,
            self.around.budget_m,
            self.rule.max_branches,
            self.work.step_m,
            0,
            self.labels,
        )
        key = chosen.tobytes()
        if key not in self.seen:
            self.seen.add(key)
            is_near = float(self.around.streets.prize[chosen].sum()) > NEAR * self.best_prize
            self.offer(chosen, 2 if is_near else 0)

    def answer(self, gate_prize: float, gate_m: float, unit: float) -> TracedCorridor:
        """Cut the ends that do not earn, and say how good the rest is."""
        streets = self.around.streets
        weak = prize_bound(
            np.append(gate_m, streets.length_m),
            np.append(gate_prize, streets.prize),
            self.around.budget_m + gate_m,
        )
        uncut = gate_prize + max(self.best_prize, 0.0)
        chosen = cut_ends(
            streets,
            self.best,
            gate_prize,
            gate_m,
            self.rule.earning_share,
            self.rule.max_branches,
            self.required,
        )
        prize = gate_prize + float(streets.prize[chosen].sum())
        bound = max(min(gate_prize + self.bound, weak), uncut)
        if uncut >= bound * (1.0 - PROVEN):
            bound = uncut
        gap = 1.0 - prize / bound if bound > 0 else 0.0
        method = "bounded" if self.work.effort else "fast"
        if gap <= PROVEN:
            gap, method = 0.0, "proven"
        return TracedCorridor(
            self.around.given(chosen), prize * unit, bound * unit, method, gap, uncut * unit
        )
