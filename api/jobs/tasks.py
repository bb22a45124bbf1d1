"""What children do: plan a week, read an upload. Loaded once, before the children are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from api.jobs.reporting import guess_file, report_file
from corridors.pipeline import plan_week
from corridors.pipeline.stages import Stages

__all__ = ["check", "guess", "plan"]

Tell = Callable[[str, float | None], object]


def plan(
    tell: Tell, *, area_file: str, week: str, out: str, today: str, last_plan: str | None
) -> dict[str, Any]:
    """Plan a week into a folder, as the command line does."""
    day = date.fromisoformat(today)
    plan_week(
        Path(area_file),
        date.fromisoformat(week),
        Path(out),
        as_of=None,
        issued_on=day,
        today=day,
        stages=Stages(tell),
        last_plan=Path(last_plan) if last_plan else None,
    )
    return {}


def guess(tell: Tell, *, path: str, crs: str) -> dict[str, Any]:
    """Read a file of incidents whose columns nobody has named yet."""
    tell("Reading the file", None)
    return guess_file(Path(path), crs)


def check(tell: Tell, *, area_file: str, path: str, kind: str, today: str) -> dict[str, Any]:
    """Read an area with an upload in it, as planning would."""
    return report_file(Path(area_file), path, kind, date.fromisoformat(today), Stages(tell))
