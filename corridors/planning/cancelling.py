"""What a person cancelled: a patrol that the evidence asks for and that does not take place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from corridors.domain.plan_parts import CancelledPatrol
from corridors.planning.week import DAY_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from corridors.domain.area import Cancellation
    from corridors.domain.plan import Corridor
    from corridors.planning.week import PatrolDemand

__all__ = ["cancel_demands", "cancellation_notes"]


def cancel_demands(
    demands: Sequence[PatrolDemand],
    corridor: Corridor,
    cancellations: Iterable[Cancellation],
) -> tuple[tuple[PatrolDemand, ...], tuple[CancelledPatrol, ...]]:
    """Take the cancelled patrols out of those that one corridor asks for.

    Parameters
    ----------
    demands
        Of the corridor.
    corridor
        A shared one is walked for all its schools: cancelled for one, it is for all.
    cancellations
        All of the area's.

    Returns
    -------
    kept, cancelled
        In the order of the demands.
    """
    by_day = {one.on: one for one in cancellations if one.school_id in corridor.school_ids}
    kept = tuple(one for one in demands if one.starts_at.date() not in by_day)
    cancelled = tuple(
        CancelledPatrol(
            corridor.corridor_id,
            corridor.school_ids,
            demand.starts_at,
            demand.ends_at,
            by_day[demand.starts_at.date()].reason,
            by_day[demand.starts_at.date()].by,
        )
        for demand in demands
        if demand.starts_at.date() in by_day
    )
    return kept, cancelled


def cancellation_notes(
    cancelled: Iterable[CancelledPatrol], cancellations: Iterable[Cancellation], week: date
) -> tuple[str, ...]:
    """Say which cancellations of the week met no patrol; the others stand in the plan."""
    met = {(school, one.starts_at.date()) for one in cancelled for school in one.school_ids}
    return tuple(
        f"{one.school_id}: nothing to cancel on {DAY_NAMES[one.on.weekday()]} {one.on:%d %B %Y}."
        for one in cancellations
        if week <= one.on < week + timedelta(days=7) and (one.school_id, one.on) not in met
    )
