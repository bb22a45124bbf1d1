"""Which corridor is walked: the best that can be found, changed by a person's hand, or shared.

The test of a school rests on a fast answer, because every run of its null repeats it. Where the
evidence carries a patrol, the best corridor is searched for on the whole street graph. The tested
one is walked where that proves that hardly anything better exists; otherwise the better one is,
graded again by what lies on it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.corridor_edits import check_drawn, frame_corridor, given_up
from corridors.analysis.corridor_solver import FAST, FULL, TracedCorridor, Work, solve_corridor
from corridors.analysis.explaining import CorridorFacts
from corridors.analysis.grading import Graded
from corridors.analysis.tracing import TraceRule, prize_bound
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.area import CorridorEdit
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters
from corridors.domain.plan_parts import AppliedEdit
from corridors.domain.reasons import Interval
from corridors.errors import BadInput, Problem
from corridors.pipeline.assessing import SchoolEvidence, Surroundings, facts_of, grade_of

__all__ = ["Settled", "search_work", "settle_corridor", "settle_on", "tested_corridor"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

PROVEN = 1e-6
"""A relative gap below this is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """One corridor, and what lies on it.

    Parameters
    ----------
    tree
        What can be walked from the gate.
    traced
        The corridor in the order of the tree, with its bound.
    facts, interval, graded
        What makes its weight, how sure that is, and the grade.
    edits
        What a person changed on it.
    """

    tree: WalkTree
    traced: TracedCorridor
    facts: CorridorFacts
    interval: Interval
    graded: Graded
    edits: tuple[AppliedEdit, ...] = ()


def search_work(parameters: Parameters, n_proposed: int) -> Work:
    """Say how hard to look for a week's corridors.

    Parameters
    ----------
    parameters
        ``corridor_search`` and ``most_full_searches`` are used.
    n_proposed
        Schools whose evidence carries a patrol.
    """
    is_few = n_proposed <= parameters.most_full_searches
    is_full = parameters.corridor_search == "full"
    return FULL if is_full or (parameters.corridor_search == "auto" and is_few) else FAST


def tested_corridor(evidence: SchoolEvidence, parameters: Parameters) -> Settled | None:
    """Give the corridor that was tested, with a weak bound; None without a test."""
    tree, test, facts, interval = evidence.tree, evidence.test, evidence.facts, evidence.interval
    if tree is None or test is None or facts is None or interval is None or not test.chosen.any():
        return None
    need = float(evidence.need[test.chosen].sum())
    weak = prize_bound(tree.length_m, evidence.need, parameters.corridor_length_m)
    # A gate's segment longer than the budget is its own corridor.
    bound = max(weak, need)
    traced = TracedCorridor(test.chosen, need, bound, "fast", _gap(need, bound), need)
    return Settled(tree, traced, facts, interval, evidence.graded)


def settle_corridor(
    around: Surroundings,
    row: int,
    school_id: str,
    evidence: SchoolEvidence,
    edits: Sequence[CorridorEdit] = (),
    work: Work = FULL,
) -> Settled | None:
    """Search for the corridor that a school's patrols walk.

    Parameters
    ----------
    around
        What the tests share.
    row, school_id
        Of the school.
    evidence
        Of the school.
    edits
        What a person changes on this school's corridor.
    work
        How hard to look, from `search_work`.

    Returns
    -------
    Settled or None
        None without a test.

    Raises
    ------
    BadInput
        A person's change cannot be kept.
    """
    tree, test = evidence.tree, evidence.test
    if tree is None or test is None or not test.chosen.any():
        return None
    case = _Case(around.base.network, tree, evidence.need, around.base.parameters, work)
    best = case.solve(start=test.chosen)
    traced = case.tested_if_near(best, test.chosen)
    found = [max(best.prize, traced.prize)]
    for n_done in range(1, len(edits) + 1):
        before = traced
        try:
            traced = case.edited(edits[:n_done], before)
        except BadInput as error:
            raise BadInput(_at_school(error, school_id)) from error
        # What is kept anyway gives up nothing.
        found.append(found[-1] if traced is before else traced.prize)
    applied = tuple(
        AppliedEdit(edit.kind, _what(edit), edit.reason, edit.by, cost)
        for edit, cost in zip(edits, given_up(found), strict=True)
    )
    return settle_on(around, row, school_id, evidence, traced, applied)


