"""Compiled: waves of all incidents at once, on the delay lines of `corridors.analysis.waves`.

Arrays are taken out of their tuples before the loops: within, compiled code would count references
at every use, which costs more than the arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from corridors.analysis.kernels import unit_density

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from corridors.analysis.waves import Lines, Points

__all__ = ["Waves", "add_own", "gather", "run_waves"]


class Waves(NamedTuple):
    """What moves while waves travel."""

    ring: NDArray[np.float64]
    """What is on its way, by port and step of arrival: a ring of whole + 2 steps a port."""
    base: NDArray[np.int64]
    """``(n_ports,)`` where the ring of each port begins."""
    hand: NDArray[np.int32]
    """``(n_ports,)`` the place of the present step in the ring."""
    flow: NDArray[np.float64]
    """``(n_ports,)`` mass that came into the segment by each port."""
    arrived: NDArray[np.float64]
    """``(n_ports,)`` what arrives in this step."""
    came: NDArray[np.float64]
    """``(n_nodes,)`` the same, summed."""
    sent: NDArray[np.float64]
    """``(n_nodes,)`` what goes out by every port of a node, before the echo is taken off."""
    entered: NDArray[np.float64]
    """``(n_ports, n_steps)`` what went out by each port at each step; or empty."""


def _still(lines: Lines, *, note: bool) -> Waves:
    n_ports = len(lines.node)
    ends = np.cumsum(lines.whole.astype(np.int64) + 2)
    return Waves(
        ring=np.zeros(int(ends[-1]) if n_ports else 0),
        base=ends - lines.whole - 2,
        hand=np.zeros(n_ports, dtype=np.int32),
        flow=np.zeros(n_ports),
        arrived=np.zeros(n_ports),
        came=np.zeros(len(lines.spread)),
        sent=np.zeros(len(lines.spread)),
        entered=np.zeros((n_ports, len(lines.left) - 1) if note else (0, 0)),
    )


def run_waves(
    lines: Lines,
    length: NDArray[np.float64],
    points: Points,
    weight: NDArray[np.float64],
    *,
    note: bool = False,
) -> Waves:
    """Let the waves of weighted points run; note what enters each segment at each step."""
    waves = _still(lines, note=note)
    _travel(lines, waves, length, points, weight)
    return waves


@njit(cache=True, nogil=True)
def _travel(
    lines: Lines,
    waves: Waves,
    length: NDArray[np.float64],
    points: Points,
    weight: NDArray[np.float64],
) -> None:
    """Let the waves of all incidents run until the kernel is spent."""
    _emit(lines, waves, length, points, weight)
    for step in range(len(lines.left) - 1):
        _sum_up(lines, waves)
        _send_out(lines, waves, step)


@njit(cache=True, nogil=True)
def _emit(
    lines: Lines,
    waves: Waves,
    length: NDArray[np.float64],
    points: Points,
    weight: NDArray[np.float64],
) -> None:
    """Put the waves that incidents send both ways where they arrive at the ends."""
    n_steps, step_m = len(lines.left) - 1, lines.step_m
    ring, base, port_of, whole = waves.ring, waves.base, lines.port, lines.whole
    segment, position_m = points.segment, points.position_m
    for point in range(len(weight)):
        i = segment[point]
        for back in range(2):
            steps = (position_m[point] if back else length[i] - position_m[point]) / step_m
            k = int(steps)
            if k < n_steps:
                late = (steps - k) * weight[point]
                port = port_of[2 * i + back]
                at = base[port]
                ring[at + k] += weight[point] - late
                ring[at + (k + 1 if k <= whole[port] else 0)] += late


@njit(cache=True, nogil=True)
def _sum_up(lines: Lines, waves: Waves) -> None:
    """Take what arrives in this step, and work out what every node sends out by all its ports."""
    ring, base, hand, arrived, came = waves.ring, waves.base, waves.hand, waves.arrived, waves.came
    sent, spread, first, whole = waves.sent, lines.spread, lines.first, lines.whole
    for node in range(len(spread)):
        total = 0.0
        for port in range(first[node], first[node + 1]):
            at = base[port] + hand[port]
            arrived[port] = ring[at]
            total += ring[at]
            ring[at] = 0.0
            hand[port] = hand[port] + 1 if hand[port] <= whole[port] else 0
        came[node] = total
        sent[node] = spread[node] * total
    _to_and_fro(lines, arrived, came, sent)


@njit(cache=True, nogil=True)
def _to_and_fro(
    lines: Lines,
    arrived: NDArray[np.float64],
    came: NDArray[np.float64],
    sent: NDArray[np.float64],
) -> None:
    """Settle what the nodes of each knot send out."""
    at_once, gain, echo, partner = lines.at_once, lines.gain, lines.echo, lines.partner
    first, node_of, knot_first = lines.first, lines.node, lines.knot_first
    solution, solution_first, at = lines.solution, lines.solution_first, 0
    for knot in range(len(knot_first) - 1):
        low, high = knot_first[knot], knot_first[knot + 1]
        if solution_first[knot + 1] == at:
            continue
        for port in range(first[low], first[high]):
            if at_once[port] > 0.0:
                node, other = node_of[port], node_of[partner[port]]
                echoed = gain[port] * echo[node] * arrived[port]
                came[node] += at_once[port] * echo[other] * echoed
                came[other] -= echoed
        for node in range(low, high):
            total = 0.0
            for other in range(low, high):
                total += solution[at] * came[other]
                at += 1
            sent[node] = total


@njit(cache=True, nogil=True)
def _send_out(lines: Lines, waves: Waves, step: int) -> None:
    """Send it, less the echo."""
    ring, base, hand, arrived, flow = waves.ring, waves.base, waves.hand, waves.arrived, waves.flow
    sent, echo, node_of, partner = waves.sent, lines.echo, lines.node, lines.partner
    whole, part, at_once, gain = lines.whole, lines.part, lines.at_once, lines.gain
    left, steps_left = lines.left[step], len(lines.left) - 1 - step
    note, entered = len(waves.entered) > 0, waves.entered
    for port in range(len(node_of)):
        node, once, value = node_of[port], at_once[port], arrived[port]
        if once > 0.0:
            other = node_of[partner[port]]
            value += gain[port] * (
                sent[other]
                - echo[other] * (arrived[partner[port]] + once * sent[node])
                + once * echo[other] * echo[node] * value
            )
        out = sent[node] - echo[node] * value
        flow[port] += left * (out - value)
        if note:
            entered[port, step] = out
        # the hand stands at the next step already
        at, n = hand[port], whole[port]
        if n < steps_left:
            to = base[partner[port]]
            ring[to + (at - 2 if at > 1 else at + n)] += part[port] * out
            if once == 0.0:
                ring[to + (at - 3 if at > 2 else at + n - 1)] += (1.0 - part[port]) * out


@njit(cache=True, nogil=True)
def gather(
    lines: Lines,
    entered: NDArray[np.float64],
    length: NDArray[np.float64],
    start: NDArray[np.int64],
    at_m: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Add up at each sample the waves that came into its segment."""
    n_steps, step_m, code, port_of = len(lines.left) - 1, lines.step_m, lines.code, lines.port
    density = np.zeros(len(at_m))
    for i in range(len(length)):
        for sample in range(start[i], start[i + 1]):
            total = 0.0
            for back in range(2):
                steps = (length[i] - at_m[sample] if back else at_m[sample]) / step_m
                port = port_of[2 * i + 1 - back]
                for step in range(n_steps - int(steps) if steps < n_steps else 0):
                    total += entered[port, step] * unit_density(code, (step + steps) / n_steps)
            density[sample] = total / (n_steps * step_m)
    return density


@njit(cache=True, nogil=True)
def add_own(
    lines: Lines,
    points: Points,
    weight: NDArray[np.float64],
    start: NDArray[np.int64],
    at_m: NDArray[np.float64],
    density: NDArray[np.float64],
) -> None:
    """Add at each sample the incidents of its own segment, straight."""
    reach_m, code = lines.step_m * (len(lines.left) - 1), lines.code
    segment, position_m = points.segment, points.position_m
    for point in range(len(weight)):
        i = segment[point]
        for sample in range(start[i], start[i + 1]):
            ratio = abs(at_m[sample] - position_m[point]) / reach_m
            density[sample] += weight[point] * unit_density(code, ratio) / reach_m
