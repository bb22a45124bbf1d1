"""How long a patrol stays where: most need first, varied by seed, never to be read off a notice."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np

from corridors.domain.plan import Dwell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Corridor

__all__ = ["choose_dwells", "patrol_generator"]


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


def choose_dwells(
    corridor: Corridor,
    segment_need: Mapping[str, float],
    patrol_min: int,
    parameters: Parameters,
    generator: np.random.Generator,
) -> tuple[Dwell, ...]:
    """Choose where a patrol stays and for how many minutes.

    As many of the segments with most need as the minutes left after the walk allow, each for
    ``dwell_low_min`` to ``dwell_high_min`` (Koper 1995). How many (within what fits), the minutes
    and the direction of the walk are drawn.

    Parameters
    ----------
    corridor
        Its segments, walk and walk length are used.
    segment_need
        Need by segment id. A segment without need is never stayed at.
    patrol_min
        Minutes of the patrol.
    parameters
        ``walk_m_per_s``, ``dwell_low_min``, ``dwell_high_min``.
    generator
        Of this patrol, see `patrol_generator`.

    Returns
    -------
    tuple of Dwell
        In the order in which the walk reaches them; empty where no dwell fits or no segment has
        need. Their minutes and the walk fit the patrol.
    """
    low, high = parameters.dwell_low_min, max(parameters.dwell_high_min, parameters.dwell_low_min)
    spare = patrol_min - math.ceil(round(corridor.walk_m / parameters.walk_m_per_s / 60, 6))
    needy = [s for s in dict.fromkeys(corridor.segment_ids) if _need(segment_need, s) > 0]
    needy.sort(key=lambda segment: (-_need(segment_need, segment), segment))
    most = min(spare // low, len(needy))
    if most < 1:
        return ()
    fewest = max(1, min(math.ceil(spare / high), most))
    stays = needy[: int(generator.integers(fewest, most + 1))]
    minutes = _draw_minutes(len(stays), spare, low, high, generator)
    position = {segment: place for place, segment in reversed(list(enumerate(corridor.walk)))}
    in_order = sorted(
        zip(stays, minutes, strict=True), key=lambda s: (position.get(s[0], len(position)), s[0])
    )
    if generator.integers(2):
        in_order.reverse()
    return tuple(Dwell(segment, minute) for segment, minute in in_order)


def _need(segment_need: Mapping[str, float], segment: str) -> float:
    need = segment_need.get(segment, 0.0)
    return need if math.isfinite(need) else 0.0


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
