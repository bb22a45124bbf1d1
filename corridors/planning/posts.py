"""Posts of the roster, and which post can be on which patrol at all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from corridors.domain.calendar import WEEKDAYS
from corridors.domain.vocabulary import PolicePresence
from corridors.errors import BadInput, Problem
from corridors.planning.roster_times import DAY_MIN, span_min

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from corridors.domain.area import Absence
    from corridors.domain.plan import Aim, Role
    from corridors.planning.week import PatrolDemand

__all__ = ["Mix", "Post", "can_join", "mix_of", "posts_from_table"]


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
    refuses: tuple[str, ...] = ()
    """Posts, roles or organisations, or ``police``, that it does not walk beside."""
    walks_only_with: tuple[str, ...] = ()
    """Posts, roles or organisations, one of which must walk beside it."""


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
        `corridors.domain.tables.ROSTER`, one row a post. ``refuses`` and ``walks_only_with``, lists
        separated by semicolons, may be absent.
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
            refuses=_split(row.get("refuses")),
            walks_only_with=_split(row.get("walks_only_with")),
        )
        for row, days in rows
    ]
    return tuple(sorted(posts, key=lambda post: post.post_id))


def can_join(
    demands: Sequence[PatrolDemand],
    posts: Sequence[Post],
    mixes: Mapping[str, Mix],
    absences: Iterable[Absence] = (),
) -> NDArray[np.bool_]:
    """Tell which post could be on which patrol, other patrols and other posts apart.

    Role, availability, absences and school ties. An absence of a post that is not on the roster
    changes nothing.

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
    day = np.array([d.starts_at.toordinal() for d in demands])
    school = np.array([d.school_id for d in demands])
    day_start = start % DAY_MIN
    day_end = day_start + (end - start)
    away: dict[str, NDArray[np.bool_]] = {}
    for absence in absences:
        is_away = (day >= absence.first.toordinal()) & (day <= absence.last.toordinal())
        away[absence.post_id] = away.get(absence.post_id, np.zeros(len(day), np.bool_)) | is_away
    joins = np.empty((len(demands), len(posts)), dtype=np.bool_)
    for column, post in enumerate(posts):
        ok = by_role[post.role] & np.isin(weekday, post.weekdays)
        ok &= (day_start >= post.from_min) & (day_end <= post.to_min)
        if post.school_ids:
            ok &= np.isin(school, post.school_ids)
        if post.post_id in away:
            ok &= ~away[post.post_id]
        # A police post marked so refuses itself.
        refuses_itself = post.police and not post.walks_with_police
        joins[:, column] = ok & (post.max_patrols_week > 0) & (not refuses_itself)
    return joins


def _split(text: object) -> tuple[str, ...]:
    """Split a list separated by semicolons; a blank or missing cell is empty."""
    if not isinstance(text, str):
        return ()
    return tuple(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))
