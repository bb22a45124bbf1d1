"""The rules between patrols that clash: which of them cannot be spared."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from ortools.sat.python import cp_model

from corridors.planning.roster_case import NO_CAP
from corridors.planning.roster_clash_words import Demanded, kind_of_clash, wants_of
from corridors.planning.roster_model import new_solver

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from corridors.planning.roster_case import RosterCase
    from corridors.planning.roster_rules import BoundRule

    _Bound = cp_model.BoundedLinearExpression | bool
    _Total = Callable[[Iterable[tuple[int, int]]], cp_model.LinearExpr]

__all__ = ["Allowance", "clashing_rules", "irreducible"]

_Item = TypeVar("_Item")
_WORK = 0.1
"""Deterministic seconds of one look: what is not shown to clash in it is taken to go together."""
_LOOK_WORK = 0.01
"""What a look costs besides: the model is made anew."""
_GREEDY_WORK = 0.0001
"""What it costs for each patrol to see whether a look is needed at all."""
_SIMPLEST_LAST = (
    "cap", "pairing", "refusal", "schools", "day", "week", "rest", "travel", "police", "count",
    "want", "once",
)  # fmt: skip
"""Kinds of rules in the order in which they are left out if they can be."""


class Allowance:
    """The work that may still be spent on explaining one week.

    Parameters
    ----------
    seed
        Of the run.
    work
        CP-SAT's deterministic seconds.
    """

    def __init__(self, seed: int, work: float) -> None:
        self._seed, self._work, self._left = seed, work, work

    @property
    def is_spent(self) -> bool:
        """Tell whether nothing is left."""
        return self._left <= 0

    @property
    def is_scarce(self) -> bool:
        """Tell whether more than half is spent: then the smallest of clashes is not sought."""
        return self._left < self._work / 2

    def spend_greedy(self, n_patrols: int) -> None:
        """Take off what staffing some patrols one after the other costs."""
        self._left -= _GREEDY_WORK * n_patrols

    def solve(self, model: cp_model.CpModel) -> tuple[cp_model.CpSolver, int]:
        """Look once."""
        solver = new_solver(self._seed, min(_WORK, max(self._left, 0.0)))
        status = solver.solve(model)
        self._left -= float(solver.response_proto.deterministic_time) + _LOOK_WORK
        return solver, int(status)


def irreducible(
    items: Sequence[_Item],
    core: Callable[[list[_Item]], list[_Item] | None],
    keep: Collection[_Item] = (),
) -> list[_Item]:
    """Leave out, one after the other, what is not needed for the clash."""
    kept = list(items)
    for item in items:
        rest = [one for one in kept if one != item]
        if item in keep or item not in kept or not rest:
            continue
        smaller = core(rest)
        if smaller is not None:
            kept = smaller
    return kept


def clashing_rules(part: RosterCase, allowance: Allowance) -> list[Demanded] | None:
    """Find the rules without any of which these patrols could be staffed."""
    order = {kind: place for place, kind in enumerate(_SIMPLEST_LAST)}

    def core(keys: Sequence[Demanded]) -> list[Demanded] | None:
        model, literals = _rule_model(part, set(keys))
        model.add_assumptions(list(literals.values()))
        solver, status = allowance.solve(model)
        if status != cp_model.INFEASIBLE:
            return None
        found = set(solver.sufficient_assumptions_for_infeasibility())
        kept = [key for key, literal in literals.items() if literal.index in found]
        return sorted(kept, key=lambda key: (order[key.kind], key))

    first = core(_all_rules(part))
    return None if first is None else irreducible(first, core)


def _all_rules(part: RosterCase) -> list[Demanded]:
    """List every rule that may matter to these patrols."""
    keys = [Demanded(kind) for kind in ("once", "travel", "rest", "day")]
    if part.police_cap < NO_CAP:
        keys.append(Demanded("cap"))
    for row, mix in enumerate(part.mixes):
        keys += [Demanded("want", row, place) for place in range(len(wants_of(mix)))]
        keys += [Demanded("count", row), Demanded("police", row)]
    for column in map(int, np.flatnonzero(part.able.any(axis=0))):
        if part.able[:, column].sum() + part.base_load[column] > part.max_patrols[column]:
            keys.append(Demanded("week", column))
        visited = part.base_visits[column].copy()
        visited[part.school[part.able[:, column]]] = True
        if visited.sum() > part.max_schools[column]:
            keys.append(Demanded("schools", column))
    for place, rule in enumerate(part.bonds.rules):
        if (part.able & rule.who).any():
            keys.append(Demanded("pairing" if rule.is_pairing else "refusal", place))
    return keys


def _rule_model(
    part: RosterCase, keys: set[Demanded]
) -> tuple[cp_model.CpModel, dict[Demanded, cp_model.IntVar]]:
    """Write the patrols with a literal for each rule, by which it can be left out."""
    model = cp_model.CpModel()
    literals = {key: model.new_bool_var("") for key in sorted(keys)}
    on = {
        (int(row), int(column)): model.new_bool_var("")
        for row, column in zip(*np.nonzero(part.able), strict=True)
    }

    def total(places: Iterable[tuple[int, int]]) -> cp_model.LinearExpr:
        return cp_model.LinearExpr.sum([on[place] for place in places if place in on])

    for key, literal in literals.items():
        for expression in _constraints(part, key, total):
            model.add(expression).only_enforce_if(literal)
    return model, literals


def _constraints(part: RosterCase, key: Demanded, total: _Total) -> list[_Bound]:
    """Write one rule."""
    rows, place = range(len(part.demands)), key.place
    if key.kind in {"want", "count", "police"}:
        return [_of_mix(part, key, total)]
    if key.kind in {"refusal", "pairing"}:
        return _of_bond(part, part.bonds.rules[place], total)
    if key.kind in {"week", "schools"}:
        return _of_post(part, key, total)
    if key.kind == "day":
        return [
            total((int(r), c) for r in np.flatnonzero(part.day == day)) <= part.max_patrols_day
            for day in np.unique(part.day)
            for c in range(len(part.posts))
        ]
    if key.kind == "cap":
        officers = np.flatnonzero(part.police)
        minutes = [int(part.length_min[r]) * total((r, int(c)) for c in officers) for r in rows]
        return [cp_model.LinearExpr.sum(minutes) <= part.police_cap - part.base_police_min]
    return [
        total([(one, c), (other, c)]) <= 1
        for one, other in combinations(rows, 2)
        if part.clash[one, other] and kind_of_clash(part, one, other) == key.kind
        for c in map(int, np.flatnonzero(part.able[one] & part.able[other]))
    ]


def _of_mix(part: RosterCase, key: Demanded, total: _Total) -> _Bound:
    mix, row = part.mixes[key.place], key.place
    if key.kind == "want":
        return total(_places(part, row, wants_of(mix)[key.want])) >= 1
    if key.kind == "count":
        return total(_places(part, row, mix.counted)) >= mix.min_posts
    return total(_places(part, row, mix.police_roles)) <= mix.max_police


def _places(part: RosterCase, row: int, roles: Collection[str]) -> list[tuple[int, int]]:
    return [(row, c) for c, post in enumerate(part.posts) if post.role in roles]


def _of_bond(part: RosterCase, rule: BoundRule, total: _Total) -> list[_Bound]:
    found: list[_Bound] = []
    for row in range(len(part.demands)):
        if rule.is_pairing:
            for c in map(int, np.flatnonzero(rule.who & part.able[row])):
                mates = [(row, int(o)) for o in np.flatnonzero(rule.others) if o != c]
                found.append(total([(row, c)]) <= total(mates))
        else:
            here = part.able[row]
            pairs = np.triu(rule.apart() & here[:, None] & here[None, :])
            found += [total([(row, int(a)), (row, int(b))]) <= 1 for a, b in np.argwhere(pairs)]
    return found


def _of_post(part: RosterCase, key: Demanded, total: _Total) -> list[_Bound]:
    column = key.place
    rows = [int(row) for row in np.flatnonzero(part.able[:, column])]
    if key.kind == "week":
        most = int(part.max_patrols[column] - part.base_load[column])
        return [total((row, column) for row in rows) <= max(most, 0)]
    # Every choice of patrols at one school too many is forbidden: there are few patrols here.
    most = max(int(part.max_schools[column] - part.base_visits[column].sum()), 0)
    new = [row for row in rows if not part.base_visits[column, part.school[row]]]
    return [
        total((row, column) for row in chosen) <= most
        for chosen in combinations(new, most + 1)
        if np.unique(part.school[list(chosen)]).size > most
    ]
