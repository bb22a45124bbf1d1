"""No row that tightens the bound may cut off a corridor: each is held against many corridors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from corridors.analysis.corridor_bounding import Bounding
from corridors.analysis.corridor_graph import Neighbourhood
from corridors.analysis.corridor_model import CorridorModel, Row
from corridors.analysis.street_walks import StreetWalks
from tests.checks.corridor_checker import count_branches
from tests.property.test_corridors import grid_town

FloatArray = NDArray[np.float64]

BUDGET_M = 900.0


def make_around(seed: int, share: float) -> Neighbourhood:
    u, v, length_m, prize, gate = grid_town(seed, 11, share)
    return Neighbourhood.build(u, v, length_m, prize + 1e-6, gate, BUDGET_M)


def far_corridor(around: Neighbourhood, rng: np.random.Generator) -> list[int] | None:
    """Walk to a random place, and grow at random from there, or from anywhere on the way."""
    streets = around.streets
    n_nodes = streets.offset.size - 1
    everywhere = np.ones(streets.u.size, bool)
    walks = StreetWalks.build(streets.u, streets.v, streets.length_m, everywhere, n_nodes)
    walk_m, before = walks.from_any(np.array([0]))
    goal = int(rng.integers(n_nodes))
    rows = walks.way(before, goal) if np.isfinite(walk_m[goal]) else []
    left_m = around.budget_m - float(streets.length_m[rows].sum())
    only_far = rng.random() < 0.6
    nodes = {goal} if only_far else {0, goal, *streets.u[rows].tolist(), *streets.v[rows].tolist()}
    u, v = np.append(streets.u, 0), np.append(streets.v, 0)
    while left_m >= 0:
        near = np.flatnonzero(np.isin(streets.u, list(nodes)) | np.isin(streets.v, list(nodes)))
        fits = [
            int(row)
            for row in rng.permutation(near)
            if row not in rows and streets.length_m[row] <= left_m
        ]
        for row in fits:
            if count_branches(u, v, [*rows, row, u.size - 1], u.size - 1) <= 3:
                rows = [*rows, row]
                left_m -= float(streets.length_m[row])
                nodes |= {int(streets.u[row]), int(streets.v[row])}
                break
        else:
            return rows
    return None


def columns_of(around: Neighbourhood, rows: list[int]) -> FloatArray:
    """Lay a corridor out as arcs away from the gate, closing streets and ends."""
    streets, m = around.streets, around.streets.u.size
    n_nodes = streets.offset.size - 1
    x, reached, left = np.zeros(3 * m + n_nodes), {0}, list(rows)
    while left:
        row = next(
            row for row in left if {int(streets.u[row]), int(streets.v[row])} & reached
        )  # fmt: skip
        one, other = int(streets.u[row]), int(streets.v[row])
        if one in reached and other in reached:
            x[2 * m + row] = 1.0
        else:
            x[row if one in reached else m + row] = 1.0
        reached |= {one, other}
        left.remove(row)
    meets = np.bincount(
        np.concatenate([streets.u[rows], streets.v[rows]]), minlength=n_nodes
    )  # fmt: skip
    x[3 * m :] = meets == 1
    x[3 * m] = 0.0
    return x


@pytest.mark.parametrize("share", [0.2, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_no_row_cuts_off_a_corridor(
    seed: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = make_around(seed, share)
    streets = around.streets
    added: list[Row] = []
    add = CorridorModel._add

    def remember(model: CorridorModel, rows: list[Row]) -> int:
        added.extend(rows)
        return add(model, rows)

    monkeypatch.setattr(CorridorModel, "_add", remember)
    nothing = np.zeros(streets.u.size, bool)
    model = CorridorModel(streets, around.budget_m, 3, nothing, around.distance_m)
    # nothing is known to be good, so no column is closed and every kind of row is asked for
    bound = Bounding(model, lambda: 0.0, lambda _: None, max_cuts=80, max_effort=0.4).run()
    kinds = {row.kind for row in added}
    assert kinds == {"end", "cut", "far"}
    model.start_with(added)
    matrix, limit = model._matrix(np.ones(model.is_open.size, bool), ())
    rng = np.random.default_rng(seed)
    corridors = [rows for _ in range(40) if (rows := far_corridor(around, rng))]
    assert len(corridors) > 20
    for rows in corridors:
        x = columns_of(around, rows)
        left = limit - matrix @ x
        assert left.min() >= -1e-9
        assert streets.prize[rows].sum() <= bound * (1 + 1e-9)
