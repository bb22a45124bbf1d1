"""Test every school that can be tested, adjust for their number, and grade what was found."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.evidence import (
    CorridorTest,
    SchoolCase,
    adjust_for_schools,
    assess_school,
)
from corridors.analysis.explaining import CorridorFacts, explain_corridor
from corridors.analysis.footfall import Footfall
from corridors.analysis.grading import EvidenceFacts, Graded, grade_evidence
from corridors.analysis.intervals import Events, corridor_interval, generator_of, make_events
from corridors.analysis.school_cases import (
    Bursts,
    hours_case,
    make_bursts,
    place_case,
    scatter_footprint,
)
from corridors.analysis.scoring import AreaScores, EvidenceBase
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.reasons import Interval
from corridors.domain.vocabulary import Basis, Grade

__all__ = ["SchoolEvidence", "Surroundings", "assess_schools", "facts_of", "grade_of"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SchoolEvidence:
    """What the evidence says of one school.

    Parameters
    ----------
    tree
        What can be walked from the gate; None where the gate is not on the network.
    is_known
        Whether the sources cover enough of it.
    test, facts
        The tested corridor, and what makes its weight.
    p_adjusted
        For the number of schools tested.
    graded
        Grade and reasons.
    need, expected_need
        ``(n,)`` a day, in the order of the tree.
    interval
        Weight of the tested corridor a day, with its 95 % interval; None without a test.
    """

    tree: WalkTree | None
    is_known: bool
    test: CorridorTest | None
    facts: CorridorFacts | None
    p_adjusted: float | None
    graded: Graded
    need: FloatArray
    expected_need: FloatArray
    interval: Interval | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What the tests of an area's schools share. Make it with `Surroundings.build`.

    Parameters
    ----------
    base, scores
        The area's.
    index
        Over its segments.
    trees
        What can be walked from each gate, in the order of the schools; None where a gate is not on
        the network.
    footfall
        Who walks where.
    bursts
        What the null of hours moves as one; None on an all-hours basis.
    events
        What the intervals draw again.
    """

    base: EvidenceBase
    scores: AreaScores
    index: SegmentIndex
    trees: list[WalkTree | None]
    footfall: Footfall
    bursts: Bursts | None
    events: Events

    @classmethod
    def build(
        cls,
        base: EvidenceBase,
        scores: AreaScores,
        index: SegmentIndex,
        trees: list[WalkTree | None],
        footfall: Footfall,
    ) -> Surroundings:
        """Group the incidents into what belongs together."""
        bursts = make_bursts(base, scores) if base.basis is Basis.WINDOW else None
        return cls(base, scores, index, trees, footfall, bursts, make_events(base, scores))

    @property
    def is_timed(self) -> bool:
        """Whether the basis is the after-school window."""
        return self.base.basis is Basis.WINDOW

    @property
    def n_scored(self) -> int:
        """Incidents that count, in the whole area."""
        return int(self.scores.is_scored.sum())

    def is_known(self, tree: WalkTree) -> bool:
        """Tell whether the sources cover enough of what can be walked."""
        covered_m = float(tree.length_m[self.base.is_covered[tree.segment]].sum())
        least = self.base.parameters.min_covered_share
        return covered_m >= least * float(tree.length_m.sum())


def assess_schools(
    around: Surroundings,
    school_ids: NDArray[np.str_],
    advance: Callable[[int, int], object],
) -> tuple[SchoolEvidence, ...]:
    """Test one corridor for each school.

    Parameters
    ----------
    around
        What the tests share.
    school_ids
        ``(n_schools,)``: each school draws its own numbers, whatever other schools there are.
    advance
        Told how many schools of how many are done.
    """
    base, trees = around.base, around.trees
    tests: list[CorridorTest | None] = [None] * len(trees)
    if around.n_scored >= base.parameters.min_area_incidents:
        make_case = _case_maker(around)
        for row, tree in enumerate(trees):
            if tree is not None and around.is_known(tree):
                seed = [base.parameters.seed, zlib.crc32(str(school_ids[row]).encode())]
                rng = np.random.default_rng(seed)
                tests[row] = assess_school(make_case(row, tree), base.parameters, rng)
            advance(row + 1, len(trees))
    adjusted = adjust_for_schools(np.array([np.nan if t is None else t.p for t in tests]))
    return tuple(
        _unknown(tree)
        if tree is None or not around.is_known(tree)
        else _untested(around, tree)
        if (test := tests[row]) is None
        else _tested(around, row, str(school_ids[row]), tree, test, float(adjusted[row]))
        for row, tree in enumerate(trees)
    )


