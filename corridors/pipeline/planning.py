"""From the evidence of an area to its plan for one week."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version

import pyproj
import shapely

from corridors import __version__
from corridors.domain.area import Area
from corridors.domain.parameters import Parameters
from corridors.domain.plan import Corridor, Patrol, Plan, Protocol, SchoolResult
from corridors.domain.vocabulary import Basis, Outcome, PlanStatus
from corridors.pipeline.proposing import corridor_of, result_of
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.pipeline.stages import Stages
from corridors.planning.aims import propose_aim
from corridors.planning.patrols import make_patrols, make_unmet
from corridors.planning.posts import posts_from_table
from corridors.planning.protocol import all_agreed, make_protocols
from corridors.planning.roster import RosterResult, staff_patrols
from corridors.planning.week import PatrolDemand, patrol_demands, week_notes

OLD_EVIDENCE_DAYS = 180
"""Evidence that ends longer than this before the week is called old; nothing else follows."""

__all__ = ["library_versions", "make_plan", "parameters_record"]


def make_plan(tables: Tables, scored: Scored, week: date, issued_on: date, stages: Stages) -> Plan:
    """Plan one week.

    Parameters
    ----------
    tables, scored
        The area's.
    week
        The Monday.
    issued_on
        The day on which the plan goes out.
    stages
        Times the work.
    """
    with stages.stage("corridors", "Describing the corridors"):
        results = [result_of(tables, scored, row, week) for row in range(len(scored.schools))]
        traced = {
            result.school_id: corridor_of(tables, evidence, result)
            for evidence, result in zip(scored.schools, results, strict=True)
        }
        results, asked, notes = _ask(tables, scored, results, traced, week)
    proposed = {
        corridor.corridor_id: corridor
        for result in results
        if result.corridor_id and (corridor := traced[result.school_id])
    }
    with stages.stage("roster", "Staffing the patrols"):
        patrols, protocols, roster = _staff(
            tables, asked, proposed, _need_of(scored, traced), issued_on
        )
    area = tables.area
    return Plan(
        area=area.name,
        week=week,
        timezone=area.timezone,
        status=_status(protocols),
        issued_on=issued_on,
        basis=str(scored.base.basis),
        schools=tuple(_staffed(result, patrols) for result in results),
        corridors=tuple(proposed[key] for key in sorted(proposed)),
        candidates=tuple(
            corridor
            for corridor in traced.values()
            if corridor is not None and corridor.corridor_id not in proposed
        ),
        patrols=patrols,
        unmet=make_unmet(asked, roster),
        protocols=protocols,
        notes=(
            *tables.notes,
            *_evidence_notes(scored, week),
            *notes,
            *(roster.notes if asked else ()),
        ),
        parameters=parameters_record(area.parameters),
        inputs=tables.hashes,
        versions=library_versions(),
        override=_override(area) if scored.base.basis is Basis.ALL_HOURS else None,
    )


def _staff(
    tables: Tables,
    asked: list[PatrolDemand],
    proposed: Mapping[str, Corridor],
    need: Mapping[str, Mapping[str, float]],
    issued_on: date,
) -> tuple[tuple[Patrol, ...], tuple[Protocol, ...], RosterResult]:
    """Find posts for the patrols, and write the protocol of each that has no police."""
    reference, area = tables.reference, tables.area
    roster = staff_patrols(
        asked,
        posts_from_table(tables.roster, reference.roles),
        reference.aims,
        reference.roles,
        area.parameters,
    )
    patrols = make_patrols(asked, roster, proposed, need, reference.aims, area.parameters)
    protocols = make_protocols(
        patrols,
        reference.aims,
        reference.roles,
        reference.protocol,
        area.agreements,
        issued_on=issued_on,
    )
    return patrols, protocols, roster


def _ask(
    tables: Tables,
    scored: Scored,
    results: list[SchoolResult],
    traced: Mapping[str, Corridor | None],
    week: date,
) -> tuple[list[SchoolResult], list[PatrolDemand], list[str]]:
    """List the patrols that the proposed corridors ask for, each with the aim it suggests."""
    asked: list[PatrolDemand] = []
    notes: list[str] = []
    kept: list[SchoolResult] = []
    parameters, area = tables.area.parameters, tables.area
    for row, result in enumerate(results):
        corridor, facts = traced[result.school_id], scored.schools[row].facts
        if result.corridor_id is None or corridor is None or facts is None:
            kept.append(result)
            continue
        is_timed = scored.base.basis is Basis.WINDOW
        choice = propose_aim(
            facts.category_share,
            tables.reference.aims,
            minute_profile=facts.minute_profile,
            before_min=parameters.before_min,
            hours_known=is_timed,
            min_aim_share=parameters.min_aim_share,
            category_names=tables.reference.category_names,
        )
        timetable = area.calendar.timetable(result.school_id)
        demands = patrol_demands(
            corridor,
            result.school_id,
            timetable,
            week,
            facts.weekday_share,
            facts.minute_profile,
            parameters,
            area.timezone,
            choice.aim.aim_id,
        )
        said = week_notes(corridor, timetable, week, facts.weekday_share, parameters)
        notes += [f"{result.school_id}: {note}" for note in said]
        notes.append(f"{result.school_id}: {choice.aim.name}. {choice.why}")
        if not demands:
            kept.append(
                dataclasses.replace(
                    result,
                    outcome=Outcome.EVIDENCE_TOO_WEAK,
                    reason="No patrol this week. " + " ".join(said),
                    corridor_id=None,
                )
            )
            continue
        kept.append(result)
        asked += demands
    return kept, asked, notes


def _need_of(scored: Scored, traced: Mapping[str, Corridor | None]) -> dict[str, dict[str, float]]:
    need: dict[str, dict[str, float]] = {}
    for evidence, corridor in zip(scored.schools, traced.values(), strict=True):
        if corridor is None or evidence.test is None:
            continue
        values = evidence.need[evidence.test.chosen]
        need[corridor.corridor_id] = {
            segment: float(value)
            for segment, value in zip(corridor.segment_ids, values, strict=True)
        }
    return need


def _staffed(result: SchoolResult, patrols: tuple[Patrol, ...]) -> SchoolResult:
    if result.outcome is not Outcome.PATROL:
        return result
    if any(patrol.corridor_id == result.corridor_id for patrol in patrols):
        return result
    return dataclasses.replace(
        result,
        outcome=Outcome.UNCOVERED,
        reason="The evidence carries a patrol, but nobody suitable can walk it: see what is unmet.",
    )


def _status(protocols: tuple[Protocol, ...]) -> PlanStatus:
    """Give the status; a plan that needs no agreement has all that it needs."""
    return PlanStatus.AGREED if all_agreed(protocols) else PlanStatus.DRAFT


def _evidence_notes(scored: Scored, week: date) -> list[str]:
    base = scored.base
    last = base.period.last
    notes = [f"The incidents reach to {last:%d %B %Y}, {(week - last).days} days before the week."]
    if (week - last).days > OLD_EVIDENCE_DAYS:
        notes.append(
            "That is old: much may have changed since, and this plan cannot know. Get newer data."
        )
    if base.as_of >= week:
        notes.append(
            "The evidence reaches into the planned week or beyond it: this is no forecast."
        )
    notes += [
        "Footfall falls with the walk from the gate at an assumed rate: no destinations are given."
    ]
    if scored.n_scored < base.parameters.min_area_incidents:
        notes.append(f"Only {scored.n_scored} incidents can be scored: not enough to say anything.")
    if base.basis is Basis.ALL_HOURS:
        notes.append(
            "The incidents have no time of day. The picture shows where, at all hours, never when."
        )
    if any(time.assumed_day_share > 0 for time in base.times):
        share = max(time.assumed_day_share for time in base.times)
        notes.append(
            f"The terms do not reach {share:.0%} of the days with incidents: weekdays that are not "
            "bank holidays were taken for teaching days there. Give the terms of that time."
        )
    return notes


def parameters_record(parameters: Parameters) -> dict[str, object]:
    """Give every parameter as it is written into a plan."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in dataclasses.asdict(parameters).items()
    }


def _override(area: Area) -> dict[str, str] | None:
    if area.month_only is None:
        return None
    return {"reason": area.month_only.reason, "by": area.month_only.by}


def library_versions() -> dict[str, str]:
    """Give the versions of what changes results."""
    names = ("numpy", "scipy", "numba", "pandas", "geopandas", "shapely", "osmnx", "ortools")
    return {
        "safer-corridors": __version__,
        "python": platform.python_version(),
        "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
        **{name: version(name) for name in names},
    }
