"""Posts of the roster, and which post can be on which patrol at all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from corridors.domain.calendar import WEEKDAYS
from corridors.domain.vocabulary import PolicePresence
from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

    from corridors.domain.plan import Aim, Role
    from corridors.planning.week import PatrolDemand

__all__ = ["Mix", "Post", "can_join", "conflict_pairs", "mix_of", "posts_from_table", "span_min"]

_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Post:
    """One post of the roster: never a person."""

    post_id: str
    role: str
    organisation: str
    police: bool
    school_ids: tuple[str, ...]
    """Schools it is tied to; empty: any."""
    weekdays: tuple[int, ...]
    """Monday is 0."""
    from_min: int
    """Minutes after midnight, local."""
    to_min: int
    walks_with_police: bool
    max_patrols_week: int
    school_linked: bool = False


@dataclass(frozen=True, slots=True)
class Mix:
    """What one aim asks of a patrol, with the roles' rules worked in."""

    roles: frozenset[str]
    """Roles that may be there at all."""
    leads: tuple[str, ...]
    """Roles that may lead, most suitable first."""
    groups: tuple[frozenset[str], ...]
    """One role out of each must be there."""
    counted: frozenset[str]
    """Roles that count towards the least number of posts: not police, unless enforcement."""
    police_roles: frozenset[str]
    min_posts: int
    max_police: int
    """Police posts at most: as many as the aim names, never more to make up numbers."""
    max_posts: int
    """More are never needed to meet the mix."""

    def is_met(self, present: Sequence[str], *, any_police: bool = False) -> bool:
        """Tell whether posts of these roles are a team.

        With `any_police` the most police posts are not looked at: whether a team is among them.
        """
        n_police = sum(role in self.police_roles for role in present)
        return (
            all(group.intersection(present) for group in self.groups)
            and any(role in self.leads for role in present)
            and sum(role in self.counted for role in present) >= self.min_posts
            and (any_police or n_police <= self.max_police)
        )

    def least_posts(self) -> int:
        """Give the size of the smallest team, whoever is available; 0 where there is none."""
        return min((len(team) for team in self._teams()), default=0)

    def least_police(self) -> int:
        """Give the fewest police posts of any team; 0 where there is none."""
        return min((sum(r in self.police_roles for r in team) for team in self._teams()), default=0)

    def _teams(self) -> Iterator[tuple[str, ...]]:
        for size in range(self.min_posts, self.max_posts + 1):
            yield from filter(self.is_met, combinations_with_replacement(sorted(self.roles), size))


def mix_of(aim: Aim, roles: Mapping[str, Role]) -> Mix:
    """Work out who may, must and can lead.

    Police roles are kept only where the aim needs police, and only those that a needed group (or,
    under enforcement, the lead) names; what is unsuitable is never there.
    """
    police = {role_id for role_id, role in roles.items() if role.police}
    named = {role for group in aim.needed for role in group}
    allowed = ((named | set(aim.welcome) | set(aim.lead_roles)) & set(roles)) - set(aim.unsuitable)
    if aim.police is not PolicePresence.NEEDED:
        allowed -= police
    # In a group of police and other roles police would stand in: the other roles decide.
    groups = tuple(
        frozenset((set(group) & allowed) - police or set(group) & allowed) for group in aim.needed
    )
    police_groups = [group for group in groups if group & police]
    asked_police = frozenset(police).intersection(
        frozenset().union(*police_groups), allowed
    ) | frozenset(police & allowed & set(aim.lead_roles) if aim.enforcement else ())
    kept = frozenset(allowed - police) | asked_police
    return Mix(
        roles=kept,
        leads=tuple(
            role
            for role in aim.lead_roles
            if role in kept and roles[role].may_lead and (aim.enforcement or role not in police)
        ),
        groups=groups,
        counted=frozenset(kept if aim.enforcement else kept - police),
        police_roles=frozenset(kept & police),
        min_posts=max(aim.min_posts, 2),
        max_police=max(aim.min_posts, 2) if aim.enforcement else len(police_groups),
        max_posts=max(aim.min_posts, 2) + len(groups) + 1,
    )


