"""Compiled: waves of single places, a few places side by side, only where they reach.

As in `corridors.analysis.intensity_kernels`, arrays are taken out of their tuples before the loops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from corridors.analysis.waves import Lines, Points

__all__ = ["spread_places"]

_LANES = 4
"""Places that are worked out side by side."""


class _Near(NamedTuple):
    """What the waves of a batch of places have reached, under local numbers; places are lanes."""

    local_knot: NDArray[np.int32]
    """``(n_knots,)`` local number, or -1."""
    local_port: NDArray[np.int32]
    """``(n_ports,)`` local number, or -1. The ports of a node follow each other."""
    local_segment: NDArray[np.int32]
    """``(n_segments,)`` row in the columns, or -1."""
    n_reached: NDArray[np.int64]
    """``(3,)`` how many knots, nodes and ports were reached."""
    knots: NDArray[np.int32]
    since: NDArray[np.int32]
    """Step at which each knot was first reached."""
    knot_first: NDArray[np.int64]
    """Where the local nodes of each knot begin."""
    nodes: NDArray[np.int32]
    first: NDArray[np.int64]
    """Where the local ports of each node begin."""
    ports: NDArray[np.int32]
    partner: NDArray[np.int32]
    """Local number of the port at the other end, or -1."""
    node_of_port: NDArray[np.int32]
    """Local number of the node of each port."""
    owner: NDArray[np.int32]
    """Local number of the knot of each port."""
    flow: NDArray[np.float64]
    """``(n_room, n_lanes)`` mass that came into the segment by each port."""
    coming: NDArray[np.float64]
    """``(n_room, n_steps + 2, n_lanes)`` what arrives at each port at each step."""
    came: NDArray[np.float64]
    """``(n_room, n_lanes)`` what comes in at each node."""
    sent: NDArray[np.float64]
    """``(n_room, n_lanes)`` what each node sends out."""


@njit(cache=True, nogil=True)
def _nothing_near(lines: Lines, n_room: int) -> _Near:
    """Make room for the waves of a batch: so many nodes and ports."""
    return _Near(
        np.full(len(lines.knot_first) - 1, -1, dtype=np.int32),
        np.full(len(lines.node), -1, dtype=np.int32),
        np.full(len(lines.node) // 2, -1, dtype=np.int32),
        np.zeros(3, dtype=np.int64),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room + 1, dtype=np.int64),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room + 1, dtype=np.int64),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room, dtype=np.int32),
        np.zeros((n_room, _LANES)),
        np.zeros((n_room, len(lines.left) + 1, _LANES)),
        np.zeros((n_room, _LANES)),
        np.zeros((n_room, _LANES)),
    )


@njit(cache=True, nogil=True)
def spread_places(
    lines: Lines, length: NDArray[np.float64], points: Points
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Work out the column of each place: starts, segments and masses of a sparse matrix."""
    n_points = len(points.segment)
    starts = np.zeros(n_points + 1, dtype=np.int64)
    segments = np.empty(64 * n_points + 64, dtype=np.int32)
    masses = np.empty(64 * n_points + 64)
    near = _nothing_near(lines, 1024)
    for low in range(0, n_points, _LANES):
        high = min(low + _LANES, n_points)
        while not _spread(lines, near, length, points, low, high):
            near = _nothing_near(lines, 2 * len(near.nodes))
        while starts[low] + _LANES * (near.n_reached[2] + _LANES) > len(segments):
            segments = np.concatenate((segments, np.empty_like(segments)))
            masses = np.concatenate((masses, np.empty_like(masses)))
        _collect(lines, near, points, low, high, starts, segments, masses)
    return starts, segments[: starts[n_points]].copy(), masses[: starts[n_points]].copy()


