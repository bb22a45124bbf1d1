"""The network kernel as a sparse operator: what one incident at each place puts on each segment.

Built once, it turns any weights of the same places into a surface with one product: that is what
makes many Monte Carlo surfaces cheap. Same waves as `corridors.analysis.intensity`, one place at a
time, only where they reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit
from scipy import sparse

from corridors.analysis.waves import ROUNDS, Lines, Points, build_lines, check_points

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["segment_operator"]


def segment_operator(  # noqa: PLR0913 -- the network, the places and the kernel
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    segment: ArrayLike,
    position_m: ArrayLike,
    *,
    bandwidth_m: float,
    kernel: str,
    cell_m: float | None = None,
) -> sparse.csr_matrix:
    """Build the operator from weights of places to masses of segments.

    Parameters
    ----------
    u, v
        ``(n_segments,)`` end nodes.
    length_m
        ``(n_segments,)``.
    n_nodes
        Number of nodes.
    segment, position_m
        ``(n_points,)`` places: segment, metres along it from ``u``. Equal places are worked out
        once.
    bandwidth_m
        Reach of the kernel.
    kernel
        ``"epanechnikov"`` or ``"biweight"``.
    cell_m
        Longest step of the waves; by default a 32nd of the reach.

    Returns
    -------
    scipy.sparse.csr_matrix
        ``(n_segments, n_points)``: column j is the mass that a unit incident at place j puts on
        each segment; each column sums to 1. ``operator @ weight`` is
        `corridors.analysis.intensity.segment_mass` to rounding.

    Raises
    ------
    BadInput
        The bandwidth or the kernel cannot be used.
    """
    points = check_points(segment, position_m, length_m)
    lines = build_lines(
        u, v, length_m, n_nodes, bandwidth_m=bandwidth_m, kernel=kernel, cell_m=cell_m
    )
    length = np.asarray(length_m, dtype=np.float64)
    places, place_of_point = np.unique(
        np.column_stack([points.segment.astype(np.float64), points.position_m]),
        axis=0,
        return_inverse=True,
    )
    distinct = Points(places[:, 0].astype(np.int32), np.ascontiguousarray(places[:, 1]))
    starts, segments, masses = _columns(lines, length, distinct)
    shape = (len(length), len(places))
    columns = sparse.csc_matrix((masses, segments, starts), shape=shape)
    return sparse.csr_matrix(columns[:, place_of_point.ravel()])


class _Near(NamedTuple):
    """What the waves of one place have reached, under local numbers."""

    local_node: NDArray[np.int32]
    """``(n_nodes,)`` local number, or -1."""
    local_port: NDArray[np.int32]
    """``(n_ports,)`` local number, or -1. The ports of a node follow each other."""
    local_segment: NDArray[np.int32]
    """``(n_segments,)`` place in the column, or -1."""
    nodes: NDArray[np.int32]
    since: NDArray[np.int32]
    """Step at which each node was first reached."""
    first: NDArray[np.int64]
    """Where the local ports of each node begin."""
    count: NDArray[np.int64]
    """``(2,)`` how many nodes and ports were reached."""
    ports: NDArray[np.int32]
    owner: NDArray[np.int32]
    """Local number of the node of each port."""
    partner: NDArray[np.int32]
    """Local number of the port at the other end, or -1."""
    whole: NDArray[np.int32]
    part: NDArray[np.float64]
    flow: NDArray[np.float64]
    """Mass that came into the segment by each port."""
    coming: NDArray[np.float64]
    """``(n_room, n_steps + 2)`` what arrives at each port at each step."""
    now: NDArray[np.float64]
    """``(2, n_room)`` what arrives within the step, in rounds of odd and even number."""
    marked: NDArray[np.int32]
    """``(2, n_room)`` the nodes where it arrives."""


@njit(cache=True, nogil=True)
def _nothing_near(lines: Lines, n_room: int) -> _Near:
    """Make room for the waves of one place: so many nodes and ports."""
    return _Near(
        np.full(len(lines.spread), -1, dtype=np.int32),
        np.full(len(lines.node), -1, dtype=np.int32),
        np.full(len(lines.node) // 2, -1, dtype=np.int32),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room + 1, dtype=np.int64),
        np.zeros(2, dtype=np.int64),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room, dtype=np.int32),
        np.zeros(n_room),
        np.zeros(n_room),
        np.zeros((n_room, len(lines.left) + 1)),
        np.zeros((2, n_room)),
        np.zeros((2, n_room), dtype=np.int32),
    )


@njit(cache=True, nogil=True)
def _columns(
    lines: Lines, length: NDArray[np.float64], points: Points
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Work out the column of each place: starts, segments and masses of a sparse matrix."""
    n_points = len(points.segment)
    starts = np.zeros(n_points + 1, dtype=np.int64)
    segments = np.empty(64 * n_points + 64, dtype=np.int32)
    masses = np.empty(64 * n_points + 64)
    near = _nothing_near(lines, 1024)
    for point in range(n_points):
        while not _spread(lines, near, length, points.segment[point], points.position_m[point]):
            near = _nothing_near(lines, 2 * len(near.nodes))
        begin = starts[point]
        while begin + near.count[1] + 1 > len(segments):
            segments = np.concatenate((segments, np.empty_like(segments)))
            masses = np.concatenate((masses, np.empty_like(masses)))
        n_found = _collect(lines, near, points.segment[point], segments[begin:], masses[begin:])
        starts[point + 1] = begin + n_found
    return starts, segments[: starts[n_points]].copy(), masses[: starts[n_points]].copy()