def posts_from_table(table: pd.DataFrame, roles: Mapping[str, Role]) -> tuple[Post, ...]:
    """Make posts of a roster table.

    Parameters
    ----------
    table
        `corridors.domain.tables.ROSTER`, one row a post.
    roles
        Role by id.

    Returns
    -------
    tuple of Post
        In order of post id.

    Raises
    ------
    BadInput
        A post listed twice, an unknown role or weekday: all of them at once.
    """
    problems = []
    n_twice = int(table["post_id"].duplicated().sum())
    if n_twice:
        problems.append(
            Problem("roster.post_id", f"{n_twice} rows repeat a post.", "List each post once.")
        )
    n_odd = int((~table["role"].isin(list(roles))).sum())
    if n_odd:
        known = ", ".join(sorted(roles))
        problems.append(
            Problem("roster.role", f"{n_odd} rows have an unknown role.", f"Use one of: {known}.")
        )
    day_lists = [_split(days) for days in table["weekdays"]]
    n_odd = sum(not set(days) <= set(WEEKDAYS) for days in day_lists)
    if n_odd:
        problems.append(
            Problem("roster.weekdays", f"{n_odd} rows have an unknown day.", "Use mon;tue;...")
        )
    if problems:
        raise BadInput(problems)
    rows = zip(table.to_dict("records"), day_lists, strict=True)
    posts = [
        Post(
            post_id=str(row["post_id"]),
            role=str(row["role"]),
            organisation=str(row["organisation"]),
            police=roles[row["role"]].police,
            school_ids=_split(row["school_ids"]),
            weekdays=tuple(sorted({WEEKDAYS.index(day) for day in days})),
            from_min=int(row["from_min"]),
            to_min=int(row["to_min"]),
            walks_with_police=bool(row["walks_with_police"]),
            max_patrols_week=int(row["max_patrols_week"]),
            school_linked=roles[row["role"]].school_linked,
        )
        for row, days in rows
    ]
    return tuple(sorted(posts, key=lambda post: post.post_id))


def can_join(
    demands: Sequence[PatrolDemand],
    posts: Sequence[Post],
    mixes: Mapping[str, Mix],
) -> NDArray[np.bool_]:
    """Tell which post could be on which patrol, other patrols apart.

    Role, availability, school ties and refusals. A refusal needs no rule for pairs: police posts
    are only on patrols whose mix names a police role, and who refuses police is kept off those.

    Returns
    -------
    ``(n_demands, n_posts)`` bool
    """
    if not demands or not posts:
        return np.zeros((len(demands), len(posts)), dtype=np.bool_)
    by_role = {
        name: np.array([name in mixes[d.aim_id].roles for d in demands])
        for name in {post.role for post in posts}
    }
    start, end = span_min(demands)
    weekday = np.array([d.starts_at.weekday() for d in demands])
    with_police = np.array([bool(mixes[d.aim_id].police_roles) for d in demands])
    school = np.array([d.school_id for d in demands])
    day_start = start % _DAY_MIN
    day_end = day_start + (end - start)
    joins = np.empty((len(demands), len(posts)), dtype=np.bool_)
    for column, post in enumerate(posts):
        ok = by_role[post.role] & np.isin(weekday, post.weekdays)
        ok &= (day_start >= post.from_min) & (day_end <= post.to_min)
        if post.school_ids:
            ok &= np.isin(school, post.school_ids)
        if not post.walks_with_police:
            ok &= ~with_police
        joins[:, column] = ok & (post.max_patrols_week > 0)
    return joins


def conflict_pairs(demands: Sequence[PatrolDemand], travel_min: int) -> NDArray[np.bool_]:
    """Tell which patrols nobody can walk both of: they overlap, or are too far apart in place.

    Returns
    -------
    ``(n_demands, n_demands)`` bool
        Symmetric, False on the diagonal.
    """
    start, end = span_min(demands)
    corridor = np.array([d.corridor_id for d in demands])
    slack = np.where(corridor[:, None] == corridor[None, :], 0, travel_min)
    clash = (start[:, None] < end[None, :] + slack) & (start[None, :] < end[:, None] + slack)
    np.fill_diagonal(clash, val=False)
    return clash


def span_min(demands: Sequence[PatrolDemand]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give local wall-clock minutes of starts and ends, counted from a common midnight.

    Availability is given in local time of day, and clocks change at night, when nobody walks.
    """
    start = [d.starts_at.toordinal() * _DAY_MIN + _of_day(d.starts_at) for d in demands]
    end = [d.ends_at.toordinal() * _DAY_MIN + _of_day(d.ends_at) for d in demands]
    return np.array(start, dtype=np.int64), np.array(end, dtype=np.int64)


def _of_day(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _split(text: object) -> tuple[str, ...]:
    """Split a list separated by semicolons; a blank or missing cell is empty."""
    if not isinstance(text, str):
        return ()
    return tuple(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))
