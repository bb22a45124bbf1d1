"""A street network as delay lines, on which kernels travel as waves.

The equal-split continuous kernel of Okabe and Sugihara (2012) is what a unit wave leaves behind:
from an incident one wave runs each way; at a node of degree d it sends 2/d into every other street
and 2/d - 1 back. What reaches a place after s metres counts with the kernel at s. Waves add up, so
those of all incidents travel together.

Distance is cut into steps. A street that is n + f steps long hands on a part 1 - f after n steps
and a part f after n + 1: the mean is exact, so the error shrinks with the square of the step.
A piece shorter than one step (real streets are full of them) hands the part 1 - f on at once: the
nodes it joins form a *knot*, and what is sent to and fro inside a knot is solved beforehand.
The mass that a street holds is what flowed in less what flowed out, each with the kernel that was
still to be spent: flows at a node cancel, so no mass is lost however coarse the step.

Echoes at junctions are negative, so single masses can be, where a street begins and ends at one
busy junction: of 20,000 places in central London at 300 m, 4 in 100,000 of the mass. That is in the
definition of the continuous kernel (finer steps do not remove it), not an error of the method.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from corridors.analysis.kernels import check_bandwidth, kernel_code, kernel_cumulative
from corridors.analysis.knots import grouped, number_nodes, solve_knots, tie_knots

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["STEPS", "Lines", "Points", "build_lines", "check_network", "check_points"]

STEPS = 32
"""Steps that the reach of the kernel is cut into, unless told otherwise."""

_SHORTEST = 1e-3
"""Shortest piece, in steps: one of no length at all would make a knot singular."""


class Lines(NamedTuple):
    """The network for compiled code, nodes renumbered so that knots and neighbours are together.

    A *port* is an end of a segment at a node. Ports are ordered by node; a self-loop has two ports
    at the same node.
    """

    first: NDArray[np.int64]
    """``(n_nodes + 1,)`` where the ports of each node begin."""
    node: NDArray[np.int32]
    """``(n_ports,)`` the node of each port."""
    partner: NDArray[np.int32]
    """``(n_ports,)`` the port at the other end of the segment."""
    segment: NDArray[np.int32]
    """``(n_ports,)``"""
    port: NDArray[np.int32]
    """``(2 n_segments,)`` port of the end v, then of the end u, of each segment."""
    spread: NDArray[np.float64]
    """``(n_nodes,)`` what goes out of every port of a node, per unit that comes in by any."""
    echo: NDArray[np.float64]
    """``(n_nodes,)`` what is taken off that at the port it came in by."""
    whole: NDArray[np.int32]
    """``(n_ports,)`` length of the segment in whole steps, at most those of the reach."""
    part: NDArray[np.float64]
    """``(n_ports,)`` what is left of it, as a part of a step."""
    at_once: NDArray[np.float64]
    """``(n_ports,)`` the part that crosses a piece within a knot at once; 0 elsewhere."""
    gain: NDArray[np.float64]
    """``(n_ports,)`` the same, with what goes to and fro inside the piece."""
    knot: NDArray[np.int32]
    """``(n_nodes,)`` the knot of each node; most are knots of one."""
    knot_first: NDArray[np.int64]
    """``(n_knots + 1,)`` where the nodes of each knot begin."""
    solution_first: NDArray[np.int64]
    """``(n_knots + 1,)`` where the solution of each knot begins."""
    solution: NDArray[np.float64]
    """What each node of a knot sends out by all ports, per unit that comes in at each."""
    left: NDArray[np.float64]
    """``(n_steps + 1,)`` kernel mass still to be spent on one side after each step: 1/2 to 0."""
    step_m: float
    code: int
    """The kernel, as compiled code knows it."""


class Points(NamedTuple):
    """Places on segments, checked."""

    segment: NDArray[np.int32]
    position_m: NDArray[np.float64]


def build_lines(
    u: ArrayLike,
    v: ArrayLike,
    length_m: ArrayLike,
    n_nodes: int,
    *,
    bandwidth_m: float,
    kernel: str,
    cell_m: float | None = None,
    continuous: bool = True,
) -> Lines:
    """Cut a network into delay lines.

    Parameters
    ----------
    u, v
        ``(n_segments,)`` end nodes. Self-loops and parallel segments are allowed.
    length_m
        ``(n_segments,)`` lengths, 0 or more.
    n_nodes
        Number of nodes.
    bandwidth_m
        Reach of the kernel.
    kernel
        One of `corridors.analysis.kernels.KERNELS`.
    cell_m
        Longest step; by default the reach in `STEPS` steps.
    continuous
        Equal-split continuous, or discontinuous: 1/(d - 1) into every other street, nothing back.

    Raises
    ------
    BadInput
        The bandwidth or kernel cannot be used.
    ValueError
        The arrays do not fit each other.
    """
    ends, length = check_network(u, v, length_m, n_nodes)
    check_bandwidth(bandwidth_m, length)
    if cell_m is not None and not cell_m > 0:
        raise ValueError("cell_m: must be above 0")
    n_steps = STEPS if cell_m is None else max(4, ceil(bandwidth_m / cell_m))
    step_m = bandwidth_m / n_steps
    whole, part, knot = _cut_into_steps(ends, length, step_m, n_steps, n_nodes)
    knot, number = number_nodes(ends, knot)
    head = number[ends.ravel()]
    first, end = grouped(head, np.arange(len(head), dtype=np.int32), n_nodes)
    port = np.empty_like(end)
    port[end] = np.arange(len(end), dtype=np.int32)
    node, partner, segment = head[end], port[end ^ 1], end >> 1
    spread, echo = _shares(np.diff(first), continuous=continuous)
    at_once = np.where(whole == 0, 1.0 - part, 0.0)[segment]
    gain = at_once / (1.0 - at_once**2 * echo[node] * echo[node[partner]])
    knot_first = np.searchsorted(knot, np.arange(knot[-1] + 2 if n_nodes else 1))
    solution_first, solution = solve_knots(
        node, node[partner], at_once, gain, spread, echo, knot, knot_first
    )
    return Lines(
        first=first,
        node=node,
        partner=partner,
        segment=segment,
        port=port,
        spread=spread,
        echo=echo,
        whole=whole[segment],
        part=part[segment],
        at_once=at_once,
        gain=gain,
        knot=knot,
        knot_first=knot_first,
        solution_first=solution_first,
        solution=solution,
        left=1.0 - kernel_cumulative(kernel, np.arange(n_steps + 1) * step_m, bandwidth_m),
        step_m=step_m,
        code=kernel_code(kernel),
    )


def check_network(
    u: ArrayLike, v: ArrayLike, length_m: ArrayLike, n_nodes: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Check a network; give the ends of each segment, v first, and its length.

    Raises
    ------
    ValueError
        A length or a node that cannot be, or arrays that do not fit each other.
    """
    length = np.ascontiguousarray(length_m, dtype=np.float64)
    ends = np.empty((len(length), 2), dtype=np.int32)
    ends[:, 0], ends[:, 1] = v, u
    if len(length) and not (length.min() >= 0 and length.max() < np.inf):
        raise ValueError("length_m: one finite length of 0 or more a segment")
    if len(length) and not (ends.min() >= 0 and ends.max() < n_nodes):
        raise ValueError("u, v: nodes outside 0..n_nodes - 1")
    return ends, length


