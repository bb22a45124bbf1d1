"""What every corridor and every walk has to keep, checked in the plainest way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["check_corridor", "check_walk", "count_branches", "earns", "is_connected"]


class Traced(Protocol):
    """What a corridor says of itself."""

    @property
    def chosen(self) -> NDArray[np.bool_]: ...
    @property
    def prize(self) -> float: ...
    @property
    def bound(self) -> float: ...
    @property
    def gap(self) -> float: ...


class Walked(Protocol):
    """What a walk says of itself."""

    @property
    def rows(self) -> tuple[int, ...]: ...
    @property
    def nodes(self) -> tuple[int, ...]: ...
    @property
    def length_m(self) -> float: ...
    @property
    def bound_m(self) -> float: ...


def is_connected(u: ArrayLike, v: ArrayLike, rows: Sequence[int], gate: int) -> bool:
    """Tell whether the segments hang together, the gate's own among them."""
    starts, ends = np.asarray(u), np.asarray(v)
    if gate not in rows:
        return False
    nodes, left = {int(starts[gate]), int(ends[gate])}, set(rows)
    while True:
        near = {row for row in left if nodes & {int(starts[row]), int(ends[row])}}
        if not near:
            return not left
        left -= near
        for row in near:
            nodes |= {int(starts[row]), int(ends[row])}


def count_branches(u: ArrayLike, v: ArrayLike, rows: Sequence[int], gate: int) -> int:
    """Count dead ends away from the gate, plus loops; the gate's own segment is one point."""
    starts, ends = np.asarray(u), np.asarray(v)
    at_gate = {int(starts[gate]), int(ends[gate])}
    meets: Counter[int] = Counter()
    edges = 0
    for row in set(rows) - {gate}:
        edges += 1
        for node in (int(starts[row]), int(ends[row])):
            meets[-1 if node in at_gate else node] += 1
    dead_ends = sum(1 for node, n in meets.items() if n == 1 and node != -1)
    return dead_ends + edges - (len(set(meets) | {-1}) - 1)


def earns(
    u: ArrayLike, v: ArrayLike, length_m: ArrayLike, prize: ArrayLike, rows: Sequence[int],
    gate: int, share: float, max_branches: int,
) -> bool:  # fmt: skip
    """Tell whether what can be cut off at any one segment holds enough for its length."""
    length, value = np.asarray(length_m), np.asarray(prize)
    least = share * value[list(rows)].sum() / length[list(rows)].sum()
    for row in set(rows) - {gate}:
        rest = _hanging(np.asarray(u), np.asarray(v), set(rows) - {row}, gate)
        part = sorted(set(rows) - rest)
        if count_branches(u, v, sorted(rest), gate) > max_branches:
            continue
        if value[part].sum() < least * length[part].sum() - 1e-9 * value[list(rows)].sum():
            return False
    return True


def _hanging(u: NDArray[np.int32], v: NDArray[np.int32], rows: set[int], gate: int) -> set[int]:
    nodes, found = {int(u[gate]), int(v[gate])}, {gate}
    while True:
        near = {row for row in rows - found if nodes & {int(u[row]), int(v[row])}}
        if not near:
            return found
        found |= near
        for row in near:
            nodes |= {int(u[row]), int(v[row])}


def check_corridor(
    u: ArrayLike, v: ArrayLike, length_m: ArrayLike, prize: ArrayLike, gate: int,
    budget_m: float, max_branches: int, found: Traced,
) -> None:  # fmt: skip
    """Fail where a corridor breaks a rule, or says of itself what is not so."""
    length, value = np.asarray(length_m), np.asarray(prize)
    rows = np.flatnonzero(found.chosen).tolist()
    assert is_connected(u, v, rows, gate)
    assert length[rows].sum() <= budget_m + 1e-6
    assert count_branches(u, v, rows, gate) <= max_branches
    assert np.isclose(found.prize, value[rows].sum())
    assert found.prize <= found.bound * (1 + 1e-9)
    expected = 1 - found.prize / found.bound if found.bound > 0 else 0.0
    assert np.isclose(found.gap, expected, atol=1e-6)


def check_walk(
    u: ArrayLike, v: ArrayLike, length_m: ArrayLike, rows: Sequence[int], gate: int, walk: Walked
) -> None:
    """Fail where a walk leaves its corridor, leaves part of it out, or jumps."""
    starts, ends, length = np.asarray(u), np.asarray(v), np.asarray(length_m)
    assert walk.rows[0] == gate
    assert set(walk.rows) == set(rows)
    assert len(walk.nodes) == len(walk.rows) + 1
    for at, row in enumerate(walk.rows):
        here = sorted((walk.nodes[at], walk.nodes[at + 1]))
        assert here == sorted((int(starts[row]), int(ends[row])))
    assert np.isclose(walk.length_m, length[list(walk.rows)].sum())
    assert walk.bound_m <= walk.length_m + 1e-6
    assert walk.bound_m >= length[list(rows)].sum() - 1e-6
