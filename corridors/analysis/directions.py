"""A walk in words: along which street, where to turn, and which main roads are crossed.

Turns are read off the streets' shape near the junction. A main road is crossed where the walk goes
from one side of it to the other: straight over a junction, or after some way along it. Where the
walk only turns into a main road, or ends on it, it is taken to stay on its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from corridors.domain.network import StreetNetwork
from corridors.domain.plan_parts import (
    WalkStep,
)

__all__ = ["Directions", "walk_steps"]

FloatArray = NDArray[np.float64]

MAIN_ROADS = frozenset(
    f"{kind}{link}"
    for kind in ("trunk", "primary", "secondary", "tertiary")
    for link in ("", "_link")
)
PATHS = frozenset({"footway", "path", "cycleway", "bridleway", "track", "corridor"})
LOOK_M = 15.0
"""A street's direction at a junction is that of its first metres."""
STRAIGHT_DEG, BEAR_DEG, SHARP_DEG = 30.0, 55.0, 135.0
SAME_CROSSING_M = 40.0
"""The two carriageways of one road are crossed at once."""


@dataclass(frozen=True, slots=True)
class Directions:
    """A walk in words.

    Parameters
    ----------
    steps
        From turn to turn.
    main_road_crossings
        How often a main road is crossed; None where the streets file does not tell main roads.
    """

    steps: tuple[WalkStep, ...]
    main_road_crossings: int | None


@dataclass(frozen=True, slots=True)
class _Leg:
    """One segment as it is walked."""

    row: int
    name: str
    highway: str
    begin: int
    end: int
    length_m: float
    at: tuple[float, float]
    leaves_deg: float
    arrives_deg: float

    @property
    def is_main(self) -> bool:
        return self.highway in MAIN_ROADS


def walk_steps(
    network: StreetNetwork,
    rows: Sequence[int],
    nodes: Sequence[int],
    gate_xy: tuple[float, float] | None = None,
) -> Directions:
    """Tell a walk as steps that a child would understand.

    Parameters
    ----------
    network
        The streets.
    rows
        Segments in walking order, the gate's own first.
    nodes
        The node at which each is entered, and where the last one ends.
    gate_xy
        Where the gate meets the streets: there the first step begins. Without it, at the first
        node.

    Returns
    -------
    Directions
        No steps for an empty walk.
    """
    names, highways = network.names, network.highways
    lines, lengths, starts = network.segments.geometry.to_numpy(), network.length_m, network.u
    legs: list[_Leg] = []
    for row, begin, end in zip(rows, nodes[:-1], nodes[1:], strict=True):
        xy = shapely.get_coordinates(lines[row])
        if int(starts[row]) != begin:
            xy = xy[::-1]
        legs.append(
            _Leg(
                row=int(row),
                name=str(names[row] or ""),
                highway=str(highways[row] or ""),
                begin=int(begin),
                end=int(end),
                length_m=float(lengths[row]),
                at=gate_xy if gate_xy and not legs else (float(xy[0, 0]), float(xy[0, 1])),
                leaves_deg=_bearing(xy),
                arrives_deg=(_bearing(xy[::-1]) + 180.0) % 360.0,
            )
        )
    if not legs:
        return Directions((), 0)
    crossed = _crossings(network, legs)
    is_told = any(str(kind) not in {"", "road"} for kind in set(highways.tolist()))
    steps = tuple(_steps(legs, crossed))
    return Directions(steps, len(_apart(legs, crossed)) if is_told else None)


def _bearing(xy: FloatArray) -> float:
    """Give the compass bearing of a line's first metres, in degrees."""
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    look_m = min(LOOK_M, float(walked[-1]))
    ahead = [np.interp(look_m, walked, xy[:, axis]) for axis in (0, 1)]
    return float(np.degrees(np.arctan2(ahead[0] - xy[0, 0], ahead[1] - xy[0, 1])) % 360.0)


def _turn(before: _Leg, after: _Leg) -> float:
    """Give the turn in degrees: right is positive, left negative."""
    return (after.leaves_deg - before.arrives_deg + 180.0) % 360.0 - 180.0


def _is_back(before: _Leg, after: _Leg) -> bool:
    return before.row == after.row and after.begin != after.end


# --- crossing main roads


def _crossings(network: StreetNetwork, legs: list[_Leg]) -> dict[int, str]:
    """Find the legs at whose start a main road is crossed, and its name."""
    crossed: dict[int, str] = {}
    main_rows = _main_rows(network, legs)
    side, on_main = 0, ""
    for at in range(1, len(legs)):
        before, after = legs[at - 1], legs[at]
        if not before.is_main and not after.is_main:
            over = (
                None if _is_back(before, after) else _goes_over(network, main_rows, before, after)
            )
            if over is not None:
                crossed[at] = over
        elif not before.is_main:
            # who turns left into a road came from its left
            side = 1 if _turn(before, after) > 0 else -1
            on_main = after.name
        elif after.is_main:
            if _is_back(before, after):
                side = -side
            on_main = before.name or on_main
        else:
            leaves = 1 if _turn(before, after) > 0 else -1
            if side and leaves != side:
                crossed[at] = before.name or on_main
            side = 0
    return crossed


