"""What a roster reaches: each stage's value, and what bounds it without solving."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from corridors.planning.roster_teams import police_minutes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from corridors.planning.roster_case import RosterCase

__all__ = ["STAGE_WORDS", "Stage", "consecutive", "least_of_stages", "measure", "stage_names"]

STAGE_WORDS = {
    "need": "need covered",
    "police_min": "police minutes",
    "lost_patrols": "patrols of the last plan that are no longer walked",
    "extra_posts": "posts beyond the smallest teams",
    "changed_places": "places that change from the last plan",
    "spread": "even spread over posts",
    "travel_min": "minutes of travel between patrols of a day",
    "second_patrols": "second patrols of a post on one day",
    "new_places": "posts on corridors that they did not walk in the last plan",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One aim of the roster, in order: what was reached and what cannot be beaten."""

    name: str
    """A key of `STAGE_WORDS`. ``need`` is in steps, ``spread`` the sum over posts of their patrols
    squared."""
    value: int
    bound: int
    """No roster as good in the stages before has more need, or less of the others; from
    ``extra_posts`` on: no roster of the same patrols."""

    @property
    def is_optimal(self) -> bool:
        """Tell whether it is proven that this cannot be beaten."""
        return self.value == self.bound

    @property
    def gap(self) -> float:
        """Give the share by which the bound is better than the value."""
        return abs(self.bound - self.value) / max(abs(self.bound), abs(self.value), 1)


def stage_names(case: RosterCase) -> tuple[str, ...]:
    """List the stages of a roster in order."""
    asked = {
        "lost_patrols": case.is_replan,
        "changed_places": case.is_replan,
        "new_places": case.has_last,
    }
    return tuple(name for name in STAGE_WORDS if asked.get(name, True))


def measure(case: RosterCase, chosen: NDArray[np.bool_]) -> dict[str, int]:
    """Give the value of each stage for a roster."""
    covered = chosen.any(axis=1)
    load = chosen.sum(axis=0) + case.base_load
    by_day = case.base_day.copy()
    at_row, at_column = np.nonzero(chosen)
    np.add.at(by_day, (at_column, case.day[at_row]), 1)
    way = 0
    for column in np.flatnonzero((by_day > 1).any(axis=1)):
        way += sum(int(case.way_min[pair]) for pair in consecutive(case, chosen[:, column]))
    return {
        "need": int(case.value[covered].sum()),
        "police_min": police_minutes(case, chosen),
        "lost_patrols": int((case.was_walked & ~covered).sum()),
        "extra_posts": int(chosen.sum() - case.least_posts[covered].sum()),
        "changed_places": int(((chosen ^ case.before) & case.was_walked[:, None]).sum()),
        "spread": int((load**2).sum()),
        "travel_min": way,
        "second_patrols": int(np.maximum(by_day - 1, 0).sum()),
        "new_places": int((chosen & ~case.knows).sum()) if case.has_last else 0,
    }


def consecutive(case: RosterCase, walked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """List the patrols that one post walks one after the other on a day.

    Rows of a case are in order of time, and patrols of one post do not overlap.
    """
    rows = [int(row) for row in np.flatnonzero(walked)]
    return [(one, then) for one, then in pairwise(rows) if case.day[one] == case.day[then]]


def least_of_stages(case: RosterCase, chosen: NDArray[np.bool_]) -> dict[str, int]:
    """Bound each stage but the need without solving, for the patrols that a roster walks."""
    covered = np.asarray(chosen.any(axis=1), dtype=np.bool_)
    kept_at_best = case.before & case.joins & covered[:, None]
    return {
        "police_min": int((case.length_min * case.least_police)[covered].sum()),
        "lost_patrols": 0,
        "extra_posts": 0,
        "changed_places": int((case.before & ~kept_at_best)[case.was_walked].sum()),
        "spread": _least_spread(case, int(chosen.sum())),
        "travel_min": 0,
        "second_patrols": 0,
        "new_places": 0,
    }


def _least_spread(case: RosterCase, n_places: int) -> int:
    """Bound the sum of squares by the even division of all places over all posts."""
    n_posts = max(len(case.posts), 1)
    each, over = divmod(n_places, n_posts)
    return over * (each + 1) ** 2 + (n_posts - over) * each**2