@njit(cache=True, nogil=True)
def _collect(
    lines: Lines,
    near: _Near,
    points: Points,
    low: int,
    high: int,
    starts: NDArray[np.int64],
    segments: NDArray[np.int32],
    masses: NDArray[np.float64],
) -> None:
    """Write the columns of a batch, and forget what was near."""
    found = np.empty(near.n_reached[2] + _LANES, dtype=np.int32)
    mass = np.zeros((len(found), _LANES))
    n_found = 0
    for k in range(near.n_reached[2] + high - low):
        own = k - near.n_reached[2]
        i = points.segment[low + own] if own >= 0 else lines.segment[near.ports[k]]
        row = near.local_segment[i]
        if row < 0:
            row = n_found
            near.local_segment[i], found[row] = row, i
            n_found += 1
        if own >= 0:
            mass[row, own] += 1.0
        else:
            mass[row] += near.flow[k]
            near.local_port[near.ports[k]] = -1
    for lane in range(high - low):
        at = starts[low + lane]
        for row in range(n_found):
            if mass[row, lane] != 0.0:
                segments[at], masses[at] = found[row], mass[row, lane]
                at += 1
        starts[low + lane + 1] = at
    for row in range(n_found):
        near.local_segment[found[row]] = -1
    for k in range(near.n_reached[0]):
        near.local_knot[near.knots[k]] = -1
    near.n_reached[:] = 0


@njit(cache=True, nogil=True)
def _spread(
    lines: Lines, near: _Near, length: NDArray[np.float64], points: Points, low: int, high: int
) -> bool:
    """Let the waves of a batch run; tell whether there was room for all they reached."""
    n_steps = len(lines.left) - 1
    for point in range(low, high):
        i, at_m = points.segment[point], points.position_m[point]
        for back in range(2):
            steps = (at_m if back else length[i] - at_m) / lines.step_m
            if steps < n_steps:
                k = int(steps)
                port = lines.port[2 * i + back]
                if not _reach(lines, near, lines.knot[lines.node[port]], k):
                    return False
                local = near.local_port[port]
                near.coming[local, k, point - low] += 1.0 - (steps - k)
                near.coming[local, k + 1, point - low] += steps - k
    for step in range(n_steps):
        n_knots = near.n_reached[0]
        _sum_up(lines, near, n_knots, step)
        if not _send_out(lines, near, n_knots, step):
            return False
    return True


@njit(cache=True, nogil=True)
def _reach(lines: Lines, near: _Near, knot: int, step: int) -> bool:
    """Give a knot, its nodes and ports local numbers; tell whether there was room."""
    k = near.local_knot[knot]
    if k >= 0:
        near.since[k] = min(near.since[k], step)
        return True
    k, m, n = near.n_reached
    low, high = lines.knot_first[knot], lines.knot_first[knot + 1]
    if n + lines.first[high] - lines.first[low] > len(near.ports) or m + high - low > len(
        near.nodes
    ):
        return False
    near.local_knot[knot], near.knots[k], near.since[k] = k, knot, step
    near.knot_first[k] = m
    for node in range(low, high):
        near.nodes[m], near.first[m] = node, n
        for port in range(lines.first[node], lines.first[node + 1]):
            near.local_port[port], near.ports[n] = n, port
            near.node_of_port[n], near.owner[n] = m, k
            near.flow[n] = 0.0
            near.coming[n] = 0.0
            near.partner[n] = near.local_port[lines.partner[port]]
            if near.partner[n] >= 0:
                near.partner[near.partner[n]] = n
            n += 1
        m += 1
    near.knot_first[k + 1], near.first[m] = m, n
    near.n_reached[0], near.n_reached[1], near.n_reached[2] = k + 1, m, n
    return True


