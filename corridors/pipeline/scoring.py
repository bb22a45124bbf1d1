"""From checked tables to the evidence of every segment and school."""

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
from corridors.analysis.footfall import footfall_share
from corridors.analysis.grading import EvidenceFacts, Graded, grade_evidence
from corridors.analysis.locating import Located, locate_incidents
from corridors.analysis.school_cases import (
    Bursts,
    hours_case,
    make_bursts,
    place_case,
    scatter_footprint,
)
from corridors.analysis.scoring import (
    AreaScores,
    EvidenceBase,
    choose_basis,
    moments_of,
    observed_period,
    score_area,
    window_times,
)
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import Gates, place_gates, walk_trees
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.vocabulary import Basis, Grade
from corridors.pipeline.reading import Tables
from corridors.pipeline.stages import Stages

__all__ = ["SchoolEvidence", "Scored", "place_schools", "score_tables"]

FloatArray = NDArray[np.float64]


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
    """

    tree: WalkTree | None
    is_known: bool
    test: CorridorTest | None
    facts: CorridorFacts | None
    p_adjusted: float | None
    graded: Graded
    need: FloatArray
    expected_need: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The evidence of an area.

    Parameters
    ----------
    base, scores
        What the scores rest on, and the score of every segment.
    gates
        Where the gates are, in the order of the schools.
    schools
        One for each school, in the order of the table.
    n_scored
        Incidents that count.
    """

    base: EvidenceBase
    scores: AreaScores
    gates: Gates
    schools: tuple[SchoolEvidence, ...]
    n_scored: int


def place_schools(tables: Tables, index: SegmentIndex) -> Gates:
    """Put the gates of all schools on the network."""
    return place_gates(tables.network, index, tables.schools, tables.area.parameters)


def score_tables(tables: Tables, stages: Stages) -> Scored:
    """Score every segment and test one corridor for each school.

    Parameters
    ----------
    tables
        From `corridors.pipeline.reading.read_tables`.
    stages
        Times the work.
    """
    parameters = tables.area.parameters
    with stages.stage("match", "Matching incidents to streets"):
        index = SegmentIndex.build(tables.network.segments.geometry.to_numpy())
        located = locate_incidents(tables.network, index, tables.incidents, parameters)
    with stages.stage("walk", "Walking from the gates"):
        gates = place_schools(tables, index)
        trees = walk_trees(tables.network, gates, parameters)
    with stages.stage("score", "Scoring the streets"):
        base = _evidence_base(tables, located)
        scores = score_area(base)
    with stages.stage("test", "Testing one corridor a school"):
        schools = _test_schools(base, scores, index, trees, tables, stages)
    return Scored(base, scores, gates, schools, int(scores.is_scored.sum()))


def _evidence_base(tables: Tables, located: Located) -> EvidenceBase:
    area, incidents = tables.area, tables.incidents
    timetables = [area.calendar.timetable(school) for school in tables.schools["school_id"]]
    distinct = list(dict.fromkeys(timetables))
    number = {timetable: row for row, timetable in enumerate(distinct)}
    moments = moments_of(incidents)
    basis = choose_basis(incidents, area.parameters)
    period = observed_period(incidents, area.timezone, tables.as_of)
    times = (
        window_times(distinct, moments, period, area.timezone, tables.as_of, area.parameters)
        if basis is Basis.WINDOW
        else []
    )
    return EvidenceBase(
        network=tables.network,
        located=located,
        incidents=incidents,
        moments=moments,
        period=period,
        as_of=tables.as_of,
        timezone=area.timezone,
        basis=basis,
        times=times,
        timetable_of_school=np.array([number[t] for t in timetables], np.int64),
        school_xy=tables.schools[["x", "y"]].to_numpy(np.float64),
        is_covered=tables.is_covered,
        severity=tables.reference.severity,
        parameters=area.parameters,
    )


