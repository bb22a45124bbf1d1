"""From the proposed corridors of a week to the patrols that they ask for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from corridors.analysis.explaining import CorridorFacts
from corridors.domain.plan import Corridor, SchoolResult
from corridors.domain.plan_parts import CancelledPatrol
from corridors.domain.vocabulary import Basis, Outcome
from corridors.errors import AreaFileError, Problem
from corridors.pipeline.corridors import Proposed
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.planning.aims import AimChoice, choose_aim
from corridors.planning.alternatives import alternatives_for
from corridors.planning.cancelling import cancel_demands, cancellation_notes
from corridors.planning.mixes import mixed_aim_id
from corridors.planning.patrols import PatrolReasons
from corridors.planning.week import PatrolDemand, patrol_demands, week_notes

__all__ = ["Asked", "ask_patrols"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a week asks for.

    Parameters
    ----------
    results
        Of each school; one whose week has no day for it is too weak after all.
    demands
        Patrols asked for.
    reasons
        What is said of each, by the id of its demand.
    notes
        Sentences for the plan.
    cancelled
        Patrols that a person cancelled; they are no demands.
    """

    results: tuple[SchoolResult, ...]
    demands: tuple[PatrolDemand, ...]
    reasons: Mapping[str, PatrolReasons]
    notes: tuple[str, ...]
    cancelled: tuple[CancelledPatrol, ...] = ()


def ask_patrols(
    tables: Tables,
    scored: Scored,
    found: Proposed,
    week: date,
) -> Asked:
    """List the patrols that the proposed corridors ask for, each with the aim it has.

    Parameters
    ----------
    tables, scored
        The area's.
    found
        What is proposed. A shared corridor asks once, at the school where its walk begins.
    week
        The Monday.
    """
    demands: list[PatrolDemand] = []
    reasons: dict[str, PatrolReasons] = {}
    notes: list[str] = []
    kept: list[SchoolResult] = []
    cancelled: list[CancelledPatrol] = []
    idle: set[str] = set()
    emptied: set[str] = set()
    for result in found.results:
        corridor = found.corridors.get(result.school_id)
        if (
            result.corridor_id is None
            or corridor is None
            or result.school_id != corridor.school_ids[0]
        ):
            kept.append(result)
            continue
        facts = found.settled[result.school_id].facts
        choice = _choose_aim(tables, scored, facts, result.school_id)
        asked, said = _demands(tables, facts, corridor, result.school_id, week, choice)
        notes += [f"{result.school_id}: {note}" for note in said]
        notes.append(f"{result.school_id}: {choice.aim.name}. {choice.why}")
        asked, dropped = cancel_demands(asked, corridor, tables.area.cancellations)
        cancelled += dropped
        if not asked and dropped:
            emptied.add(corridor.corridor_id)
            kept.append(result)
            continue
        if not asked:
            idle.add(corridor.corridor_id)
            kept.append(_nothing_this_week(result, said))
            continue
        kept.append(result)
        demands += asked
        told = _reasons(tables, scored, facts, result, asked, choice)
        reasons.update({demand.demand_id: told for demand in asked})
    # A guest of a corridor that is not walked is not walked either.
    kept = [_nothing_this_week(one, ()) if one.corridor_id in idle else one for one in kept]
    kept = [_all_cancelled(one) if one.corridor_id in emptied else one for one in kept]
    notes += cancellation_notes(cancelled, tables.area.cancellations, week)
    return Asked(tuple(kept), tuple(demands), reasons, tuple(notes), tuple(cancelled))


def _choose_aim(tables: Tables, scored: Scored, facts: CorridorFacts, school_id: str) -> AimChoice:
    parameters, aims = tables.area.parameters, tables.reference.aims
    choice = choose_aim(
        school_id,
        tables.area.aims_set,
        facts.category_share,
        aims,
        minute_profile=facts.minute_profile,
        before_min=parameters.before_min,
        hours_known=scored.base.basis is Basis.WINDOW,
        min_aim_share=parameters.min_aim_share,
        category_names=tables.reference.category_names,
    )
    mix = next((one for one in tables.area.mixes if one.school_id == school_id), None)
    if mix is None:
        return choice
    mixed = aims.get(mixed_aim_id(choice.aim.aim_id, school_id))
    if mixed is None:
        what = f"The aim {choice.aim.aim_id} is enforcement, and the mix is without police."
        mend = 'Set another aim under [[aims]], or the mix with police = "needed".'
        raise AreaFileError(Problem(f"mixes of school {school_id}", what, mend))
    why = f"{choice.why} Its mix was set by {mix.by}: {mix.reason}"
    return dataclasses.replace(choice, aim=mixed, why=why)


def _demands(
    tables: Tables,
    facts: CorridorFacts,
    corridor: Corridor,
    school_id: str,
    week: date,
    choice: AimChoice,
) -> tuple[tuple[PatrolDemand, ...], tuple[str, ...]]:
    area = tables.area
    timetable = area.calendar.timetable(school_id)
    guests = [area.calendar.timetable(one) for one in corridor.school_ids[1:]]
    demands = patrol_demands(
        corridor,
        school_id,
        timetable,
        week,
        facts.weekday_share,
        facts.minute_profile,
        area.parameters,
        area.timezone,
        choice.aim.aim_id,
        guests,
    )
    return demands, week_notes(corridor, timetable, week, facts.weekday_share, area.parameters)


def _all_cancelled(result: SchoolResult) -> SchoolResult:
    reason = "The evidence carries patrols, and all of this week were cancelled."
    return dataclasses.replace(result, outcome=Outcome.UNCOVERED, reason=reason)


def _nothing_this_week(result: SchoolResult, said: tuple[str, ...]) -> SchoolResult:
    return dataclasses.replace(
        result,
        outcome=Outcome.EVIDENCE_TOO_WEAK,
        reason="No patrol this week. " + " ".join(said),
        corridor_id=None,
    )


def _reasons(
    tables: Tables,
    scored: Scored,
    facts: CorridorFacts,
    result: SchoolResult,
    asked: tuple[PatrolDemand, ...],
    choice: AimChoice,
) -> PatrolReasons:
    area, first = tables.area, asked[0].starts_at
    bell = area.calendar.timetable(result.school_id).window(first.date(), area.timezone, 0, 0)
    alternatives = alternatives_for(
        choice,
        result,
        asked,
        tables.reference.aims,
        bell_to_start_min=round((first - bell.starts_at).total_seconds() / 60),
        minute_profile=facts.minute_profile if scored.base.basis is Basis.WINDOW else None,
        before_min=area.parameters.before_min,
    )
    return PatrolReasons(choice.why, alternatives)
