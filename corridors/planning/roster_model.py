"""The roster as a CP-SAT model, solved one aim after the other.

Deterministic: one worker, a fixed seed, and a limit of work done instead of seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from corridors.planning.roster_case import is_team, prune_teams

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.planning.roster_case import RosterCase

__all__ = ["Stage", "clash_cliques", "improve_need", "measure", "solve_roster"]

_STAGES = (("need", 0.6), ("police_min", 0.5), ("extra_posts", 0.5), ("spread", 0.5))
"""In order, each with the share of the work still left that it may use."""
_LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Stage:
    """One aim of the roster, in order: what was reached and what cannot be beaten."""

    name: str
    """``need`` (steps of need covered), ``police_min``, ``extra_posts`` (posts beyond the smallest
    teams) or ``spread`` (sum over posts of their patrols squared)."""
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


def measure(case: RosterCase, chosen: NDArray[np.bool_]) -> dict[str, int]:
    """Give the value of each stage for a roster."""
    covered = chosen.any(axis=1)
    load = chosen.sum(axis=0) + case.base_load
    return {
        "need": int(case.value[covered].sum()),
        "police_min": int((chosen * case.length_min[:, None])[:, case.police].sum()),
        "extra_posts": int(chosen.sum() - case.least_posts[covered].sum()),
        "spread": int((load**2).sum()),
    }


def clash_cliques(clash: NDArray[np.bool_], start: NDArray[np.int64]) -> list[list[int]]:
    """Gather sets of patrols of which nobody can walk two, so that every clash is in one.

    Patrols under way at the start of another one clash with each other too, unless they share a
    corridor and so need no time between them: those are given pair by pair.

    Parameters
    ----------
    clash
        ``(n, n)`` symmetric.
    start
        ``(n,)`` by which patrols are taken in order.
    """
    order = np.argsort(start, kind="stable")
    cliques: list[list[int]] = []
    for place, row in enumerate(order):
        before = order[:place]
        clique: list[int] = []
        for other in before[clash[row, before]]:
            if clash[other, clique].all():
                clique.append(int(other))
            else:
                cliques.append([int(other), int(row)])
        cliques.append([*clique, int(row)])
    return _largest_only(cliques)


def _largest_only(cliques: Sequence[list[int]]) -> list[list[int]]:
    kept: list[set[int]] = []
    for clique in sorted((set(c) for c in cliques if len(c) > 1), key=lambda c: (-len(c), min(c))):
        if not any(clique <= other for other in kept):
            kept.append(clique)
    return [sorted(clique) for clique in kept]


def solve_roster(
    case: RosterCase,
    start: NDArray[np.bool_],
    seed: int,
    work: float,
    cliques: Sequence[Sequence[int]],
) -> tuple[NDArray[np.bool_], tuple[Stage, ...]]:
    """Improve a roster stage by stage: need, police minutes, posts, spread.

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
        CP-SAT's deterministic seconds, shared by the stages.
    cliques
        From `clash_cliques`.

    Returns
    -------
    chosen : ``(n_demands, n_posts)`` bool
    stages : tuple of Stage
    """
    chosen = prune_teams(case, start)
    model = _Model(case, cliques)
    stages = []
    left = work
    for name, share in _STAGES:
        found, bound, used = model.improve(name, chosen, seed, left * share)
        left = max(left - used, 0.0)
        # Taking off who is not needed makes no stage worse, so it is done before it is measured.
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
    found, _, _ = _Model(case, cliques).improve("need", start, seed, work)
    found = prune_teams(case, found)
    return found if measure(case, found)["need"] > measure(case, start)["need"] else start


class _Model:
    """Variables and hard rules; objectives are put on and taken off."""

    def __init__(self, case: RosterCase, cliques: Sequence[Sequence[int]]) -> None:
        self._case = case
        self._model = cp_model.CpModel()
        self._on: dict[tuple[int, int], cp_model.IntVar] = {}
        self._covered: dict[int, cp_model.IntVar] = {}
        self._steps: dict[int, list[cp_model.IntVar]] = {}
        for row in range(len(case.demands)):
            columns = [int(column) for column in np.flatnonzero(case.joins[row])]
            if is_team(case, row, columns, any_police=True):
                self._add_patrol(row, columns)
        self._by_post: dict[int, dict[int, cp_model.IntVar]] = {}
        for (row, column), variable in self._on.items():
            self._by_post.setdefault(column, {})[row] = variable
        for column, by_row in self._by_post.items():
            self._add_post(column, by_row, cliques)
        self._terms = {
            "need": [int(case.value[row]) * var for row, var in self._covered.items()],
            "police_min": [
                int(case.length_min[row]) * var
                for (row, column), var in self._on.items()
                if case.police[column]
            ],
            "extra_posts": [
                *self._on.values(),
                *(-int(case.least_posts[row]) * var for row, var in self._covered.items()),
            ],
            "spread": [],
        }

    def improve(
        self, name: str, hint: NDArray[np.bool_], seed: int, work: float
    ) -> tuple[NDArray[np.bool_], int, float]:
        """Solve one stage from a known roster; give the roster, its bound and the work used."""
        if name == "extra_posts":
            self._fix_patrols(hint)
        if name == "spread":
            self._terms[name] = self._add_spread()
        terms, at_best = self._terms[name], self._trivial_bound(name)
        if not terms or measure(self._case, hint)[name] == at_best:
            return hint, at_best, 0.0
        objective = cp_model.LinearExpr.sum(terms)
        if name == "need":
            self._model.maximize(objective)
        else:
            self._model.minimize(objective)
        self._hint(hint)
        solver = cp_model.CpSolver()
        # Otherwise the solver takes Ctrl-C for itself and leaves nobody to tidy up.
        solver.parameters.catch_sigint_signal = False
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed % _LARGEST_SEED
        solver.parameters.max_deterministic_time = max(work, 0.01)
        # The linear relaxation of this model is close: with all of it the spread is proven.
        solver.parameters.linearization_level = 2
        status = solver.solve(self._model)
        used = float(solver.response_proto.deterministic_time)
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return hint, at_best, used
        found = np.zeros_like(hint)
        for place, variable in self._on.items():
            found[place] = solver.boolean_value(variable)
        bound = solver.best_objective_bound
        whole = math.floor(bound + 1e-6) if name == "need" else math.ceil(bound - 1e-6)
        return found, min(whole, at_best) if name == "need" else max(whole, at_best), used

    def keep(self, name: str, value: int) -> None:
        """Let no later stage do worse here."""
        terms = self._terms[name]
        if terms and name == "need":
            self._model.add(cp_model.LinearExpr.sum(terms) >= value)
        elif terms:
            self._model.add(cp_model.LinearExpr.sum(terms) <= value)

    def _add_patrol(self, row: int, columns: Sequence[int]) -> None:
        """Cover a patrol whole or not at all."""
        case, mix = self._case, self._case.mixes[row]
        covered = self._covered[row] = self._model.new_bool_var("")
        on = {column: self._model.new_bool_var("") for column in columns}
        self._on.update({(row, column): variable for column, variable in on.items()})

        def those(roles: Collection[str]) -> cp_model.LinearExpr:
            return cp_model.LinearExpr.sum([on[c] for c in columns if case.posts[c].role in roles])

        for want in {*mix.groups, frozenset(mix.leads)}:
            self._model.add(those(want) >= covered)
        self._model.add(those(mix.counted) >= mix.min_posts * covered)
        self._model.add(those(mix.roles) <= mix.max_posts * covered)
        self._model.add(those(mix.roles) >= int(case.least_posts[row]) * covered)
        self._model.add(those(mix.police_roles) <= mix.max_police * covered)

    def _add_post(
        self,
        column: int,
        by_row: Mapping[int, cp_model.IntVar],
        cliques: Sequence[Sequence[int]],
    ) -> None:
        """Keep one post from two places at once, too many patrols and too many schools."""
        case = self._case
        for clique in _largest_only([[r for r in clique if r in by_row] for clique in cliques]):
            self._model.add_at_most_one([by_row[row] for row in clique])
        most = max(int(case.max_patrols[column] - case.base_load[column]), 0)
        if len(by_row) > most:
            self._model.add(cp_model.LinearExpr.sum(list(by_row.values())) <= most)
        new = sorted({int(s) for s in case.school[list(by_row)] if not case.base_visits[column, s]})
        limit = int(case.max_schools[column] - case.base_visits[column].sum())
        if len(new) > limit:
            visits = {school: self._model.new_bool_var("") for school in new}
            for row, variable in by_row.items():
                if int(case.school[row]) in visits:
                    self._model.add_implication(variable, visits[int(case.school[row])])
            self._model.add(cp_model.LinearExpr.sum(list(visits.values())) <= max(limit, 0))

    def _fix_patrols(self, chosen: NDArray[np.bool_]) -> None:
        """Keep the patrols that are covered: fewer posts are no reason to walk elsewhere.

        Without it the solver would weigh other sets of patrols of just the same need, which is a
        knapsack problem that takes long and changes little.
        """
        for row, covered in self._covered.items():
            self._model.add(covered == bool(chosen[row].any()))

    def _add_spread(self) -> list[cp_model.LinearExpr]:
        """Make the sum of squares of patrols: one more patrol costs more, the more there are."""
        terms: list[cp_model.LinearExpr] = []
        for column, by_row in self._by_post.items():
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

    def _hint(self, chosen: NDArray[np.bool_]) -> None:
        self._model.clear_hints()  # type: ignore[no-untyped-call]
        for (row, column), variable in self._on.items():
            self._model.add_hint(variable, bool(chosen[row, column]))
        for row, variable in self._covered.items():
            self._model.add_hint(variable, bool(chosen[row].any()))
        for column, steps in self._steps.items():
            load = int(chosen[:, column].sum())
            for place, step in enumerate(steps):
                self._model.add_hint(step, place < load)

    def _trivial_bound(self, name: str) -> int:
        """Bound a stage without solving: all patrols that have a team at all, or nothing lost."""
        if name == "need":
            return int(sum(self._case.value[row] for row in self._covered))
        if name == "spread":
            return int((self._case.base_load**2).sum())
        return 0
