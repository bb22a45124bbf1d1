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
from corridors.pipeline.asking import Asked, ask_patrols
from corridors.pipeline.corridors import Proposed, propose_corridors
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.pipeline.staffing import staff_week
from corridors.pipeline.stages import Stages
from corridors.planning.patrols import make_patrols, make_unmet
from corridors.planning.protocol import all_agreed, make_protocols
from corridors.planning.replanning import plan_changes
from corridors.planning.roster import RosterResult
from corridors.sources.last_plan import LastPlan

OLD_EVIDENCE_DAYS = 180
"""Evidence that ends longer than this before the week is called old; nothing else follows."""

__all__ = ["library_versions", "make_plan", "parameters_record"]


def make_plan(
    tables: Tables,
    scored: Scored,
    week: date,
    issued_on: date,
    stages: Stages,
    last: LastPlan | None = None,
) -> Plan:
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
    last
        The plan that this one follows or replaces: as little as possible changes.
    """
    with stages.stage("corridors", "Describing the corridors"):
        found = propose_corridors(tables, scored, week)
        asked = ask_patrols(tables, scored, found, week)
    proposed = {
        corridor.corridor_id: corridor
        for result in asked.results
        if result.corridor_id and (corridor := found.corridors[result.school_id])
    }
    with stages.stage("roster", "Staffing the patrols"):
        roster, curve = staff_week(tables, scored, asked, proposed, last)
        patrols, protocols = _describe(
            tables, asked, roster, proposed, _need_of(scored, found), issued_on
        )
    area = tables.area
    # Each once: two schools may share one.
    candidates = {corridor.corridor_id: corridor for corridor in found.corridors.values()}
    plan = Plan(
        area=area.name,
        week=week,
        timezone=area.timezone,
        status=_status(protocols),
        issued_on=issued_on,
        basis=str(scored.base.basis),
        schools=tuple(_staffed(result, patrols) for result in asked.results),
        corridors=tuple(proposed[key] for key in sorted(proposed)),
        candidates=tuple(corridor for key, corridor in candidates.items() if key not in proposed),
        patrols=patrols,
        unmet=make_unmet(asked.demands, roster),
        protocols=protocols,
        notes=(
            *tables.notes,
            *_evidence_notes(scored, week),
            *found.notes,
            *asked.notes,
            *(roster.notes if asked.demands else ()),
            *(last.notes if last else ()),
        ),
        trade_off=curve,
        roster_stages=roster.roster_stages,
        cancelled=asked.cancelled,
        parameters=parameters_record(scored.base.parameters),
        inputs=tables.hashes,
        versions=library_versions(),
        override=_override(area) if scored.base.basis is Basis.ALL_HOURS else None,
        replaces=last.sha256 if last else None,
    )
    if last is None:
        return plan
    return dataclasses.replace(plan, changes=plan_changes(last.document, plan))


def _describe(
    tables: Tables,
    asked: Asked,
    roster: RosterResult,
    proposed: Mapping[str, Corridor],
    need: Mapping[str, Mapping[str, float]],
    issued_on: date,
) -> tuple[tuple[Patrol, ...], tuple[Protocol, ...]]:
    """Describe the staffed patrols, and write the protocol of each that has no police."""
    reference, area = tables.reference, tables.area
    patrols = make_patrols(
        asked.demands,
        roster,
        proposed,
        need,
        reference.aims,
        area.parameters,
        segments=_ends(tables),
        reasons=asked.reasons,
    )
    protocols = make_protocols(
        patrols,
        reference.aims,
        reference.roles,
        reference.protocol,
        area.agreements,
        issued_on=issued_on,
    )
    return patrols, protocols


def _ends(tables: Tables) -> dict[str, tuple[int, int, float]]:
    """Give the end nodes and the length of every segment, by its id."""
    segments = tables.network.segments
    columns = (segments["segment_id"], segments["u"], segments["v"], segments["length_m"])
    return {str(i): (int(u), int(v), float(m)) for i, u, v, m in zip(*columns, strict=True)}


def _need_of(scored: Scored, found: Proposed) -> dict[str, dict[str, float]]:
    """Give the need of each corridor's segments, by corridor and segment id."""
    ids = scored.base.network.segment_ids
    row_of = {result.school_id: row for row, result in enumerate(found.results)}
    need: dict[str, dict[str, float]] = {}
    for school_id, corridor in found.corridors.items():
        evidence, settled = scored.schools[row_of[school_id]], found.settled[school_id]
        by_id = zip(ids[settled.tree.segment], evidence.need, strict=True)
        own = {str(segment): float(value) for segment, value in by_id}
        here = need.setdefault(corridor.corridor_id, dict.fromkeys(corridor.segment_ids, 0.0))
        for segment in corridor.segment_ids:
            # What two schools share counts as the one that needs it more.
            here[segment] = max(here[segment], own.get(segment, 0.0))
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
    notes.append(scored.footfall.note)
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
