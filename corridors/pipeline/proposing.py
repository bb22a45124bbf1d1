"""From the evidence of each school to what is said of it this week, and its corridor."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.explaining import why_sentences
from corridors.analysis.tracing import prize_bound
from corridors.analysis.walk_tree import WalkTree, walk_order
from corridors.domain.network import StreetNetwork
from corridors.domain.plan import Corridor, SchoolResult
from corridors.domain.vocabulary import Basis, Grade, Outcome
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import SchoolEvidence, Scored

__all__ = ["corridor_of", "result_of"]

_CARRIES = {Grade.STRONG, Grade.MODERATE}


def result_of(tables: Tables, scored: Scored, row: int, week: date) -> SchoolResult:
    """Say what the plan proposes for one school, before anybody is asked to walk.

    Parameters
    ----------
    tables, scored
        The area's.
    row
        Of the school.
    week
        The Monday.

    Returns
    -------
    SchoolResult
        Of outcome `PATROL` where a corridor is proposed.
    """
    school = tables.schools.iloc[row]
    school_id = str(school["school_id"])
    evidence = scored.schools[row]
    outcome, reason = _outcome(tables, scored, evidence, school_id, week)
    is_accepted = outcome is Outcome.PATROL
    grade = evidence.graded.with_override if is_accepted else evidence.graded.grade
    is_tested = evidence.test is not None and evidence.facts is not None
    return SchoolResult(
        school_id=school_id,
        name=str(school["name"]),
        outcome=outcome,
        reason=reason,
        grade=grade,
        # Down, so that seven and a half never pass for eight.
        n=int(evidence.facts.n + 1e-9) if evidence.facts is not None else None,
        p=evidence.p_adjusted,
        corridor_id=f"corridor-{school_id}" if is_accepted and is_tested else None,
        reasons=evidence.graded.reasons,
    )


def _outcome(
    tables: Tables, scored: Scored, evidence: SchoolEvidence, school_id: str, week: date
) -> tuple[Outcome, str]:
    timetable = tables.area.calendar.timetable(school_id)
    if evidence.tree is None:
        tolerance_m = tables.area.parameters.gate_tolerance_m
        reason = f"No walkable street lies within {tolerance_m:g} m of the gate."
        return Outcome.NOT_ON_NETWORK, reason
    if not timetable.teaching_days(week, week + timedelta(days=6)):
        return Outcome.OUT_OF_TERM, "The school does not teach in this week."
    if not evidence.is_known:
        reason = (
            "The incident sources have no data for most of the streets around this school: "
            "that is not the same as no incidents."
        )
        return Outcome.UNKNOWN, reason
    return _outcome_of_grade(tables, scored, evidence)


def _outcome_of_grade(
    tables: Tables, scored: Scored, evidence: SchoolEvidence
) -> tuple[Outcome, str]:
    is_timed = scored.base.basis is Basis.WINDOW
    if not is_timed and tables.area.month_only is None:
        reason = (
            "The incidents have no time of day: they show where, never when. No patrol without a "
            "named person's written reason in the area file."
        )
        return Outcome.WHERE_ONLY, reason
    if is_timed and evidence.graded.grade in _CARRIES:
        return Outcome.PATROL, "The evidence carries a patrol."
    if not is_timed and evidence.graded.with_override in _CARRIES:
        reason = "Planned on data without a time of day by a written decision: see the override."
        return Outcome.PATROL, reason
    reason = "Evidence too weak: no patrol. " + " ".join(evidence.graded.reasons)
    return Outcome.EVIDENCE_TOO_WEAK, reason


def corridor_of(tables: Tables, evidence: SchoolEvidence, result: SchoolResult) -> Corridor | None:
    """Describe the corridor that was tested for a school; None where none was."""
    tree, test, facts = evidence.tree, evidence.test, evidence.facts
    if tree is None or test is None or facts is None or not test.chosen.any():
        return None
    network = tables.network
    walk = walk_order(tree, test.chosen)
    segment_ids = network.segments["segment_id"].to_numpy(object)
    parameters = tables.area.parameters
    return Corridor(
        corridor_id=f"corridor-{result.school_id}",
        school_ids=(result.school_id,),
        segment_ids=tuple(str(s) for s in segment_ids[tree.segment[test.chosen]]),
        walk=tuple(str(s) for s in segment_ids[tree.segment[walk]]),
        length_m=float(tree.length_m[test.chosen].sum()),
        walk_m=float(tree.length_m[walk].sum()),
        need=float(evidence.need[test.chosen].sum()),
        bound=_bound(tree, evidence.need, test.chosen, parameters.corridor_length_m),
        grade=result.grade,
        streets=_street_names(network, tree.segment[walk]),
        why=why_sentences(facts, tables.reference.category_names, parameters.before_min),
    )


def _bound(
    tree: WalkTree, need: NDArray[np.float64], chosen: NDArray[np.bool_], budget_m: float
) -> float:
    """Bound the need; a gate's segment longer than the budget is its own corridor."""
    return max(prize_bound(tree.length_m, need, budget_m), float(need[chosen].sum()))


def _street_names(network: StreetNetwork, rows: Iterable[int]) -> tuple[str, ...]:
    """Name the streets in walking order, each once; pieces without a name are passed over."""
    names = network.segments["name"].to_numpy(object)[np.asarray(list(rows), int)]
    return tuple(dict.fromkeys(str(name) for name in names if name))