def settle_on(
    around: Surroundings,
    row: int,
    school_id: str,
    evidence: SchoolEvidence,
    traced: TracedCorridor,
    edits: tuple[AppliedEdit, ...],
) -> Settled:
    """Grade a corridor of a tested school by what lies on it.

    Parameters
    ----------
    around, row, school_id, evidence
        As for `settle_corridor`.
    traced
        The corridor, in the order of the school's tree.
    edits
        What a person changed on it.
    """
    tree, test = evidence.tree, evidence.test
    if tree is None or test is None or evidence.p_adjusted is None:
        raise ValueError("only a tested school has a corridor")
    facts, interval = facts_of(around, row, school_id, tree, traced.chosen)
    length_m = float(tree.length_m[traced.chosen].sum())
    p = (test.p, evidence.p_adjusted)
    graded = grade_of(around, row, length_m, facts, interval, p)
    return Settled(tree, traced, facts, interval, graded, edits)


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """The search for one school's corridor."""

    network: StreetNetwork
    tree: WalkTree
    need: FloatArray
    parameters: Parameters
    work: Work

    def tested_if_near(self, best: TracedCorridor, tested: BoolArray) -> TracedCorridor:
        """Take the tested corridor where hardly anything better exists, else the best.

        It follows the ways by which pupils walk, so it reads as a route; the very best often
        winds for the last per cent.
        """
        need = float(self.need[tested].sum())
        # Without a search for a bound the best that was found stands for it.
        most = best.prize if best.method == "fast" else best.bound
        if need < (1.0 - self.parameters.near_enough) * most:
            return best
        gap = _gap(need, best.bound)
        method = best.method if best.method == "fast" or gap <= PROVEN else "bounded"
        return dataclasses.replace(
            best, chosen=tested, prize=need, uncut_prize=need, gap=gap, method=method
        )

    def solve(
        self,
        *,
        start: BoolArray,
        length_m: float | None = None,
        forbidden: BoolArray | None = None,
        required: BoolArray | None = None,
    ) -> TracedCorridor:
        rows = self.tree.segment
        return solve_corridor(
            self.network.u[rows],
            self.network.v[rows],
            self.tree.length_m,
            self.need,
            0,
            self.parameters.corridor_length_m if length_m is None else length_m,
            TraceRule.of(self.parameters),
            work=self.work,
            start=start,
            forbidden=forbidden,
            required=required,
        )

    def edited(self, edits: Sequence[CorridorEdit], so_far: TracedCorridor) -> TracedCorridor:
        """Solve with everything that was asked for; what is kept already stays as it is."""
        budget_m = min(
            [self.parameters.corridor_length_m]
            + [edit.length_m for edit in edits if edit.length_m is not None]
        )
        drawn = [edit for edit in edits if edit.kind == "redraw"]
        forbidden, required = self._mask(edits, "forbid"), self._mask(edits, "require")
        if drawn:
            return self._drawn(drawn[-1], budget_m, forbidden, required)
        rows, chosen = self.tree.segment, so_far.chosen
        u, v, length_m = self.network.u[rows], self.network.v[rows], self.tree.length_m
        most = self.parameters.max_branches
        frame_corridor(u, v, length_m, 0, budget_m, most, forbidden, required)
        if (
            not (chosen & forbidden).any()
            and chosen[required].all()
            and float(length_m[chosen].sum()) <= budget_m
        ):
            return so_far
        return self.solve(start=chosen, length_m=budget_m, forbidden=forbidden, required=required)

    def _drawn(
        self, edit: CorridorEdit, budget_m: float, forbidden: BoolArray, required: BoolArray
    ) -> TracedCorridor:
        rows = self.tree.segment
        chosen = check_drawn(
            self.network.u[rows],
            self.network.v[rows],
            self.tree.length_m,
            0,
            budget_m,
            self._named(edit),
        )
        if (chosen & forbidden).any() or not chosen[required].all():
            raise BadInput(
                Problem(
                    "redraw",
                    "What is drawn holds a street that is forbidden, or lacks one that is "
                    "required.",
                    "Take away one of the two edits.",
                )
            )
        best = self.solve(start=chosen)
        need = float(self.need[chosen].sum())
        return dataclasses.replace(
            best,
            chosen=chosen,
            prize=need,
            uncut_prize=need,
            method="drawn",
            gap=_gap(need, best.bound),
            note="",
        )

    def _mask(self, edits: Sequence[CorridorEdit], kind: str) -> BoolArray:
        mask = np.zeros(self.tree.segment.size, np.bool_)
        for edit in edits:
            if edit.kind == kind:
                mask |= self._named(edit)
        return mask

    def _named(self, edit: CorridorEdit) -> BoolArray:
        """Find the segments that an edit names; those out of reach matter only where needed."""
        table = self.network.segments.iloc[self.tree.segment]
        names, streets = table["name"].str.casefold(), {one.casefold() for one in edit.streets}
        is_named = table["segment_id"].isin(edit.segment_ids) | names.isin(streets)
        far = set(edit.segment_ids) - set(table["segment_id"])
        lost = streets - set(names)
        if edit.kind in {"redraw", "require"} and (far or lost):
            raise BadInput(
                Problem(
                    edit.kind,
                    f"{len(far | lost)} of the streets to {edit.kind} lie beyond "
                    f"{self.parameters.corridor_length_m:g} m from the gate.",
                    "Name streets within reach, or raise corridor_length_m.",
                )
            )
        return is_named.to_numpy(np.bool_)


def _at_school(error: BadInput, school_id: str) -> list[Problem]:
    """Name the school whose changes cannot be kept."""
    where = f"[[corridors]] of school {school_id}"
    return [dataclasses.replace(problem, where=where) for problem in error.problems]


def _gap(need: float, bound: float) -> float:
    return max(1.0 - need / bound, 0.0) if bound > 0 else 0.0


def _what(edit: CorridorEdit) -> str:
    if edit.kind == "shorten":
        return f"at most {edit.length_m:g} m"
    parts = list(edit.streets)
    if edit.segment_ids:
        n = len(edit.segment_ids)
        parts.append(f"{n} segment{'s' if n > 1 else ''}")
    return ", ".join(parts)
