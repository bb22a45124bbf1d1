"""Compiled: every path from every end of a street that has incidents, shortest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from corridors.analysis.kernels import unit_cumulative, unit_density

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from corridors.analysis.waves import Lines, Points

__all__ = ["follow_paths"]

_GRID = 1 << 40
_PORT_BITS = 22
_DENSITY = np.array([[0.75, 0, -0.75, 0, 0, 0], [0.9375, 0, -1.875, 0, 0.9375, 0]])
"""Coefficients of each kernel of reach 1, by power of the distance."""
_TAIL = np.array([[0.5, -0.75, 0, 0.25, 0, 0], [0.5, -0.9375, 0, 0.625, 0, -0.1875]])
"""The same of its mass beyond a distance."""


class _Heap(NamedTuple):
    """Paths by length: a key is length and port in one number."""

    key: NDArray[np.int64]
    amount: NDArray[np.float64]


@njit(cache=True, nogil=True)
def _push(heap: _Heap, n: int, key: int, amount: float) -> None:
    """Put a path in its place among the first n."""
    k = n
    while k > 0:
        above = (k - 1) >> 1
        if heap.key[above] <= key:
            break
        heap.key[k], heap.amount[k] = heap.key[above], heap.amount[above]
        k = above
    heap.key[k], heap.amount[k] = key, amount


@njit(cache=True, nogil=True)
def _pop(heap: _Heap, n: int) -> None:
    """Take the shortest path off the first n."""
    key, amount = heap.key[n - 1], heap.amount[n - 1]
    k = 0
    while 2 * k + 1 < n - 1:
        below = 2 * k + 1
        if below + 1 < n - 1 and heap.key[below + 1] < heap.key[below]:
            below += 1
        if key <= heap.key[below]:
            break
        heap.key[k], heap.amount[k] = heap.key[below], heap.amount[below]
        k = below
    heap.key[k], heap.amount[k] = key, amount


@njit(cache=True, nogil=True)
def _powers(distance: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum weight times the powers 0 to 5 of the distance, over the first k incidents, for all k."""
    sums = np.zeros((len(distance) + 1, 6))
    for k in range(len(distance)):
        power = weight[k]
        for m in range(6):
            sums[k + 1, m] = sums[k, m] + power
            power *= distance[k]
    return sums


@njit(cache=True, nogil=True)
def _summed(
    polynomial: NDArray[np.float64],
    distance: NDArray[np.float64],
    sums: NDArray[np.float64],
    beyond: float,
) -> float:
    """Sum a polynomial at distance + beyond over the incidents that still reach there."""
    k = np.searchsorted(distance, 1.0 - beyond)
    if k == 0:
        return 0.0
    shifted = polynomial.copy()
    for low in range(5):
        for m in range(4, low - 1, -1):
            shifted[m] += beyond * shifted[m + 1]
    return float((shifted * sums[k]).sum())


@njit(cache=True, nogil=True)
def follow_paths(
    lines: Lines,
    length: NDArray[np.float64],
    sources: Points,
    weight: NDArray[np.float64],
    asked: Points,
    max_paths: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Follow the paths from both ends of every segment that has incidents; unit is the reach."""
    mass, value = np.zeros(len(length)), np.zeros(len(asked.segment))
    asked_at = np.searchsorted(asked.segment, np.arange(len(length) + 1))
    n_paths, begin = 0, 0
    heap = _Heap(np.zeros(1024, dtype=np.int64), np.zeros(1024))
    while begin < len(weight) and n_paths <= max_paths:
        i, end = sources.segment[begin], begin
        while end < len(weight) and sources.segment[end] == i:
            at, w = sources.position_m[end], weight[end]
            mass[i] += w * unit_cumulative(lines.code, at)
            mass[i] += w * unit_cumulative(lines.code, length[i] - at)
            for k in range(asked_at[i], asked_at[i + 1]):
                value[k] += w * unit_density(lines.code, abs(asked.position_m[k] - at))
            end += 1
        for back in range(2):
            distance, of = sources.position_m[begin:end].copy(), weight[begin:end]
            if not back:
                distance, of = (length[i] - distance)[::-1].copy(), of[::-1]
            port = lines.port[2 * i + back]
            sums = _powers(distance, of.copy())
            heap, n_paths = _one_source(
                lines, length, port, distance, sums, asked, asked_at, mass, value, heap,
                n_paths, max_paths,
            )  # fmt: skip
        begin = end
    return mass, value, n_paths


@njit(cache=True, nogil=True)
def _one_source(  # noqa: PLR0913, PLR0917 -- compiled code
    lines: Lines,
    length: NDArray[np.float64],
    start: int,
    distance: NDArray[np.float64],
    sums: NDArray[np.float64],
    asked: Points,
    asked_at: NDArray[np.int64],
    mass: NDArray[np.float64],
    value: NDArray[np.float64],
    heap: _Heap,
    n_paths: int,
    max_paths: int,
) -> tuple[_Heap, int]:
    """Follow the paths that arrive at one port, shortest first."""
    tail, density = _TAIL[lines.code], _DENSITY[lines.code]
    n, heap.key[0], heap.amount[0] = 1, start, 1.0
    reach = (1.0 - distance[0]) * _GRID
    while n > 0 and n_paths <= max_paths:
        key, amount = heap.key[0], 0.0
        while n > 0 and heap.key[0] == key:
            amount += heap.amount[0]
            _pop(heap, n)
            n -= 1
        n_paths += 1
        whole, port = key >> _PORT_BITS, key & ((1 << _PORT_BITS) - 1)
        if whole >= reach or amount == 0.0:
            continue
        node, gone = lines.node[port], whole / _GRID
        entering = _summed(tail, distance, sums, gone)
        first, last = lines.first[node], lines.first[node + 1]
        if n + last - first > len(heap.key):
            heap = _Heap(
                np.concatenate((heap.key, np.zeros_like(heap.key))),
                np.concatenate((heap.amount, np.zeros_like(heap.amount))),
            )
        for out in range(first, last):
            part = amount * (lines.spread[node] - (lines.echo[node] if out == port else 0.0))
            if part == 0.0:
                continue
            i = lines.segment[out]
            far = whole + max(1, np.int64(np.rint(length[i] * _GRID)))
            mass[i] += part * (entering - _summed(tail, distance, sums, gone + length[i]))
            from_v = lines.port[2 * i] == out
            for k in range(asked_at[i], asked_at[i + 1]):
                at = length[i] - asked.position_m[k] if from_v else asked.position_m[k]
                value[k] += part * _summed(density, distance, sums, gone + at)
            if far < reach:
                _push(heap, n, (far << _PORT_BITS) | np.int64(lines.partner[out]), part)
                n += 1
    return heap, n_paths