def _case_maker(around: Surroundings) -> Callable[[int, WalkTree], SchoolCase]:
    base, footfall, bursts = around.base, around.footfall, around.bursts
    if bursts is not None:
        return lambda row, tree: hours_case(
            base, bursts, tree, int(base.timetable_of_school[row]), footfall.share(row, tree)
        )
    scatter = scatter_footprint(base, around.index, around.trees)
    return lambda row, tree: place_case(
        base, around.scores, scatter, tree, footfall.share(row, tree)
    )


def _unknown(tree: WalkTree | None) -> SchoolEvidence:
    reason = (
        "The gate is too far from any street."
        if tree is None
        else "The incident sources have no data for most of the streets around this school."
    )
    graded = Graded(Grade.UNKNOWN, Grade.UNKNOWN, (reason,))
    nothing = np.zeros(0 if tree is None else tree.segment.size)
    return SchoolEvidence(
        tree, is_known=False, test=None, facts=None, p_adjusted=None, graded=graded,
        need=nothing, expected_need=nothing,
    )  # fmt: skip


def _untested(around: Surroundings, tree: WalkTree) -> SchoolEvidence:
    empty = EvidenceFacts(0.0, around.n_scored, None, None, 0.0, is_timed=around.is_timed)
    nothing = np.zeros(tree.segment.size)
    return SchoolEvidence(
        tree, is_known=True, test=None, facts=None, p_adjusted=None,
        graded=grade_evidence(empty, around.base.parameters), need=nothing, expected_need=nothing,
    )  # fmt: skip


def facts_of(
    around: Surroundings, row: int, school_id: str, tree: WalkTree, chosen: BoolArray
) -> tuple[CorridorFacts, Interval]:
    """Take the weight of a corridor apart, and say how sure it is.

    Parameters
    ----------
    around
        What the tests share.
    row, school_id
        Of the school.
    tree, chosen
        The corridor.
    """
    base = around.base
    timetable = int(base.timetable_of_school[row])
    number = None if around.bursts is None else around.bursts.number
    facts = explain_corridor(base, around.scores, tree, chosen, timetable, number)
    rng = generator_of(base.parameters.seed, school_id)
    return facts, corridor_interval(
        base, around.scores, around.events, tree, chosen, timetable, rng
    )


def grade_of(
    around: Surroundings,
    row: int,
    length_m: float,
    facts: CorridorFacts,
    interval: Interval,
    p: tuple[float, float],
) -> Graded:
    """Grade a corridor.

    Parameters
    ----------
    around
        What the tests share.
    row
        Of the school.
    length_m
        Of the corridor.
    facts, interval
        From `facts_of`.
    p
        Of the school's test, and adjusted for the number of schools.
    """
    base = around.base
    times = base.times[int(base.timetable_of_school[row])] if around.is_timed else None
    return grade_evidence(
        EvidenceFacts(
            n=facts.n,
            n_area=around.n_scored,
            p=p[0],
            p_adjusted=p[1],
            one_place_share=facts.one_place_share,
            unknown_share=facts.unknown_m / max(length_m, 1e-9),
            is_timed=around.is_timed,
            assumed_day_share=times.assumed_day_share if times else 0.0,
            long_interval_share=facts.long_interval_share if times else 0.0,
            interval=interval,
        ),
        base.parameters,
    )


def _tested(
    around: Surroundings,
    row: int,
    school_id: str,
    tree: WalkTree,
    test: CorridorTest,
    p_adjusted: float,
) -> SchoolEvidence:
    base = around.base
    facts, interval = facts_of(around, row, school_id, tree, test.chosen)
    length_m = float(tree.length_m[test.chosen].sum())
    n_days = (
        base.times[int(base.timetable_of_school[row])].n_days
        if around.is_timed
        else around.scores.n_days
    )
    per_day = 1.0 / n_days if n_days > 0 else 0.0
    return SchoolEvidence(
        tree,
        is_known=True,
        test=test,
        facts=facts,
        p_adjusted=p_adjusted,
        graded=grade_of(around, row, length_m, facts, interval, (test.p, p_adjusted)),
        need=test.prize * per_day,
        expected_need=test.expected_mass * around.footfall.share(row, tree) * per_day,
        interval=interval,
    )
