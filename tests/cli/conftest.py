"""The command line, run in this process as somebody would run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.running import Answer, Planned, plan_area, run_corridors
from tests.small_area import WEEK, SmallArea, write_small_area

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Answer]
    RunArea = Callable[..., Planned]

__all__ = ["Answer", "Planned"]


@pytest.fixture
def run() -> Run:
    """Give a function that runs ``corridors`` with arguments."""
    return run_corridors


@pytest.fixture
def area(tmp_path: Path) -> SmallArea:
    """Write the small area."""
    return write_small_area(tmp_path / "area")


@pytest.fixture
def plan(tmp_path: Path) -> RunArea:
    """Give a function that plans the small area's week, and checks what it gave."""

    def plan_it(area: SmallArea, *more: object, week: object = WEEK, code: int = 0) -> Planned:
        return plan_area(area, tmp_path / "out", *more, week=week, code=code)

    return plan_it
