"""The hard rules of a roster as a CP-SAT model; objectives are put on it one after the other.

Deterministic: one worker, a fixed seed, and a limit of work done instead of seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from corridors.planning.roster_case import NO_CAP
from corridors.planning.roster_teams import could_be_team

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.planning.roster_case import RosterCase

__all__ = ["RosterModel", "clash_cliques", "new_solver"]

_LARGEST_SEED = 2**31 - 1


def new_solver(seed: int, work: float) -> cp_model.CpSolver:
    """Give a solver that does the same each time."""
    solver = cp_model.CpSolver()
    # Otherwise the solver takes Ctrl-C for itself and leaves nobody to tidy up.
    solver.parameters.catch_sigint_signal = False
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % _LARGEST_SEED
    solver.parameters.max_deterministic_time = max(work, 0.01)
    # The linear relaxation of this model is close: with all of it the spread is proven.
    solver.parameters.linearization_level = 2
    return solver


def clash_cliques(clash: NDArray[np.bool_], start: NDArray[np.float64]) -> list[list[int]]:
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


class RosterModel:
    """Variables and hard rules.

    Attributes
    ----------
    model
        The CP-SAT model.
    on
        By patrol and post: whether it is there.
    covered
        By patrol: whether it is walked.
    by_post
        By post and patrol, the same variables as `on`.
    """

    def __init__(self, case: RosterCase, cliques: Sequence[Sequence[int]]) -> None:
        self.case = case
        self.model = cp_model.CpModel()
        self.on: dict[tuple[int, int], cp_model.IntVar] = {}
        self.covered: dict[int, cp_model.IntVar] = {}
        for row in range(len(case.demands)):
            columns = [int(column) for column in np.flatnonzero(case.joins[row])]
            if could_be_team(case, row, columns):
                self._add_patrol(row, columns)
        self.by_post: dict[int, dict[int, cp_model.IntVar]] = {}
        for (row, column), variable in self.on.items():
            self.by_post.setdefault(column, {})[row] = variable
        for column, by_row in self.by_post.items():
            self._add_post(column, by_row, cliques)
        if case.police_cap < NO_CAP:
            left_min = max(case.police_cap - case.base_police_min, 0)
            self.model.add(cp_model.LinearExpr.sum(self.police_terms()) <= left_min)

    def police_terms(self) -> list[cp_model.LinearExpr]:
        """Give the police minutes as terms to be added up."""
        return [
            int(self.case.length_min[row]) * variable
            for (row, column), variable in self.on.items()
            if self.case.police[column]
        ]

    def read(self, solver: cp_model.CpSolver) -> NDArray[np.bool_]:
        """Read who is where out of a solved model: ``(n_demands, n_posts)`` bool."""
        found = np.zeros_like(self.case.joins)
        for place, variable in self.on.items():
            found[place] = solver.boolean_value(variable)
        return found

    def hint(self, chosen: NDArray[np.bool_]) -> None:
        """Start from a known roster."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for (row, column), variable in self.on.items():
            self.model.add_hint(variable, bool(chosen[row, column]))
        for row, variable in self.covered.items():
            self.model.add_hint(variable, bool(chosen[row].any()))

    def fix_patrols(self, chosen: NDArray[np.bool_]) -> None:
        """Keep the patrols that are covered: fewer posts are no reason to walk elsewhere.

        Without it the solver would weigh other sets of patrols of just the same need, which is a
        knapsack problem that takes long and changes little.
        """
        for row, covered in self.covered.items():
            self.model.add(covered == bool(chosen[row].any()))

    def _add_patrol(self, row: int, columns: Sequence[int]) -> None:
        """Cover a patrol whole or not at all."""
        case, mix = self.case, self.case.mixes[row]
        covered = self.covered[row] = self.model.new_bool_var("")
        on = {column: self.model.new_bool_var("") for column in columns}
        self.on.update({(row, column): variable for column, variable in on.items()})

        def those(roles: Collection[str]) -> cp_model.LinearExpr:
            return cp_model.LinearExpr.sum([on[c] for c in columns if case.posts[c].role in roles])

        # In a fixed order: that of a set of words differs from run to run.
        for want in dict.fromkeys((*mix.groups, frozenset(mix.leads))):
            self.model.add(those(want) >= covered)
        self.model.add(those(mix.counted) >= mix.min_posts * covered)
        self.model.add(those(mix.roles) >= int(case.least_posts[row]) * covered)
        self.model.add(those(mix.police_roles) <= mix.max_police * covered)
        if any(case.bonds.mates[column] for column in columns):
            # Who must be paired may make a team larger than its mix alone asks for.
            for variable in on.values():
                self.model.add_implication(variable, covered)
        else:
            self.model.add(those(mix.roles) <= mix.max_posts * covered)
        self._add_bonds(on, is_one_officer=mix.max_police <= 1)

    def _add_bonds(self, on: Mapping[int, cp_model.IntVar], *, is_one_officer: bool) -> None:
        """Keep those apart who refuse each other, and those together who walk only so."""
        case = self.case
        for column, variable in on.items():
            others = [o for o in on if case.bonds.apart[column, o]]
            if is_one_officer and not case.police[column]:
                officers = [o for o in others if case.police[o]]
                if officers:
                    # At most one of them is there, which makes this tighter than pair by pair.
                    self.model.add_at_most_one([variable, *(on[o] for o in officers)])
                others = [o for o in others if not case.police[o]]
            for other in others:
                if other > column and not (
                    is_one_officer and case.police[column] != case.police[other]
                ):
                    self.model.add_at_most_one([variable, on[other]])
            for beside in case.bonds.mates[column]:
                mates = [on[o] for o in on if beside[o]]
                self.model.add(variable <= cp_model.LinearExpr.sum(mates))

    def _add_post(
        self,
        column: int,
        by_row: Mapping[int, cp_model.IntVar],
        cliques: Sequence[Sequence[int]],
    ) -> None:
        """Keep one post from two places at once, too many patrols and too many schools."""
        case = self.case
        for clique in _largest_only([[r for r in clique if r in by_row] for clique in cliques]):
            self.model.add_at_most_one([by_row[row] for row in clique])
        most = max(int(case.max_patrols[column] - case.base_load[column]), 0)
        if len(by_row) > most:
            self.model.add(cp_model.LinearExpr.sum(list(by_row.values())) <= most)
        for day in sorted({int(case.day[row]) for row in by_row}):
            here = [variable for row, variable in by_row.items() if case.day[row] == day]
            most = max(case.max_patrols_day - int(case.base_day[column, day]), 0)
            if len(here) > most:
                self.model.add(cp_model.LinearExpr.sum(here) <= most)
        new = sorted({int(s) for s in case.school[list(by_row)] if not case.base_visits[column, s]})
        limit = int(case.max_schools[column] - case.base_visits[column].sum())
        if len(new) > limit:
            visits = {school: self.model.new_bool_var("") for school in new}
            for row, variable in by_row.items():
                if int(case.school[row]) in visits:
                    self.model.add_implication(variable, visits[int(case.school[row])])
            self.model.add(cp_model.LinearExpr.sum(list(visits.values())) <= max(limit, 0))
