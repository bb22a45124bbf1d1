"""Hold a plan made from a simulated area against what was planted there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corridors.errors import BadInput, Problem

__all__ = ["Found", "compare_lines", "compare_plan"]


@dataclass(frozen=True, slots=True)
class Found:
    """What was planted at one school of a simulated area, and what the plan proposes there.

    Parameters
    ----------
    school_id
        The school.
    n_recorded
        Planted incidents that were recorded; None where nothing is planted.
    has_corridor
        Whether the plan proposes one.
    overlap
        Share of the planted length whose very streets the corridor holds; None where nothing is
        planted.
    on_planted
        Share of the corridor's length on streets planted for any school; None without a corridor.
    """

    school_id: str
    n_recorded: int | None
    has_corridor: bool
    overlap: float | None
    on_planted: float | None

    @property
    def is_false(self) -> bool:
        """Whether a corridor is proposed on none of the planted streets."""
        return self.has_corridor and self.on_planted == 0.0


def compare_plan(simulated: Path, plan: Path) -> tuple[Found, ...]:
    """Hold a plan against the truth of the simulated area from which it was made.

    Parameters
    ----------
    simulated
        The folder that `corridors simulate` wrote; its ``truth.json`` is read.
    plan
        The folder that `corridors plan` wrote; its ``internal/plan.json`` is read.

    Returns
    -------
    tuple of Found
        One for each school of the plan, in its order.

    Raises
    ------
    BadInput
        If one of the two is not what it should be, or they are not of one area.
    """
    truth = _read(simulated / "truth.json", "planted", "Name a folder that simulate wrote.")
    made = _read(plan / "internal" / "plan.json", "corridors", "Name a folder that plan wrote.")
    planted = {one["school_id"]: one for one in truth["planted"]}
    schools = [str(school["school_id"]) for school in made["schools"]]
    if not str(made["area"]).startswith(str(truth["area"])) or not set(planted) <= set(schools):
        mend = "Plan on the area.toml of the simulated folder."
        raise BadInput(Problem(plan.name, "This plan is not of that simulated area.", mend))
    length_m = {
        segment: float(metres)
        for one in planted.values()
        for segment, metres in zip(one["segment_ids"], one["segment_m"], strict=True)
    }
    corridors = {school: one for one in made["corridors"] for school in one["school_ids"]}
    return tuple(
        _found(school, planted.get(school), corridors.get(school), length_m) for school in schools
    )


def _read(path: Path, key: str, mend: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadInput(Problem(path.name, "It is missing, or not JSON.", mend)) from None
    if not isinstance(content, dict) or key not in content:
        raise BadInput(Problem(path.name, "It is not the file of that name that we write.", mend))
    return content


def _found(
    school_id: str,
    planted: Mapping[str, Any] | None,
    corridor: Mapping[str, Any] | None,
    length_m: Mapping[str, float],
) -> Found:
    streets = set() if corridor is None else set(corridor["segment_ids"])
    overlap = on_planted = None
    if planted is not None:
        common_m = sum(length_m[one] for one in planted["segment_ids"] if one in streets)
        overlap = common_m / sum(planted["segment_m"])
    if corridor is not None:
        common_m = sum(metres for one, metres in length_m.items() if one in streets)
        on_planted = min(common_m / max(float(corridor["length_m"]), 1e-9), 1.0)
    recorded = None if planted is None else int(planted["n_recorded"])
    return Found(school_id, recorded, corridor is not None, overlap, on_planted)


def compare_lines(found: Sequence[Found]) -> list[str]:
    """Say in sentences what was found and what was not; schools without either are only counted."""
    planted = [one for one in found if one.n_recorded is not None]
    lines = []
    for one in planted:
        told = (
            f"found, with {one.overlap:.0%} of the planted length"
            if one.has_corridor and one.overlap
            else "a corridor elsewhere"
            if one.has_corridor
            else "missed"
        )
        lines.append(f"{one.school_id}: {one.n_recorded} planted incidents recorded: {told}.")
    others = [one for one in found if one.n_recorded is None]
    shared = sum(one.has_corridor and not one.is_false for one in others)
    false = sum(one.is_false for one in others)
    lines.append(
        f"Of {len(others)} schools where nothing is planted, {false} have a corridor on none of "
        f"the planted streets (false), and {shared} share streets with a planted one."
    )
    return lines