def _cut_into_steps(
    ends: NDArray[np.int32], length: NDArray[np.float64], step_m: float, n_steps: int, n_nodes: int
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int32]]:
    """Give the whole steps and the part left of each segment, and the knot of each node."""
    steps = length / step_m
    # A street longer than the reach is never crossed: what is beyond does not matter.
    whole = np.minimum(steps, n_steps).astype(np.int32)
    part = steps - np.floor(steps)
    short = np.flatnonzero(whole == 0)
    part[short] = np.maximum(part[short], _SHORTEST)
    knot = tie_knots(ends, short[np.argsort(length[short], kind="stable")], n_nodes)
    across = short[knot[ends[short, 0]] != knot[ends[short, 1]]]
    whole[across], part[across] = 1, 0.0
    return whole, part, knot


def _shares(
    degree: NDArray[np.int64], *, continuous: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give what goes out of every port of a node, and what is taken off at the port it came by."""
    if continuous:
        return 2.0 / np.maximum(degree, 1), np.ones(len(degree))
    spread = np.where(degree > 1, 1.0 / np.maximum(degree - 1, 1), 0.0)
    return spread, spread.copy()


def check_points(segment: ArrayLike, position_m: ArrayLike, length_m: ArrayLike) -> Points:
    """Check places on segments; one a hair beyond an end is put on the end.

    Raises
    ------
    ValueError
        A segment that does not exist, or a position off its segment.
    """
    length = np.asarray(length_m, dtype=np.float64)
    index = np.ascontiguousarray(segment, dtype=np.int32)
    position = np.ascontiguousarray(position_m, dtype=np.float64)
    if index.shape != position.shape or index.ndim != 1:
        raise ValueError("segment, position_m: one-dimensional and of the same length")
    if len(index) and not (index.min() >= 0 and index.max() < len(length)):
        raise ValueError("segment: outside 0..n_segments - 1")
    end = length[index]
    # rejects NaN too
    if not ((position >= -1e-6) & (position <= end + 1e-6)).all():
        raise ValueError("position_m: off the segment")
    return Points(index, np.clip(position, 0.0, end))
