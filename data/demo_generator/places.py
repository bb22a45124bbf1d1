"""Where the schools stand, and the ways home on which something is planted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from shapely import LineString
from shapely.ops import substring

from data.demo_generator.geometry import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.demo_generator.network import Network
    from data.demo_generator.streets import Town

__all__ = ["Planted", "School", "place_schools"]

_GATE_KINDS = ("terrace", "cross", "collector", "link", "branch")
_OUT_OF_REACH_M = 1_280.0
_GATES_APART_M = 950.0
_DIRECT = 0.74
_BUSY = ("high_street", "market")
_SCHOOLS = (
    ("H001", "Ringway Academy", "interchange"),
    ("H002", "St Osyth's Catholic School", "footbridge"),
    ("H003", "Haverness Park School", "park"),
    ("H004", "Northgate High School", ""),
    ("H005", "The Maltings School", ""),
    ("H006", "Saltfield Community College", ""),
)


@dataclass(frozen=True, slots=True)
class Planted:
    """A way home with something on it: from the gate to where pupils go."""

    towards: str
    pieces: list[int]
    """Rows of the network's pieces; the first is the gate's."""
    line: LineString
    """From the gate along the street, metres from the market cross."""


@dataclass(frozen=True, slots=True)
class School:
    """A school: its gate a few metres beside a street."""

    school_id: str
    name: str
    piece: int
    gate: tuple[float, float]
    planted: Planted | None


def place_schools(town: Town, seed: int) -> list[School]:
    """Put three schools a kilometre from their planted ends, and three out of their reach."""
    network, rng = town.network, generator(seed, 10)
    kinds = network.of_pieces("kind")
    middle = np.array([line.interpolate(0.5, normalized=True).coords[0] for line in network.lines])
    able = np.isin(kinds, _GATE_KINDS) & (network.length_m > 45) & network.walkable
    candidates = np.flatnonzero(able & (np.hypot(*middle.T) < 1500))
    best = -np.inf
    planted: list[Planted] = []
    quiet: list[int] = []
    for trio in _trios(network, kinds, candidates, rng):
        others, worth = _quiet(network, middle, candidates, trio)
        if worth > best:
            best, planted, quiet = worth, trio, others
    schools = []
    for number, (school_id, name, _) in enumerate(_SCHOOLS):
        plan = planted[number] if number < len(planted) else None
        piece = plan.pieces[0] if plan else quiet[number - len(planted)]
        schools.append(School(school_id, name, piece, _gate(network.lines[piece]), plan))
    return schools


def _gate(line: LineString) -> tuple[float, float]:
    foot = np.array(line.interpolate(0.5, normalized=True).coords[0])
    ahead = np.array(line.interpolate(line.length / 2 + 2).coords[0])
    step = (ahead - foot) / np.hypot(*(ahead - foot))
    gate = foot + np.array([-step[1], step[0]]) * 7.0
    return float(gate[0]), float(gate[1])


def _nodes_of(network: Network, kinds: NDArray[np.str_], kind: str) -> NDArray[np.int64]:
    rows = np.flatnonzero((kinds == kind) & network.walkable)
    return np.unique(np.concatenate([network.u[rows], network.v[rows]]))


def _trios(
    network: Network,
    kinds: NDArray[np.str_],
    candidates: NDArray[np.int64],
    rng: np.random.Generator,
) -> list[list[Planted]]:
    """Try many gates and ends; keep the forty trios whose ways lie farthest from one another."""
    pools = []
    for (_, _, towards), kind in zip(_SCHOOLS, ("station", "crossing", "park"), strict=False):
        nodes = _nodes_of(network, kinds, kind)
        if towards == "interchange":
            centre = network.node_xy[nodes].mean(axis=0)
            nodes = nodes[[np.argmin(np.hypot(*(network.node_xy[nodes] - centre).T))]]
        pool: list[Planted] = []
        for node in rng.permutation(nodes)[:8]:
            pool += _ways_to(network, kinds, candidates, int(node), towards, rng)
        pools.append(pool)
    scored: list[tuple[float, int, list[Planted]]] = []
    for number in range(600):
        trio = [pool[int(rng.integers(len(pool)))] for pool in pools]
        pairs = ((0, 1), (0, 2), (1, 2))
        apart = min(trio[a].line.distance(trio[b].line) for a, b in pairs)
        gates = [np.array(way.line.coords[0]) for way in trio]
        between = min(float(np.hypot(*(gates[a] - gates[b]))) for a, b in pairs)
        # Far apart, but not pushed to the edge: the other schools need room too.
        out = sum(float(np.hypot(*gate)) for gate in gates) / 3
        score = min(apart, 600.0) + 0.5 * min(between, 950.0) - 0.2 * out
        scored.append((-round(score, 3), number, trio))
    return [trio for _, _, trio in sorted(scored, key=lambda item: item[:2])[:40]]


def _ways_to(
    network: Network,
    kinds: NDArray[np.str_],
    candidates: NDArray[np.int64],
    node: int,
    towards: str,
    rng: np.random.Generator,
) -> list[Planted]:
    reach = network.distance_from(node)
    half = network.length_m[candidates] / 2
    walk = np.minimum(reach[network.u[candidates]], reach[network.v[candidates]]) + half
    right = candidates[(walk > 930) & (walk < 1060)]
    ways: list[Planted] = []
    for piece in rng.permutation(right)[:40]:
        ends = np.array([network.u[piece], network.v[piece]])
        start = int(ends[np.argmin(reach[ends])])
        pieces = [int(piece), *network.walk(start, node)]
        line = _line(network, pieces, start)
        beeline = np.hypot(*(np.array(line.coords[0]) - np.array(line.coords[-1])))
        # People who walk home a roundabout way would not all walk the same one.
        direct = beeline > _DIRECT * line.length
        # On the high street so much happens all day that one more reason would be hard to tell.
        busy = network.length_m[pieces][np.isin(kinds[pieces], _BUSY)].sum()
        direct = direct and busy < 0.12 * line.length
        if direct and len(set(pieces)) == len(pieces) and len(ways) < 8:
            ways.append(Planted(towards, pieces, line))
    return ways


def _line(network: Network, pieces: list[int], start: int) -> LineString:
    gate = network.lines[pieces[0]]
    if network.u[pieces[0]] == start:
        gate = gate.reverse()
    first = substring(gate, 0.5, 1.0, normalized=True)
    coordinates = list(first.coords)
    node = start
    for piece in pieces[1:]:
        forward = network.u[piece] == node
        line = network.lines[piece] if forward else network.lines[piece].reverse()
        coordinates += list(line.coords)[1:]
        node = int(network.v[piece] if forward else network.u[piece])
    return LineString(coordinates)


def _quiet(
    network: Network,
    middle: NDArray[np.float64],
    candidates: NDArray[np.int64],
    planted: list[Planted],
) -> tuple[list[int], float]:
    """Find three gates that no walk of a corridor's length joins to a planted way.

    Returns
    -------
    list of int
        Pieces of their gates.
    float
        How good all six places are together, at most 2: out of reach, and apart.
    """
    rows = np.array(sorted({piece for way in planted for piece in way.pieces}))
    reach = network.distance_from(np.unique(np.concatenate([network.u[rows], network.v[rows]])))
    walk = np.minimum(reach[network.u[candidates]], reach[network.v[candidates]])
    far = np.minimum(walk / _OUT_OF_REACH_M, 1.0)
    taken = [np.array(way.line.coords[0]) for way in planted]
    chosen: list[int] = []
    worth_walk = worth_apart = 1.0
    for _ in range(3):
        apart = np.min([np.hypot(*(middle[candidates] - gate).T) for gate in taken], axis=0)
        near = np.minimum(apart / _GATES_APART_M, 1.0)
        # Of equals the one nearer to the middle of the town: schools do not stand at its edge.
        score = np.round(far + near - np.hypot(*middle[candidates].T) * 1e-4, 6)
        best = int(np.argmax(score))
        worth_walk, worth_apart = min(worth_walk, far[best]), min(worth_apart, near[best])
        chosen.append(int(candidates[best]))
        taken.append(middle[candidates[best]])
    gates = [float(np.hypot(*(a - b))) for n, a in enumerate(taken) for b in taken[:n]]
    worth_apart = min(worth_apart, min(gates) / _GATES_APART_M)
    return chosen, round(float(worth_walk + worth_apart), 6)
