"""The roster made best stage by stage: what comes first is never given up for what comes later."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from corridors.planning.roster_measures import (
    Stage,
    consecutive,
    least_of_stages,
    measure,
    stage_names,
)
from corridors.planning.roster_model import RosterModel, new_solver
from corridors.planning.roster_teams import prune_teams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.planning.roster_case import RosterCase

__all__ = ["improve_need", "solve_roster"]

_FIRST_SHARE, _SHARE, _LEAST_SHARE = 0.6, 0.5, 0.1
"""Share of the work still left that the first stage, and each other one, may use; and of all of it
that a stage has in any case, so that none is left as it comes."""
_LEAN = {"need", "police_min", "lost_patrols", "extra_posts"}
"""Stages that taking off who is not needed never makes worse."""


def solve_roster(
    case: RosterCase,
    start: NDArray[np.bool_],
    seed: int,
    work: float,
    cliques: Sequence[Sequence[int]],
) -> tuple[NDArray[np.bool_], tuple[Stage, ...]]:
    """Improve a roster stage by stage, in the order of `stage_names`.

    Parameters
    ----------
    case
        The roster.
    start
        ``(n_demands, n_posts)`` a roster that keeps the rules, such as the greedy one. The answer
        is never worse.
    seed
        Of the run.
    work
        CP-SAT's deterministic seconds, shared by the stages; up to half as much again where the
        first ones leave nothing.
    cliques
        From `corridors.planning.roster_model.clash_cliques`.

    Returns
    -------
    chosen : ``(n_demands, n_posts)`` bool
    stages : tuple of Stage
    """
    chosen = prune_teams(case, start)
    model = _Staged(case, cliques)
    stages = []
    left = work
    for name in stage_names(case):
        share = _FIRST_SHARE if name == "need" else _SHARE
        allowed = max(left * share, work * _LEAST_SHARE)
        found, bound, used = model.improve(name, chosen, seed, allowed)
        left = max(left - used, 0.0)
        if name in _LEAN:
            # Taking off who is not needed is done before it is measured.
            found = prune_teams(case, found)
        now, new = measure(case, chosen)[name], measure(case, found)[name]
        if (new >= now) if name == "need" else (new <= now):
            chosen = found
        value = measure(case, chosen)[name]
        stages.append(Stage(name, value, bound))
        model.keep(name, value)
    return chosen, tuple(stages)


def improve_need(
    case: RosterCase,
    start: NDArray[np.bool_],
    seed: int,
    work: float,
    cliques: Sequence[Sequence[int]],
) -> NDArray[np.bool_]:
    """Cover more need than a roster does, or give it back: the first stage alone."""
    found, _, _ = _Staged(case, cliques).improve("need", start, seed, work)
    found = prune_teams(case, found)
    return found if measure(case, found)["need"] > measure(case, start)["need"] else start


class _Staged:
    """A roster's model with one objective after the other."""

    def __init__(self, case: RosterCase, cliques: Sequence[Sequence[int]]) -> None:
        self._case = case
        self._rules = RosterModel(case, cliques)
        self._model = self._rules.model
        self._steps: dict[int, list[cp_model.IntVar]] = {}
        self._ways: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self._seconds: dict[tuple[int, int], cp_model.IntVar] = {}
        self._terms: dict[str, list[cp_model.LinearExpr]] = {}

    def improve(
        self, name: str, hint: NDArray[np.bool_], seed: int, work: float
    ) -> tuple[NDArray[np.bool_], int, float]:
        """Solve one stage from a known roster; give the roster, its bound and the work used."""
        if name == "extra_posts":
            self._rules.fix_patrols(hint)
        at_best = self._trivial_bound(name, hint)
        terms = self._terms[name] = self._make_terms(name)
        if not terms or measure(self._case, hint)[name] == at_best:
            return hint, at_best, 0.0
        objective = cp_model.LinearExpr.sum(terms)
        if name == "need":
            self._model.maximize(objective)
        else:
            self._model.minimize(objective)
        self._hint(hint)
        solver = new_solver(seed, work)
        status = solver.solve(self._model)
        used = float(solver.response_proto.deterministic_time)
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return hint, at_best, used
        bound = solver.best_objective_bound
        whole = math.floor(bound + 1e-6) if name == "need" else math.ceil(bound - 1e-6)
        whole = min(whole, at_best) if name == "need" else max(whole, at_best)
        return self._rules.read(solver), whole, used

    def keep(self, name: str, value: int) -> None:
        """Let no later stage do worse here."""
        terms = self._terms[name]
        if terms and name == "need":
            self._model.add(cp_model.LinearExpr.sum(terms) >= value)
        elif terms:
            self._model.add(cp_model.LinearExpr.sum(terms) <= value)

    def _make_terms(self, name: str) -> list[cp_model.LinearExpr]:
        make = {
            "need": self._need,
            "police_min": self._rules.police_terms,
            "lost_patrols": self._lost,
            "extra_posts": self._extra,
            "changed_places": self._changed,
            "spread": self._spread,
            "travel_min": self._travel,
            "second_patrols": self._second,
            "new_places": self._new,
        }
        return make[name]()

    def _need(self) -> list[cp_model.LinearExpr]:
        return [int(self._case.value[row]) * var for row, var in self._rules.covered.items()]

    def _lost(self) -> list[cp_model.LinearExpr]:
        nobody = cp_model.LinearExpr.sum([])
        return [
            1 - self._rules.covered.get(row, nobody)
            for row in map(int, np.flatnonzero(self._case.was_walked))
        ]

    def _extra(self) -> list[cp_model.LinearExpr]:
        return [
            *self._rules.on.values(),
            *(-int(self._case.least_posts[row]) * var for row, var in self._rules.covered.items()),
        ]

    def _changed(self) -> list[cp_model.LinearExpr]:
        case, on = self._case, self._rules.on
        nobody = cp_model.LinearExpr.sum([])
        return [
            1 - on.get((row, column), nobody)
            if case.before[row, column]
            else on.get((row, column), nobody)
            for row in map(int, np.flatnonzero(case.was_walked))
            for column in range(len(case.posts))
        ]

    def _new(self) -> list[cp_model.LinearExpr]:
        return [var for place, var in self._rules.on.items() if not self._case.knows[place]]

    def _spread(self) -> list[cp_model.LinearExpr]:
        """Make the sum of squares of patrols: one more patrol costs more, the more there are."""
        terms: list[cp_model.LinearExpr] = []
        for column, by_row in self._rules.by_post.items():
            base = int(self._case.base_load[column])
            most = min(max(int(self._case.max_patrols[column]) - base, 0), len(by_row))
            steps = [self._model.new_bool_var("") for _ in range(most)]
            self._model.add(
                cp_model.LinearExpr.sum(list(by_row.values())) == cp_model.LinearExpr.sum(steps)
            )
            for low, high in pairwise(steps):
                self._model.add_implication(high, low)
            terms += [(2 * (base + place) + 1) * step for place, step in enumerate(steps)]
            self._steps[column] = steps
        return terms

    def _travel(self) -> list[cp_model.LinearExpr]:
        """Count a way where a post walks two patrols of a day and none in between."""
        case = self._case
        terms: list[cp_model.LinearExpr] = []
        for column, by_row in self._rules.by_post.items():
            for rows in self._days(by_row).values():
                for place, one in enumerate(rows):
                    for after, then in enumerate(rows[place + 1 :], start=place + 1):
                        if case.clash[one, then] or not case.way_min[one, then]:
                            continue
                        way = self._model.new_bool_var("")
                        between = [by_row[row] for row in rows[place + 1 : after]]
                        self._model.add(
                            way >= by_row[one] + by_row[then] - 1 - cp_model.LinearExpr.sum(between)
                        )
                        self._ways[column, one, then] = way
                        terms.append(int(case.way_min[one, then]) * way)
        return terms

    def _second(self) -> list[cp_model.LinearExpr]:
        case = self._case
        for column, by_row in self._rules.by_post.items():
            for day, rows in self._days(by_row).items():
                base = int(case.base_day[column, day])
                if len(rows) + base < 2:
                    continue
                second = self._model.new_int_var(0, len(rows) + base, "")
                here = cp_model.LinearExpr.sum([by_row[row] for row in rows])
                self._model.add(second >= here + base - 1)
                self._seconds[column, day] = second
        return list(self._seconds.values())

    def _days(self, by_row: Mapping[int, cp_model.IntVar]) -> dict[int, list[int]]:
        days: dict[int, list[int]] = {}
        for row in sorted(by_row):
            days.setdefault(int(self._case.day[row]), []).append(row)
        return days

    def _hint(self, chosen: NDArray[np.bool_]) -> None:
        case = self._case
        self._rules.hint(chosen)
        for column, steps in self._steps.items():
            load = int(chosen[:, column].sum())
            for place, step in enumerate(steps):
                self._model.add_hint(step, place < load)
        for (column, one, then), way in self._ways.items():
            self._model.add_hint(way, (one, then) in consecutive(case, chosen[:, column]))
        for (column, day), second in self._seconds.items():
            load = int(chosen[case.day == day, column].sum() + case.base_day[column, day])
            self._model.add_hint(second, max(load - 1, 0))

    def _trivial_bound(self, name: str, hint: NDArray[np.bool_]) -> int:
        """Bound a stage without solving: all patrols that have a team at all, or nothing lost."""
        if name == "need":
            return int(sum(self._case.value[row] for row in self._rules.covered))
        if name == "spread":
            return int((self._case.base_load**2).sum())
        if name == "changed_places":
            return least_of_stages(self._case, hint)[name]
        return 0