def _main_rows(network: StreetNetwork, legs: list[_Leg]) -> NDArray[np.int64]:
    """Find the segments of main roads that meet the walk: few, and looked through at each turn."""
    nodes = np.array([leg.begin for leg in legs])
    meets = np.isin(network.u, nodes) | np.isin(network.v, nodes)
    rows = np.flatnonzero(meets)
    return rows[np.isin(network.highways[rows].astype(str), sorted(MAIN_ROADS))]


def _goes_over(
    network: StreetNetwork, main_rows: NDArray[np.int64], before: _Leg, after: _Leg
) -> str | None:
    """Tell whether main roads lie on both sides of the way over a junction; give the name."""
    node, u, v = after.begin, network.u[main_rows], network.v[main_rows]
    names, lines = network.names[main_rows], network.segments.geometry.to_numpy()[main_rows]
    come, go = (before.arrives_deg + 180.0) % 360.0, after.leaves_deg
    width = (go - come) % 360.0
    sides: set[bool] = set()
    name = ""
    for row in np.flatnonzero((u == node) | (v == node)):
        xy = shapely.get_coordinates(lines[row])
        for is_here, line in ((u[row] == node, xy), (v[row] == node, xy[::-1])):
            if is_here:
                sides.add((_bearing(line) - come) % 360.0 < width)
                name = name or str(names[row] or "")
    return name if len(sides) == 2 else None


def _apart(legs: list[_Leg], crossed: dict[int, str]) -> list[int]:
    """Count the carriageways of one road once."""
    walked = np.concatenate([[0.0], np.cumsum([leg.length_m for leg in legs])])
    counted: list[int] = []
    last: int | None = None
    for at in sorted(crossed):
        is_same = last is not None and crossed[at] == crossed[last]
        if not (is_same and last is not None and walked[at] - walked[last] <= SAME_CROSSING_M):
            counted.append(at)
        last = at
    return counted


# --- words


def _steps(legs: list[_Leg], crossed: dict[int, str]) -> list[WalkStep]:
    counted = set(_apart(legs, crossed))
    steps: list[WalkStep] = []
    first = 0
    for at in range(1, len(legs) + 1):
        if at < len(legs) and at not in counted and _goes_on(legs[at - 1], legs[at]):
            continue
        steps.append(_step(legs, first, at, crossed[first] if first in counted else None))
        first = at
    return steps


def _goes_on(before: _Leg, after: _Leg) -> bool:
    """Tell whether two legs are one step: one street, or one path that runs on."""
    if _is_back(before, after):
        return False
    if before.name or after.name:
        return before.name == after.name
    return abs(_turn(before, after)) <= BEAR_DEG


def _step(legs: list[_Leg], first: int, end: int, crossed: str | None) -> WalkStep:
    leg = legs[first]
    return WalkStep(
        instruction=_instruction(legs, first, end, crossed),
        street=leg.name,
        length_m=float(sum(one.length_m for one in legs[first:end])),
        x=leg.at[0],
        y=leg.at[1],
        crosses_main_road=crossed is not None,
    )


def _instruction(legs: list[_Leg], first: int, end: int, crossed: str | None) -> str:
    leg = legs[first]
    along, into = _called(legs, first, end)
    if first == 0:
        return f"Out of the gate, along {along}"
    before = legs[first - 1]
    if _is_back(before, leg):
        return f"Turn back along {along}"
    turn = _turn(before, leg)
    how = _turning(turn)
    if not how:
        goes = f"go on along {along}" if leg.name == before.name else f"go straight on {into}"
    elif leg.name and leg.name == before.name:
        goes = f"{how} with {along}"
    else:
        goes = f"{how} {into}"
    if crossed is None:
        return goes[0].upper() + goes[1:]
    return f"Cross {crossed or 'the main road'} and {goes}"


def _turning(turn_deg: float) -> str:
    side = "right" if turn_deg > 0 else "left"
    if abs(turn_deg) <= STRAIGHT_DEG:
        return ""
    if abs(turn_deg) <= BEAR_DEG:
        return f"bear {side}"
    return f"turn {side}" if abs(turn_deg) <= SHARP_DEG else f"turn sharp {side}"


def _called(legs: list[_Leg], first: int, end: int) -> tuple[str, str]:
    """Name a step's street: "along ..." and "into ..."; one without a name by where it leads."""
    leg = legs[first]
    if leg.name:
        return leg.name, f"into {leg.name}"
    if leg.highway == "steps":
        kind = "the steps"
    elif leg.highway in PATHS:
        kind = "the path"
    elif leg.highway == "pedestrian":
        kind = "the walkway"
    else:
        kind = "the street without a name"
    leads = legs[end] if end < len(legs) else None
    is_told = leads is not None and leads.name and not _is_back(legs[end - 1], leads)
    told = f"{kind} to {leads.name}" if is_told and leads is not None else kind
    return told, f"onto {told}"
