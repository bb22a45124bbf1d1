"""Who walked what in the plan that a new one follows or replaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.planning.posts import Post
    from corridors.planning.week import PatrolDemand

__all__ = ["LastPlace", "LastRoster", "monday_of", "roster_of_document"]


@dataclass(frozen=True, slots=True)
class LastPlace:
    """One post on one patrol of the last plan."""

    post_id: str
    corridor_id: str
    school_id: str
    on: date


@dataclass(frozen=True, slots=True)
class LastRoster:
    """The roster of the last plan."""

    week: date
    """The Monday."""
    places: frozenset[LastPlace]

    def before(
        self, demands: Sequence[PatrolDemand], posts: Sequence[Post]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Find the last plan's staffing of the same patrols.

        The same patrol is the one of this corridor and school on the same date, or on the same
        weekday where the last plan is of another week.

        Returns
        -------
        was_walked : ``(n_demands,)`` bool
            The patrol was in the last plan.
        before : ``(n_demands, n_posts)`` bool
            This post was on it.
        """
        same_week = bool(demands) and monday_of(demands) == self.week
        keys = [_key(d.corridor_id, d.school_id, d.starts_at.date(), same_week) for d in demands]
        was = {_key(p.corridor_id, p.school_id, p.on, same_week) for p in self.places}
        on = {(_key(p.corridor_id, p.school_id, p.on, same_week), p.post_id) for p in self.places}
        before = [[(key, post.post_id) in on for post in posts] for key in keys]
        return (
            np.array([key in was for key in keys], dtype=np.bool_),
            np.array(before, dtype=np.bool_).reshape(len(demands), len(posts)),
        )

    def knows(self, demands: Sequence[PatrolDemand], posts: Sequence[Post]) -> NDArray[np.bool_]:
        """Tell which post walked which patrol's corridor: ``(n_demands, n_posts)`` bool."""
        pairs = {(place.corridor_id, place.post_id) for place in self.places}
        found = [[(d.corridor_id, post.post_id) in pairs for post in posts] for d in demands]
        return np.array(found, dtype=np.bool_).reshape(len(demands), len(posts))


def monday_of(demands: Sequence[PatrolDemand]) -> date:
    """Give the Monday of the week of the first patrol."""
    day = min(demand.starts_at for demand in demands).date()
    return day - timedelta(days=day.weekday())


def roster_of_document(document: Mapping[str, Any]) -> LastRoster:
    """Take the roster out of a parsed plan.

    Parameters
    ----------
    document
        ``plan.json`` of schema 1.x, checked by whoever read it.
    """
    return LastRoster(
        date.fromisoformat(document["week"]),
        frozenset(
            LastPlace(
                post["post_id"],
                patrol["corridor_id"],
                patrol["school_id"],
                datetime.fromisoformat(patrol["starts_at"]).date(),
            )
            for patrol in document["patrols"]
            for post in patrol["posts"]
        ),
    )


def _key(
    corridor_id: str,
    school_id: str,
    day: date,
    same_week: bool,  # noqa: FBT001
) -> tuple[str, str, date | int]:
    return corridor_id, school_id, day if same_week else day.weekday()
