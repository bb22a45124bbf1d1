"""How long a patrol stays where: more need, more often; varied by seed, never to be foretold."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np

from corridors.domain.plan import Dwell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Corridor
    from corridors.planning.walks import WalkGraph

__all__ = ["choose_dwells", "patrol_generator", "walking_min"]


def patrol_generator(seed: int, patrol_id: str) -> np.random.Generator:
    """Make the random generator of one patrol: the same for the same seed and id, everywhere.

    Parameters
    ----------
    seed
        Of the run.
    patrol_id
        Any text. Its SHA-256 is used, because Python's own hash differs from run to run.
    """
    digest = hashlib.sha256(patrol_id.encode()).digest()
    words = [int.from_bytes(digest[at : at + 4], "little") for at in range(0, 32, 4)]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))


def walking_min(walk_m: float, parameters: Parameters) -> int:
    """Give the whole minutes in which a walk of this length is walked, stays apart."""
    return math.ceil(round(walk_m / parameters.walk_m_per_s / 60, 6))


def choose_dwells(
    corridor: Corridor,
    segment_need: Mapping[str, float],
    patrol_min: int,
    parameters: Parameters,
    generator: np.random.Generator,
    *,
    walk: Sequence[str] | None = None,
    graph: WalkGraph | None = None,
) -> tuple[Dwell, ...]:
    """Choose where a patrol stays and for how many minutes.

    Stays are drawn, a segment as often as its share of the need, each for ``dwell_low_min`` to
    ``dwell_high_min`` (Koper 1995) and, where the streets are given, ``stay_apart_m`` or more from
    the others. How many (within what fits), the minutes, and which time the walk passes are drawn.

    Parameters
    ----------
    corridor
        Its segments are used, and its walk unless one is given.
    segment_need
        Need by segment id. A segment without need is never stayed at.
    patrol_min
        Minutes of the patrol.
    parameters
        ``walk_m_per_s``, ``dwell_low_min``, ``dwell_high_min``, ``stay_apart_m``.
    generator
        Of this patrol, see `patrol_generator`.
    walk
        The patrol's own walk; needs `graph`.
    graph
        The corridor's streets.

    Returns
    -------
    tuple of Dwell
        In the order in which the walk reaches them; empty where no dwell fits or no segment has
        need. Their minutes and the walk fit the patrol.
    """
    low, high = parameters.dwell_low_min, max(parameters.dwell_high_min, parameters.dwell_low_min)
    path = corridor.walk if walk is None else walk
    walk_m = corridor.walk_m if walk is None or graph is None else graph.length_m(walk)
    spare = patrol_min - walking_min(walk_m, parameters)
    order = _drawn_by_need(corridor, segment_need, generator)
    if graph is not None:
        order = _spread(order, graph, parameters.stay_apart_m)
    most = min(spare // low, len(order))
    if most < 1:
        return ()
    fewest = max(1, min(math.ceil(spare / high), most))
    stays = order[: int(generator.integers(fewest, most + 1))]
    minutes = _draw_minutes(len(stays), spare, low, high, generator)
    passed = [_draw_passing(path, segment, generator) for segment in stays]
    in_order = sorted(zip(passed, stays, minutes, strict=True))
    return tuple(Dwell(segment, minute) for _, segment, minute in in_order)


def _drawn_by_need(
    corridor: Corridor, segment_need: Mapping[str, float], generator: np.random.Generator
) -> list[str]:
    """Order the segments with need at random, those with more of it sooner.

    Exponential races: the first to finish wins, and each wins as often as its share.
    """
    needy = [s for s in dict.fromkeys(corridor.segment_ids) if _need(segment_need, s) > 0]
    if not needy:
        return []
    time = generator.exponential(size=len(needy)) / [_need(segment_need, s) for s in needy]
    return [needy[row] for row in np.lexsort((np.arange(len(needy)), time))]


def _spread(order: Sequence[str], graph: WalkGraph, apart_m: float) -> list[str]:
    """Keep of each bunch of segments the first: two stays beside each other are one long one."""
    kept: list[str] = []
    for segment in order:
        if all(graph.apart_m(segment, other) >= apart_m for other in kept):
            kept.append(segment)
    return kept


def _need(segment_need: Mapping[str, float], segment: str) -> float:
    need = segment_need.get(segment, 0.0)
    return need if math.isfinite(need) else 0.0


def _draw_passing(path: Sequence[str], segment: str, generator: np.random.Generator) -> int:
    places = [place for place, one in enumerate(path) if one == segment]
    return places[int(generator.integers(len(places)))] if places else len(path)


def _draw_minutes(
    n: int, spare: int, low: int, high: int, generator: np.random.Generator
) -> list[int]:
    """Draw whole minutes from low to high whose sum is at most spare."""
    left = spare - n * low
    minutes = np.full(n, low)
    for place in generator.permutation(n):
        more = int(generator.integers(0, min(left, high - low) + 1))
        minutes[place] += more
        left -= more
    return [int(minute) for minute in minutes]
