"""Abstraction cover: who steps in for each post of a patrol, and what falls away if nobody can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corridors.domain.plan_parts import (
    Cover,
)
from corridors.planning.roster_rules import role_words
from corridors.planning.roster_teams import free_posts, is_team

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from corridors.domain.plan import Role
    from corridors.planning.roster_case import RosterCase

__all__ = ["find_cover"]


def find_cover(
    case: RosterCase, chosen: NDArray[np.bool_], roles: Mapping[str, Role]
) -> dict[str, tuple[Cover, ...]]:
    """Find a stand-in for every post of every patrol, one call-away at a time.

    A stand-in is free then, keeps every rule, and leaves a whole team: police never stand in for
    another role, nor another role for police. Places with the fewest stand-ins choose first. A
    post that is not yet a stand-in at that time is taken before others, then the one with the
    fewest patrols and stand-ins, then the one of least use elsewhere, then the first by id.

    Parameters
    ----------
    case, chosen
        The roster as solved.
    roles
        For their names.

    Returns
    -------
    dict
        By demand id: one `Cover` for each post, in order of post id.
    """
    options: dict[tuple[int, int], list[int]] = {}
    for row in map(int, np.flatnonzero(chosen.any(axis=1))):
        members = [int(column) for column in np.flatnonzero(chosen[row])]
        free = np.flatnonzero(free_posts(case, chosen, row) & ~chosen[row])
        for column in members:
            rest = [c for c in members if c != column]
            options[row, column] = [int(c) for c in free if is_team(case, row, [*rest, int(c)])]
    stand_in = _share_out(case, chosen, options)
    covers: dict[str, list[Cover]] = {}
    for (row, column), found in stand_in.items():
        covers.setdefault(case.demands[row].demand_id, []).append(
            Cover(
                case.posts[column].post_id,
                None if found is None else case.posts[found].post_id,
                _falls_away(case, chosen, row, column, roles),
            )
        )
    return {
        demand_id: tuple(sorted(found, key=lambda cover: cover.post_id))
        for demand_id, found in covers.items()
    }


def _share_out(
    case: RosterCase,
    chosen: NDArray[np.bool_],
    options: Mapping[tuple[int, int], list[int]],
) -> dict[tuple[int, int], int | None]:
    n_options = np.zeros(len(case.posts), dtype=np.int64)
    for able in options.values():
        n_options[able] += 1
    load = chosen.sum(axis=0)
    on_call = np.zeros_like(chosen)
    found: dict[tuple[int, int], int | None] = {}
    for row, column in sorted(options, key=lambda place: (len(options[place]), place)):
        then = case.clash[row].copy()
        then[row] = True
        taken, times = on_call[then].any(axis=0), on_call.sum(axis=0)

        def rank(
            c: int, taken: NDArray[np.bool_] = taken, times: NDArray[np.int64] = times
        ) -> tuple[bool, int, int, int]:
            return bool(taken[c]), int(load[c] + times[c]), int(n_options[c]), c

        best = min(options[row, column], key=rank, default=None)
        found[row, column] = best
        if best is not None:
            on_call[row, best] = True
    return dict(sorted(found.items()))


def _falls_away(
    case: RosterCase,
    chosen: NDArray[np.bool_],
    row: int,
    column: int,
    roles: Mapping[str, Role],
) -> str:
    """Say what becomes of a patrol when one post is called away and nobody steps in."""
    mix = case.mixes[row]
    rest = [int(c) for c in np.flatnonzero(chosen[row]) if c != column]
    if is_team(case, row, rest):
        return "The others walk the patrol without it."
    present = [case.posts[c].role for c in rest]
    gone = "The patrol is not walked"
    for group in mix.groups:
        if not group & set(present):
            names = role_words(group, roles)
            needs = f"needs police ({names})" if group & mix.police_roles else f"needs a {names}"
            return f"{gone}: its aim {needs}."
    if not any(role in mix.leads for role in present):
        return f"{gone}: nobody else there may lead it."
    if sum(role in mix.counted for role in present) < mix.min_posts:
        others = " besides police" if mix.police_roles - mix.counted else ""
        return f"{gone}: fewer than {mix.min_posts} would walk{others}."
    return f"{gone}: those who are left do not walk without it."
