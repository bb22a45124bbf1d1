"""The one door: an exact, internal plan goes in, and comes out as what may leave.

What never passes: counts and p-values, posts, dwells, the order of a walk, protocols and who
agreed them, the name and the words of whoever decided an override, candidates, free notes, and
anything that rests on fewer than ``min_count`` incidents. Sentences about results are not passed
through but chosen from a fixed table (`corridors.outputs.release_words`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from corridors.domain.released import (
    ATTRIBUTION,
    ReleasedCancellation,
    ReleasedCorridor,
    ReleasedPatrol,
    ReleasedPlan,
    ReleasedRole,
    ReleasedSchool,
)
from corridors.domain.vocabulary import Basis, Outcome, PlanStatus, PolicePresence
from corridors.errors import ReleaseError
from corridors.outputs.release_check import check_released
from corridors.outputs.release_streets import (
    Projector,
    join_lines,
    release_bands,
    release_base,
    release_labels,
)
from corridors.outputs.release_words import DRAFT_REASONS, NOTES, WITHHELD, public_reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from corridors.domain.network import StreetNetwork
    from corridors.domain.plan import Aim, Corridor, Patrol, Plan, Role
    from corridors.domain.released import ReleasedBand

__all__ = ["check_released", "release_plan"]


def release_plan(  # noqa: PLR0913 -- the one door asks for everything it needs
    plan: Plan,
    network: StreetNetwork,
    gates: Mapping[str, tuple[float, float]],
    roles: Mapping[str, Role],
    aims: Mapping[str, Aim],
    *,
    segment_intensity: NDArray[np.float64],
    segment_support: NDArray[np.float64],
    covered: NDArray[np.bool_],
    crs: str,
    version: int = 1,
    attribution: str = ATTRIBUTION,
) -> ReleasedPlan:
    """Make what may leave out of an internal plan.

    Parameters
    ----------
    plan
        The exact plan. Its ``parameters`` hold ``min_count`` and ``notice_lead_days``.
    network
        The streets, in ``crs``.
    gates
        School id to easting and northing in ``crs``; a school that is missing gets no point.
    roles, aims
        The reference records, by id.
    segment_intensity
        ``(n_segments,)``; only its order is used, and only for month-only areas.
    segment_support
        ``(n_segments,)`` incidents within reach of each segment.
    covered
        ``(n_segments,)`` whether the sources have data there at all.
    crs
        The area's projected CRS.
    version
        Of the notices.
    attribution
        Whose streets they are.

    Raises
    ------
    ReleaseError
        When the arrays do not fit the network, a parameter is missing, or the result would hold
        something that must not leave.
    """
    is_covered = np.asarray(covered, bool)
    support, intensity = np.asarray(segment_support, float), np.asarray(segment_intensity, float)
    _check_fit(network, segment_intensity=intensity, segment_support=support, covered=is_covered)
    min_count = _parameter(plan, "min_count")
    projector = Projector(crs)
    rows = dict(zip(network.segments["segment_id"], range(network.n_segments), strict=True))
    enough = _corridors_on_enough(plan, min_count)
    # To show a street where nobody will walk would only mark it.
    walked = {patrol.corridor_id for patrol in plan.patrols}
    shown = {key: corridor for key, corridor in enough.items() if key in walked}
    patrols = tuple(
        _release_patrol(patrol, plan, shown[patrol.corridor_id], roles, aims)
        for patrol in sorted(plan.patrols, key=lambda p: (p.starts_at, p.patrol_id))
        if patrol.corridor_id in shown
    )
    bands: tuple[ReleasedBand, ...] = ()
    if plan.basis == Basis.ALL_HOURS:
        bands = release_bands(network, projector, intensity, is_covered & (support >= min_count))
    is_draft, draft_reason = _draft(plan)
    lead_days = _parameter(plan, "notice_lead_days")
    lines = network.segments.geometry.to_numpy()
    base = release_base(network, projector)
    released = ReleasedPlan(
        area=plan.area,
        week=plan.week,
        timezone=plan.timezone,
        issued_on=plan.issued_on,
        is_draft=is_draft,
        draft_reason=draft_reason,
        basis=str(plan.basis),
        is_short_notice=any(
            (patrol.starts_at.date() - plan.issued_on).days < lead_days for patrol in patrols
        ),
        schools=_release_schools(plan, gates, projector, enough),
        corridors=tuple(
            _release_corridor(corridor, plan, network, rows, projector)
            for _, corridor in sorted(shown.items())
        ),
        patrols=patrols,
        n_uncovered=int((~is_covered).sum()),
        streets=join_lines([one.geometry for one in base]),
        bands=bands,
        notes=_notes(plan, is_covered, is_withheld=len(enough) < len(plan.corridors)),
        attribution=attribution,
        base=base,
        labels=release_labels(network, projector),
        unknown=projector.lines(lines[~is_covered]),
        version=version,
        notice_lead_days=lead_days,
        cancelled=_release_cancelled(plan, enough),
    )
    check_released(released)
    return released


def _check_fit(network: StreetNetwork, **arrays: NDArray[np.generic]) -> None:
    for name, array in arrays.items():
        if array.shape != (network.n_segments,):
            raise ReleaseError(f"{name}: one value a segment is needed")


def _parameter(plan: Plan, name: str) -> int:
    value = plan.parameters.get(name)
    if not isinstance(value, int):
        raise ReleaseError(f"the plan records no {name}, so nothing can be released")
    return value


def _corridors_on_enough(plan: Plan, min_count: int) -> dict[str, Corridor]:
    """Keep the corridors that rest on enough incidents. What is not known is not enough."""
    n_of: dict[str, int] = {}
    for school in plan.schools:
        if school.corridor_id is not None and school.n is not None:
            n_of[school.corridor_id] = max(school.n, n_of.get(school.corridor_id, 0))
    return {
        corridor.corridor_id: corridor
        for corridor in plan.corridors
        if n_of.get(corridor.corridor_id, 0) >= min_count
    }


def _draft(plan: Plan) -> tuple[bool, str]:
    agreed = {protocol.protocol_id for protocol in plan.protocols if protocol.is_agreed}
    for patrol in plan.patrols:
        needs_protocol = patrol.protocol_id is not None or patrol.police != PolicePresence.NEEDED
        if needs_protocol and patrol.protocol_id not in agreed:
            return True, DRAFT_REASONS["protocol"]
    if plan.status == PlanStatus.DRAFT:
        return True, DRAFT_REASONS["status"]
    return False, ""


def _notes(plan: Plan, covered: NDArray[np.bool_], *, is_withheld: bool) -> tuple[str, ...]:
    said = {
        "where_only": plan.basis == Basis.ALL_HOURS,
        "override": plan.override is not None,
        "uncovered": not bool(np.all(covered)),
        "withheld": is_withheld,
    }
    return tuple(NOTES[key] for key, holds in said.items() if holds)


def _release_schools(
    plan: Plan,
    gates: Mapping[str, tuple[float, float]],
    projector: Projector,
    enough: Mapping[str, Corridor],
) -> tuple[ReleasedSchool, ...]:
    schools = []
    proposed = (Outcome.PATROL, Outcome.UNCOVERED)
    for school in sorted(plan.schools, key=lambda s: (s.name, s.school_id)):
        is_withheld = school.outcome in proposed and school.corridor_id not in enough
        outcome = WITHHELD if is_withheld else str(school.outcome)
        gate = gates.get(school.school_id)
        schools.append(
            ReleasedSchool(
                school_id=school.school_id,
                name=school.name,
                outcome=outcome,
                reason=public_reason(
                    outcome, str(school.grade), by_decision=plan.override is not None
                ),
                point=None if gate is None else projector.point(*gate),
            )
        )
    return tuple(schools)


def _schools_of(corridor: Corridor, plan: Plan) -> tuple[str, ...]:
    named = set(corridor.school_ids) | {
        school.school_id for school in plan.schools if school.corridor_id == corridor.corridor_id
    }
    return tuple(sorted(named))


def _release_corridor(
    corridor: Corridor,
    plan: Plan,
    network: StreetNetwork,
    rows: Mapping[str, int],
    projector: Projector,
) -> ReleasedCorridor:
    name_of = {school.school_id: school.name for school in plan.schools}
    school_ids = _schools_of(corridor, plan)
    # in the order of the network, not of the walk
    at = np.array(sorted(rows[segment_id] for segment_id in corridor.segment_ids), np.intp)
    return ReleasedCorridor(
        corridor_id=corridor.corridor_id,
        school_ids=school_ids,
        school_names=tuple(name_of.get(school_id, school_id) for school_id in school_ids),
        length_m=round(corridor.length_m),
        grade=str(corridor.grade),
        streets=tuple(dict.fromkeys(name for name in corridor.streets if name)),
        geometry=projector.lines(network.segments.geometry.to_numpy()[at]),
        labels=release_labels(network, projector, rows=at, min_length_m=25.0),
    )


def _local(at: datetime, timezone: str) -> datetime:
    return at.astimezone(ZoneInfo(timezone)).replace(second=0, microsecond=0)


def _release_cancelled(
    plan: Plan, enough: Mapping[str, Corridor]
) -> tuple[ReleasedCancellation, ...]:
    return tuple(
        ReleasedCancellation(
            tuple(sorted({*one.school_ids, *_schools_of(enough[one.corridor_id], plan)})),
            _local(one.starts_at, plan.timezone),
            _local(one.ends_at, plan.timezone),
        )
        for one in sorted(plan.cancelled, key=lambda one: (one.starts_at, one.corridor_id))
        if one.corridor_id in enough
    )


def _release_patrol(
    patrol: Patrol,
    plan: Plan,
    corridor: Corridor,
    roles: Mapping[str, Role],
    aims: Mapping[str, Aim],
) -> ReleasedPatrol:
    aim = aims[patrol.aim]
    present = sorted({post.role for post in patrol.posts}, key=lambda r: roles[r].name)
    if patrol.lead_role in present:
        present.remove(patrol.lead_role)
        present.insert(0, patrol.lead_role)
    return ReleasedPatrol(
        patrol_id=patrol.patrol_id,
        corridor_id=patrol.corridor_id,
        school_ids=tuple(sorted({patrol.school_id, *_schools_of(corridor, plan)})),
        starts_at=_local(patrol.starts_at, plan.timezone),
        ends_at=_local(patrol.ends_at, plan.timezone),
        aim=aim.name,
        aim_why=aim.why,
        lead_role=roles[patrol.lead_role].name,
        roles=tuple(
            ReleasedRole(roles[role].name, roles[role].does, roles[role].does_not)
            for role in present
        ),
        organisations=tuple(sorted({post.organisation for post in patrol.posts})),
        police=str(patrol.police),
        police_why=aim.police_why,
        has_protocol=patrol.protocol_id is not None,
    )