@njit(cache=True, nogil=True)
def _collect(
    lines: Lines,
    near: _Near,
    own: int,
    segments: NDArray[np.int32],
    masses: NDArray[np.float64],
) -> int:
    """Write one column, forget what was near, and give the number of segments."""
    segments[0], masses[0], n_found = own, 1.0, 1
    near.local_segment[own] = 0
    for k in range(near.count[1]):
        i = lines.segment[near.ports[k]]
        if near.local_segment[i] < 0:
            near.local_segment[i] = n_found
            segments[n_found], masses[n_found] = i, 0.0
            n_found += 1
        masses[near.local_segment[i]] += near.flow[k]
        near.local_port[near.ports[k]] = -1
    for k in range(near.count[0]):
        near.local_node[near.nodes[k]] = -1
    for k in range(n_found):
        near.local_segment[segments[k]] = -1
    near.count[:] = 0
    return n_found


@njit(cache=True, nogil=True)
def _spread(lines: Lines, near: _Near, length: NDArray[np.float64], i: int, at_m: float) -> bool:
    """Let the waves of one place run; tell whether there was room for all they reached."""
    n_steps = len(lines.left) - 1
    for back in range(2):
        steps = (at_m if back else length[i] - at_m) / lines.step_m
        if steps < n_steps:
            k = int(steps)
            port = lines.port[2 * i + back]
            if not _reach(lines, near, lines.node[port], k):
                return False
            near.coming[near.local_port[port], k] += 1.0 - (steps - k)
            near.coming[near.local_port[port], k + 1] += steps - k
    for step in range(n_steps):
        n_marked = _advance(lines, near, step)
        for turn in range(1, ROUNDS + 1):
            if n_marked > 0:
                n_marked = _settle(lines, near, step, turn, n_marked)
        if n_marked < 0:
            return False
    return True


@njit(cache=True, nogil=True)
def _reach(lines: Lines, near: _Near, node: int, step: int) -> bool:
    """Give a node and its ports local numbers; tell whether there was room."""
    k = near.local_node[node]
    if k >= 0:
        near.since[k] = min(near.since[k], step)
        return True
    k, n = near.count[0], near.count[1]
    begin, end = lines.first[node], lines.first[node + 1]
    if n + end - begin > len(near.nodes):
        return False
    near.local_node[node], near.nodes[k], near.since[k], near.first[k] = k, node, step, n
    for port in range(begin, end):
        near.local_port[port], near.ports[n], near.owner[n] = n, port, k
        near.whole[n], near.part[n], near.flow[n] = lines.whole[port], lines.part[port], 0.0
        near.coming[n, :] = 0.0
        near.now[:, n] = 0.0
        near.partner[n] = near.local_port[lines.partner[port]]
        if near.partner[n] >= 0:
            near.partner[near.partner[n]] = n
        n += 1
    near.first[k + 1] = n
    near.count[0], near.count[1] = k + 1, n
    return True


@njit(cache=True, nogil=True)
def _advance(lines: Lines, near: _Near, step: int) -> int:
    """Let the waves go on by one step; give how many arrive again within it. -1: no room."""
    coming, flow, first, since = near.coming, near.flow, near.first, near.since
    whole, part, count = near.whole, near.part, near.count
    partner, owner = near.partner, near.owner
    left, n_marked, n_steps = lines.left[step], 0, len(lines.left) - 1
    k = -1
    while k + 1 < count[0]:
        k += 1
        if since[k] > step:
            continue
        total = 0.0
        anything = False
        for port in range(first[k], first[k + 1]):
            total += coming[port, step]
            anything |= coming[port, step] != 0.0
        if not anything:
            continue
        node = near.nodes[k]
        total *= lines.spread[node]
        echo = lines.echo[node]
        for port in range(first[k], first[k + 1]):
            value = coming[port, step]
            out = total - echo * value
            flow[port] += left * (out - value)
            at = step + whole[port]
            if at >= n_steps:
                continue
            if partner[port] < 0 and not _reach(
                lines, near, lines.node[lines.partner[near.ports[port]]], at
            ):
                return -1
            to = partner[port]
            since[owner[to]] = min(since[owner[to]], at)
            late = part[port] * out
            coming[to, at + 1] += late
            if at > step:
                coming[to, at] += out - late
            else:
                near.now[1, to] = out - late
                near.marked[1, n_marked] = owner[to]
                n_marked += 1
    return n_marked


@njit(cache=True, nogil=True)
def _settle(lines: Lines, near: _Near, step: int, turn: int, n_nodes: int) -> int:
    """Pass on what crossed a piece shorter than a step: one round. Gives the same as above."""
    here, there = near.now[turn & 1], near.now[(turn + 1) & 1]
    left, n_marked, n_steps = lines.left[step], 0, len(lines.left) - 1
    for q in range(n_nodes):
        k = near.marked[turn & 1, q]
        begin, end = near.first[k], near.first[k + 1]
        total = here[begin:end].sum() * lines.spread[near.nodes[k]]
        for port in range(begin, end):
            out = total - lines.echo[near.nodes[k]] * here[port]
            near.flow[port] += left * (out - here[port])
            here[port] = 0.0
            at = step + near.whole[port]
            if out == 0.0 or at >= n_steps:
                continue
            other = lines.node[lines.partner[near.ports[port]]]
            if not _reach(lines, near, other, at):
                return -1
            to = near.partner[port]
            late = near.part[port] * out
            if at > step:
                near.coming[to, at] += out - late
            elif turn < ROUNDS:
                there[to] = out - late
                near.marked[(turn + 1) & 1, n_marked] = near.local_node[other]
                n_marked += 1
            else:
                late = out  # out of rounds: what is left waits for the next step
            near.coming[to, at + 1] += late
    return n_marked
