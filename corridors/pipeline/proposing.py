"""From the evidence of each school to what is said of it this week, and its corridor."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from corridors.analysis.directions import walk_steps
from corridors.analysis.explaining import why_sentences
from corridors.analysis.grading import Graded
from corridors.analysis.patrol_walk import shortest_walk, start_nodes
from corridors.domain.network import StreetNetwork
from corridors.domain.plan import Corridor, SchoolResult
from corridors.domain.vocabulary import Basis, Grade, Outcome
from corridors.pipeline.assessing import SchoolEvidence
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.pipeline.settling import Settled

__all__ = ["corridor_of", "result_of"]

_CARRIES = {Grade.STRONG, Grade.MODERATE}


def result_of(
    tables: Tables, scored: Scored, row: int, week: date, settled: Settled | None = None
) -> SchoolResult:
    """Say what the plan proposes for one school, before anybody is asked to walk.

    Parameters
    ----------
    tables, scored
        The area's.
    row
        Of the school.
    week
        The Monday.
    settled
        The corridor that would be walked; the tested one where there is none yet.

    Returns
    -------
    SchoolResult
        Of outcome `PATROL` where a corridor is proposed.
    """
    school = tables.schools.iloc[row]
    school_id = str(school["school_id"])
    evidence = scored.schools[row]
    graded = settled.graded if settled is not None else evidence.graded
    facts = settled.facts if settled is not None else evidence.facts
    outcome, reason = _outcome(tables, scored, evidence, graded, school_id, week)
    is_accepted = outcome is Outcome.PATROL
    grade = graded.with_override if is_accepted else graded.grade
    is_tested = evidence.test is not None and facts is not None
    return SchoolResult(
        school_id=school_id,
        name=str(school["name"]),
        outcome=outcome,
        reason=reason,
        grade=grade,
        # Down, so that seven and a half never pass for eight.
        n=int(facts.n + 1e-9) if facts is not None else None,
        p=evidence.p_adjusted,
        corridor_id=f"corridor-{school_id}" if is_accepted and is_tested else None,
        reasons=graded.reasons,
    )


def _outcome(
    tables: Tables,
    scored: Scored,
    evidence: SchoolEvidence,
    graded: Graded,
    school_id: str,
    week: date,
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
    return _outcome_of_grade(tables, scored, graded)


def _outcome_of_grade(tables: Tables, scored: Scored, graded: Graded) -> tuple[Outcome, str]:
    is_timed = scored.base.basis is Basis.WINDOW
    if not is_timed and tables.area.month_only is None:
        reason = (
            "The incidents have no time of day: they show where, never when. No patrol without a "
            "named person's written reason in the area file."
        )
        return Outcome.WHERE_ONLY, reason
    if is_timed and graded.grade in _CARRIES:
        return Outcome.PATROL, "The evidence carries a patrol."
    if not is_timed and graded.with_override in _CARRIES:
        reason = "Planned on data without a time of day by a written decision: see the override."
        return Outcome.PATROL, reason
    reason = "Evidence too weak: no patrol. " + " ".join(graded.reasons)
    return Outcome.EVIDENCE_TOO_WEAK, reason


def corridor_of(
    tables: Tables, scored: Scored, row: int, settled: Settled, result: SchoolResult
) -> Corridor:
    """Describe a corridor: its streets, its shortest walk, and why.

    Parameters
    ----------
    tables, scored
        The area's.
    row
        Of the school at whose gate the walk begins.
    settled
        The corridor.
    result
        Of the school.
    """
    network, tree, traced = tables.network, settled.tree, settled.traced
    ids = network.segment_ids
    parameters = tables.area.parameters
    u, v, gates = network.u, network.v, scored.gates
    gate = int(gates.segment[row])
    walk = shortest_walk(
        u[tree.segment],
        v[tree.segment],
        tree.length_m,
        traced.chosen,
        0,
        start_nodes(u, v, network.length_m, gate, float(gates.position_m[row])),
    )
    walked = tree.segment[list(walk.rows)]
    told = walk_steps(network, walked.tolist(), walk.nodes)
    interval = settled.interval
    return Corridor(
        corridor_id=f"corridor-{result.school_id}",
        school_ids=(result.school_id,),
        segment_ids=tuple(str(s) for s in ids[tree.segment[traced.chosen]]),
        walk=tuple(str(s) for s in ids[walked]),
        length_m=float(tree.length_m[traced.chosen].sum()),
        walk_m=walk.length_m,
        need=traced.prize,
        bound=traced.bound,
        grade=result.grade,
        streets=_street_names(network, walked),
        why=why_sentences(settled.facts, tables.reference.category_names, parameters.before_min),
        method=traced.method,
        gap=traced.gap,
        walk_bound_m=walk.bound_m,
        steps=told.steps,
        main_road_crossings=told.main_road_crossings,
        weight_per_day=interval.value,
        weight_low=interval.low,
        weight_high=interval.high,
        edits=settled.edits,
    )


def _street_names(network: StreetNetwork, rows: Iterable[int]) -> tuple[str, ...]:
    """Name the streets in walking order, each once; pieces without a name are passed over."""
    names = network.names[np.asarray(list(rows), int)]
    return tuple(dict.fromkeys(str(name) for name in names if name))
