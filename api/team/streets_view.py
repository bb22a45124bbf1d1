"""The streets that a corridor can be changed by: its own, in walking order, and those around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["StreetChoices", "view_streets"]


@dataclass(frozen=True, slots=True)
class StreetChoices:
    """Streets to choose from."""

    own: tuple[str, ...]
    """On the corridor, in walking order."""
    nearby: tuple[str, ...]
    pieces: tuple[tuple[str, str], ...]
    """Segments of the corridor, from the gate: id, and words for it."""


def view_streets(corridor: Mapping[str, Any], names: Mapping[str, str]) -> StreetChoices:
    """Lay out the streets of a corridor and around it.

    Parameters
    ----------
    corridor
        As the plan has it.
    names
        Street name of each segment around it; blank where it has none.
    """
    own = tuple(corridor["streets"])
    known = {name.casefold() for name in own}
    nearby = {name.casefold(): name for name in names.values() if name}
    counted: dict[str, int] = {}
    pieces = []
    for n, segment_id in enumerate(corridor["segment_ids"], start=1):
        name = names.get(segment_id) or "a path without a name"
        counted[name] = counted.get(name, 0) + 1
        pieces.append((segment_id, f"{n}. {name}, piece {counted[name]}"))
    return StreetChoices(
        own,
        tuple(name for key, name in sorted(nearby.items()) if key not in known),
        tuple(pieces),
    )
