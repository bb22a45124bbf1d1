"""Why a patrol has no team, and what would help: in words, for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.planning.roster_case import NO_CAP
from corridors.planning.roster_rules import role_words
from corridors.planning.roster_teams import free_posts
from corridors.planning.week import DAY_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from corridors.domain.plan import Role
    from corridors.planning.roster_case import RosterCase

__all__ = ["Shortfall", "explain_missing"]

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What one patrol lacks."""

    missing: tuple[str, ...]
    """Roles, groups of roles or leads that are missing, in words."""
    would_help: str
    clash: tuple[str, ...] = ()
    """The smallest set of patrols and rules that cannot all hold, in words; may name posts."""
    clash_patrols: tuple[str, ...] = ()
    """Ids of the patrols in it, this one among them."""


def explain_missing(
    case: RosterCase, chosen: NDArray[np.bool_], row: int, roles: Mapping[str, Role]
) -> Shortfall:
    """Name what keeps one patrol from being staffed, given who walks the others.

    Parameters
    ----------
    case, chosen
        The roster as solved.
    row
        A patrol without a team.
    roles
        For their names.
    """
    mix = case.mixes[row]
    free = free_posts(case, chosen, row)
    free_roles = {post.role for post, is_free in zip(case.posts, free, strict=True) if is_free}
    missing: list[str] = []
    helps: list[str] = []

    def lacks(wanted: Collection[str], n_wanted: int, label: str) -> None:
        has_role = np.array([post.role in wanted for post in case.posts], dtype=np.bool_)
        n_free = int((free & has_role).sum())
        if n_free >= n_wanted:
            return
        why, would_help = _reason(case, chosen, row, has_role, role_words(wanted, roles))
        missing.append(f"{label}: {why}")
        if would_help not in helps:
            helps.append(would_help)

    for group in mix.groups:
        lacks(group, 1, role_words(group, roles) if group else "a role that may be on this patrol")
    # A group that is missing and can only be led by itself says it already.
    if not any(group <= set(mix.leads) and not free_roles & group for group in mix.groups):
        lacks(mix.leads, 1, f"somebody to lead ({role_words(mix.leads, roles)})")
    if not missing:
        counted = "posts besides police" if mix.police_roles - mix.counted else "posts"
        lacks(mix.counted, mix.min_posts, f"{_number(mix.min_posts)} {counted}, never alone")
    if not missing:
        missing.append(f"a full team at the same time: {_why_no_team(case, free, row)}")
        helps.append("One more post of the roles that this aim needs, at this hour.")
    return Shortfall(tuple(missing), " Or: ".join(helps))


def _why_no_team(case: RosterCase, free: NDArray[np.bool_], row: int) -> str:
    apart = bool(case.bonds.apart[np.ix_(free, free)].any())
    paired = any(case.bonds.mates[column] for column in np.flatnonzero(free))
    spent_min = case.police_cap - case.base_police_min
    if case.least_police[row] and spent_min < NO_CAP // 2:
        return "those who are free cannot make up the mix within the police minutes allowed"
    if apart or paired:
        rule = "do not walk beside each other" if apart else "walk only beside somebody else"
        return f"of those who are free some {rule}, and the others cannot make up the mix"
    return "those who are free cannot make up the mix"


def _reason(
    case: RosterCase,
    chosen: NDArray[np.bool_],
    row: int,
    has_role: NDArray[np.bool_],
    names: str,
) -> tuple[str, str]:
    """Follow the rules in order until nobody of the role is left, and say at which."""
    demand = case.demands[row]
    day = DAY_NAMES[demand.starts_at.weekday()]
    hours = f"{demand.starts_at:%H:%M} to {demand.ends_at:%H:%M}"
    if not has_role.any():
        return "nobody on the roster holds this role", f"A post on the roster: {names}."
    able = case.joins[row] & has_role
    if able.any():
        return _taken(case, chosen, row, able, f"({names}) on {day} from {hours}")
    held = [post for post, holds in zip(case.posts, has_role, strict=True) if holds]
    tied_here = [p for p in held if not p.school_ids or demand.school_id in p.school_ids]
    if not tied_here:
        return "all who hold it are tied to other schools", f"A post for this school: {names}."
    if case.mixes[row].police_roles and not any(post.walks_with_police for post in tied_here):
        return (
            "none who hold it and may come to this school walk with police, as the aim needs",
            f"A post ({names}) that walks with police, or another aim for this corridor.",
        )
    if (case.able[row] & has_role).any():
        why = (
            "do not walk beside the others who are needed, or only beside somebody who is not there"
        )
        return (
            f"those who could come {why}",
            f"A post ({names}) that walks with them, or another aim for this corridor.",
        )
    return (
        f"nobody who holds it is available on {day} from {hours}",
        f"A post ({names}) available on {day} from {hours}.",
    )


def _taken(
    case: RosterCase, chosen: NDArray[np.bool_], row: int, able: NDArray[np.bool_], wanted: str
) -> tuple[str, str]:
    """Say what those do who could come: there are too few of them, or none is left."""
    n_able, n_free = int(able.sum()), int((free_posts(case, chosen, row) & able).sum())
    one_more = f"One more post {wanted}"
    if n_free == n_able:
        return f"only {_number(n_free)} can come", f"{one_more}."
    busy = chosen[case.clash[row]].any(axis=0)[able]
    full = (chosen.sum(axis=0) + case.base_load >= case.max_patrols)[able]
    on_day = chosen[case.day == case.day[row]].sum(axis=0) + case.base_day[:, case.day[row]]
    done = (on_day >= case.max_patrols_day)[able] & ~busy & ~full
    who = "the only one who can come" if n_able == 1 else f"of {_number(n_able)} who can come"
    parts = [
        f"{'' if n_able == 1 else _number(n) + ' '}{words}"
        for n, words in (
            (int(busy.sum()), "on another patrol then"),
            (int((full & ~busy).sum()), "with a full week"),
            (int(done.sum()), "with as many patrols that day as allowed"),
            (n_able - n_free - int((busy | full | done).sum()), "at as many schools as allowed"),
            (n_free, "left"),
        )
        if n > 0
    ]
    helps = f"{one_more}, or more patrols a week for others." if full.any() else f"{one_more}."
    return f"{who}: {', '.join(parts)}", helps


def _number(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)