@njit(cache=True, nogil=True)
def _sum_up(lines: Lines, near: _Near, n_knots: int, step: int) -> None:
    """Work out what every node sends out by all its ports."""
    coming, came, sent, first = near.coming, near.came, near.sent, near.first
    since, knot_first, nodes, spread = near.since, near.knot_first, near.nodes, lines.spread
    solution_first, knots = lines.solution_first, near.knots
    for k in range(n_knots):
        if since[k] > step:
            continue
        low, high = knot_first[k], knot_first[k + 1]
        for m in range(low, high):
            for lane in range(_LANES):
                came[m, lane] = 0.0
            for port in range(first[m], first[m + 1]):
                for lane in range(_LANES):
                    came[m, lane] += coming[port, step, lane]
        if solution_first[knots[k] + 1] > solution_first[knots[k]]:
            _solve(lines, near, k, step)
        else:
            share = spread[nodes[low]]
            for lane in range(_LANES):
                sent[low, lane] = share * came[low, lane]


@njit(cache=True, nogil=True)
def _solve(lines: Lines, near: _Near, k: int, step: int) -> None:
    """Work out what the nodes of one knot send out, to and fro between them."""
    coming, came, sent, first = near.coming, near.came, near.sent, near.first
    low, high = near.knot_first[k], near.knot_first[k + 1]
    ports, nodes, partner, of_port = near.ports, near.nodes, near.partner, near.node_of_port
    at_once, gain, echo, solution = lines.at_once, lines.gain, lines.echo, lines.solution
    for m in range(low, high):
        for port in range(first[m], first[m + 1]):
            once = at_once[ports[port]]
            if once > 0.0:
                o = of_port[partner[port]]
                echoed = gain[ports[port]] * echo[nodes[m]]
                again = once * echo[nodes[o]] * echoed
                for lane in range(_LANES):
                    value = coming[port, step, lane]
                    came[m, lane] += again * value
                    came[o, lane] -= echoed * value
    at = lines.solution_first[near.knots[k]]
    for m in range(low, high):
        for lane in range(_LANES):
            sent[m, lane] = 0.0
        for o in range(low, high):
            for lane in range(_LANES):
                sent[m, lane] += solution[at] * came[o, lane]
            at += 1


@njit(cache=True, nogil=True)
def _send_out(  # noqa: C901 -- a call inside the loops would cost more than they do
    lines: Lines, near: _Near, n_knots: int, step: int
) -> bool:
    """Send it; tell whether there was room for what it reaches."""
    coming, sent, flow, partner = near.coming, near.sent, near.flow, near.partner
    since, first, nodes, of_port = near.since, near.first, near.nodes, near.node_of_port
    ports, knot_first, owner, echo = near.ports, near.knot_first, near.owner, lines.echo
    whole, part, at_once, gain = lines.whole, lines.part, lines.at_once, lines.gain
    left, n_steps = lines.left[step], len(lines.left) - 1
    for k in range(n_knots):
        if since[k] > step:
            continue
        for m in range(knot_first[k], knot_first[k + 1]):
            back = echo[nodes[m]]
            for port in range(first[m], first[m + 1]):
                q = ports[port]
                at, late, once = step + whole[q], part[q], at_once[q]
                if once > 0.0:
                    to = partner[port]
                    o = of_port[to]
                    there, gained = echo[nodes[o]], gain[q]
                    for lane in range(_LANES):
                        value = coming[port, step, lane]
                        value += gained * (
                            sent[o, lane]
                            - there * (coming[to, step, lane] + once * sent[m, lane])
                            + once * there * back * value
                        )
                        out = sent[m, lane] - back * value
                        flow[port, lane] += left * (out - value)
                        coming[to, at + 1, lane] += late * out
                elif at >= n_steps:
                    for lane in range(_LANES):
                        value = coming[port, step, lane]
                        flow[port, lane] += left * (sent[m, lane] - (back + 1.0) * value)
                else:
                    to = partner[port]
                    if to < 0:
                        if not _reach(lines, near, lines.knot[lines.node[lines.partner[q]]], at):
                            return False
                        to = partner[port]
                    since[owner[to]] = min(since[owner[to]], at)
                    for lane in range(_LANES):
                        value = coming[port, step, lane]
                        out = sent[m, lane] - back * value
                        flow[port, lane] += left * (out - value)
                        coming[to, at, lane] += (1.0 - late) * out
                        coming[to, at + 1, lane] += late * out
    return True