def _test_schools(
    base: EvidenceBase,
    scores: AreaScores,
    index: SegmentIndex,
    trees: list[WalkTree | None],
    tables: Tables,
    stages: Stages,
) -> tuple[SchoolEvidence, ...]:
    """Test every school that can be tested, then adjust for their number."""
    is_known = [tree is not None and _is_known(base, tree) for tree in trees]
    tests: list[CorridorTest | None] = [None] * len(trees)
    bursts = make_bursts(base, scores) if base.basis is Basis.WINDOW else None
    if int(scores.is_scored.sum()) >= base.parameters.min_area_incidents:
        make_case = _case_maker(base, scores, bursts, index, trees)
        for row, tree in enumerate(trees):
            if tree is None or not is_known[row]:
                continue
            rng = _generator(base.parameters.seed, str(tables.schools["school_id"].iloc[row]))
            tests[row] = assess_school(make_case(row, tree), base.parameters, rng)
            stages.advance(row + 1, len(trees))
    adjusted = adjust_for_schools(np.array([np.nan if t is None else t.p for t in tests]))
    return tuple(
        _evidence_of(
            base,
            scores,
            bursts,
            row,
            tree,
            tests[row],
            float(adjusted[row]),
            is_known=is_known[row],
        )
        for row, tree in enumerate(trees)
    )


def _generator(seed: int, school_id: str) -> np.random.Generator:
    """Give a school its own numbers, whatever other schools there are."""
    return np.random.default_rng([seed, zlib.crc32(school_id.encode())])


def _case_maker(
    base: EvidenceBase,
    scores: AreaScores,
    bursts: Bursts | None,
    index: SegmentIndex,
    trees: list[WalkTree | None],
) -> Callable[[int, WalkTree], SchoolCase]:
    if bursts is not None:
        return lambda row, tree: hours_case(base, bursts, tree, int(base.timetable_of_school[row]))
    scatter = scatter_footprint(base, index, trees)
    return lambda _row, tree: place_case(base, scores, scatter, tree)


def _is_known(base: EvidenceBase, tree: WalkTree) -> bool:
    is_covered = base.is_covered[tree.segment]
    covered_m = float(tree.length_m[is_covered].sum())
    return covered_m >= base.parameters.min_covered_share * float(tree.length_m.sum())


def _evidence_of(
    base: EvidenceBase,
    scores: AreaScores,
    bursts: Bursts | None,
    row: int,
    tree: WalkTree | None,
    test: CorridorTest | None,
    p_adjusted: float,
    *,
    is_known: bool,
) -> SchoolEvidence:
    n_area = int(scores.is_scored.sum())
    nothing = np.zeros(0 if tree is None else tree.segment.size)
    if tree is None or not is_known:
        reason = (
            "The gate is too far from any street."
            if tree is None
            else "The incident sources have no data for most of the streets around this school."
        )
        graded = Graded(Grade.UNKNOWN, Grade.UNKNOWN, (reason,))
        return SchoolEvidence(tree, is_known, None, None, None, graded, nothing, nothing)
    is_window = base.basis is Basis.WINDOW
    timetable = int(base.timetable_of_school[row])
    n_days = base.times[timetable].n_days if is_window else scores.n_days
    footfall = footfall_share(tree.distance_m, base.parameters.footfall_decay_m)
    if test is None:
        empty = EvidenceFacts(0.0, n_area, None, None, 0.0, is_timed=is_window)
        graded = grade_evidence(empty, base.parameters)
        return SchoolEvidence(tree, is_known, None, None, None, graded, nothing, nothing)
    number = None if bursts is None else bursts.number
    facts = explain_corridor(base, scores, tree, test.chosen, timetable, number)
    graded = grade_evidence(
        EvidenceFacts(
            n=facts.n,
            n_area=n_area,
            p=test.p,
            p_adjusted=p_adjusted,
            one_place_share=facts.one_place_share,
            unknown_share=facts.unknown_m / max(float(tree.length_m[test.chosen].sum()), 1e-9),
            is_timed=is_window,
            assumed_day_share=base.times[timetable].assumed_day_share if is_window else 0.0,
            long_interval_share=facts.long_interval_share if is_window else 0.0,
        ),
        base.parameters,
    )
    per_day = footfall / n_days if n_days > 0 else np.zeros(tree.segment.size)
    need = np.where(base.is_covered[tree.segment], test.mass * per_day, 0.0)
    return SchoolEvidence(
        tree, is_known, test, facts, p_adjusted, graded, need, test.expected_mass * per_day
    )
