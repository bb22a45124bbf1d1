"""The smallest set of patrols and rules that cannot all hold: why a patrol is not staffed.

Patrols come first: the fewest, the unmet one among them, that nobody can staff together. Then the
rules: each one without which the same patrols could be staffed after all.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from corridors.planning.roster_case import only_rows, part_of
from corridors.planning.roster_clash_rules import Allowance, clashing_rules, irreducible
from corridors.planning.roster_clash_words import say_clash, say_many
from corridors.planning.roster_model import RosterModel
from corridors.planning.roster_teams import could_be_team, staff_greedily

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.domain.plan import Role
    from corridors.planning.roster_case import RosterCase

    _Bound = cp_model.BoundedLinearExpression | bool
    _Total = Callable[[Iterable[tuple[int, int]]], cp_model.LinearExpr]

__all__ = ["Clash", "find_clash"]

_MOST_PAIRS = 1_500
"""Pairs of patrol and post up to which the whole week is looked at, and not the day alone."""
_MOST_PATROLS = 8
"""A clash of more patrols is no help to a person."""
_MOST_ROUNDS = 12
"""Rounds in which a smaller set is sought than the one that leaving out leaves."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Patrols and rules that cannot all hold, with nothing among them to spare."""

    demand_ids: tuple[str, ...]
    """In order of time; the unmet patrol is one of them."""
    words: tuple[str, ...]
    """One sentence each; posts are named."""
    is_smallest: bool
    """Whether it is shown that no fewer patrols clash."""


def find_clash(
    case: RosterCase,
    chosen: NDArray[np.bool_],
    row: int,
    roles: Mapping[str, Role],
    cliques: Sequence[Sequence[int]],
    allowance: Allowance,
) -> Clash | None:
    """Find why one patrol cannot be staffed beside those that are.

    Parameters
    ----------
    case, chosen
        The roster as solved.
    row
        A patrol without a team.
    roles
        For their names.
    cliques
        Of the case.
    allowance
        The work that the whole week has left for it.

    Returns
    -------
    Clash or None
        None where it is not shown within the work allowed that anything clashes.
    """
    week = sorted([row, *map(int, np.flatnonzero(chosen.any(axis=1)))])
    day = [one for one in week if case.day[one] == case.day[row]]
    looks = [[row], day]
    if int(case.joins[week].sum()) <= _MOST_PAIRS:
        looks.append(week)
    for rows in looks:
        if allowance.is_spent and len(rows) > 1:
            return None
        found = _clash_among(case, rows, row, roles, cliques, allowance)
        if found is not None and len(found.demand_ids) <= _MOST_PATROLS:
            return found
    if allowance.is_spent:
        return None
    # Too many at once to be of use to anybody: the day alone, with the others as they are planned.
    at = {one: place for place, one in enumerate(day)}
    inside = [[at[one] for one in clique if one in at] for clique in cliques]
    part = part_of(case, chosen, np.array(day))
    return _clash_among(part, list(range(len(day))), at[row], roles, inside, allowance)


def _clash_among(
    case: RosterCase,
    rows: Sequence[int],
    row: int,
    roles: Mapping[str, Role],
    cliques: Sequence[Sequence[int]],
    allowance: Allowance,
) -> Clash | None:
    """Find the clash among some patrols, or among as few of them as can be found."""
    look = _Look(case, cliques, allowance)
    core = look.core(rows)
    if core is None:
        return None
    if len(core) <= 2 * _MOST_PATROLS:
        core = irreducible(core, look.core, keep={row})
    core, is_smallest = _fewer(look, row, rows, core)
    part = only_rows(case, np.array(core))
    kept = clashing_rules(part, allowance) if len(core) <= _MOST_PATROLS else None
    words = say_many(part) if kept is None else say_clash(part, kept, roles)
    return Clash(tuple(case.demands[r].demand_id for r in core), words, is_smallest)


class _Look:
    """Whether some patrols can all be staffed, if no other is."""

    def __init__(
        self, case: RosterCase, cliques: Sequence[Sequence[int]], allowance: Allowance
    ) -> None:
        self.case, self._cliques, self.allowance = case, cliques, allowance

    def core(self, rows: Sequence[int]) -> list[int] | None:
        """Give patrols among these that clash; None where they do not, as far as is shown."""
        case = self.case
        able = {row: np.flatnonzero(case.joins[row]).tolist() for row in rows}
        hopeless = [row for row in rows if not could_be_team(case, row, able[row])]
        if hopeless:
            return hopeless[:1]
        if self.allowance.is_spent:
            return None
        self.allowance.spend_greedy(len(rows))
        if staff_greedily(only_rows(case, np.array(rows))).any(axis=1).all():
            return None
        rules, at = self._model(rows)
        literals = {rules.covered[at[row]].index: row for row in rows}
        rules.model.add_assumptions([rules.covered[at[row]] for row in rows])
        solver, status = self.allowance.solve(rules.model)
        if status != cp_model.INFEASIBLE:
            return None
        core = solver.sufficient_assumptions_for_infeasibility()
        return sorted(literals[index] for index in core) or list(rows)

    def left_out(self, must: Sequence[int], rows: Sequence[int]) -> set[int]:
        """Staff these and as many others as can be; give those that are left out."""
        rules, at = self._model(rows)
        for row in must:
            rules.model.add(rules.covered[at[row]] == 1)
        rules.model.maximize(cp_model.LinearExpr.sum(list(rules.covered.values())))
        solver, status = self.allowance.solve(rules.model)
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return set()
        walked = {int(row) for row in np.nonzero(rules.read(solver))[0]}
        return {row for row in rows if at[row] not in walked}

    def _model(self, rows: Sequence[int]) -> tuple[RosterModel, dict[int, int]]:
        at = {row: place for place, row in enumerate(rows)}
        inside = [[at[row] for row in clique if row in at] for clique in self._cliques]
        return RosterModel(only_rows(self.case, np.array(rows)), inside), at


def _fewer(look: _Look, row: int, among: Sequence[int], core: list[int]) -> tuple[list[int], bool]:
    """Look for a clash of fewer patrols than one that cannot be made smaller by leaving out.

    Whatever clashes with the unmet patrol has to hold one of the patrols that some good roster
    leaves out. The smallest set that holds one of each is looked at; either it clashes, or it shows
    another roster that leaves something out.
    """
    if len(core) > _MOST_PATROLS:
        return core, False
    rosters: list[set[int]] = []
    for _ in range(_MOST_ROUNDS):
        if len(core) <= 2:
            return core, True
        if look.allowance.is_scarce:
            break
        smaller = _smallest_hitting(rosters, len(core) - 2)
        if smaller is None:
            return core, True
        rows = sorted({row, *smaller})
        found = look.core(rows)
        if found is not None:
            return sorted({row, *found}), True
        out = look.left_out(rows, among) - {row}
        if not out:
            return core, False
        rosters.append(out)
    return core, False


def _smallest_hitting(sets: Sequence[set[int]], most: int) -> tuple[int, ...] | None:
    """Give the fewest items that meet every set, at most so many; None where none do."""
    items = sorted(set().union(*sets))
    for size in range(most + 1):
        for chosen in combinations(items, size):
            if all(not one.isdisjoint(chosen) for one in sets):
                return chosen
    return None
