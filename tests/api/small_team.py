"""A small area with its material and two versions of a week: agreed, then a draft to be agreed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from api.area_name import AreaName
from api.loading import load_area, load_plan_folder
from api.store import Store
from api.store.records import Actor
from tests.small_area import WEEK, SmallArea, write_small_area

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NOW", "PROTOCOL", "TEAM_AREA", "load_team", "team_folder", "team_sqlite"]

TEAM_AREA = AreaName("small", "Small Council")
NOW = datetime(2026, 6, 29, 9, 0, tzinfo=UTC)
"""A Monday, a week before the planned one."""
PROTOCOL = "no-police-visible_reassurance-S1"
_AIM = """
[[aims]]
school = "S1"
aim = "visible_reassurance"
reason = "Nothing was taken lately."
by = "Small Council"
"""


@pytest.fixture(scope="session")
def team_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the area's material, and a plan folder for each of the two versions."""
    folder = tmp_path_factory.mktemp("team")
    area = write_small_area(folder / "area")
    _planned(area, folder / "first")
    text = area.file.read_text(encoding="utf-8")
    area.write("area.toml", text + _AIM)
    _planned(area, folder / "second", folder / "first" / "internal" / "plan.json")
    area.write("area.toml", text)
    return folder


@pytest.fixture(scope="session")
def team_sqlite(tmp_path_factory: pytest.TempPathFactory, team_folder: Path) -> Path:
    """Give a file with the area in it, to be copied."""
    path = tmp_path_factory.mktemp("team-sqlite") / "team.sqlite"
    store = Store(f"sqlite:///{path}", lambda: NOW)
    store.upgrade()
    load_team(store, team_folder)
    store.compact()  # so that the file alone can be copied
    store.close()
    return path


def load_team(store: Store, folder: Path) -> None:
    """Load the area: version 1 is agreed and published, version 2 a draft with another aim."""
    load_area(store, TEAM_AREA, folder / "area" / "area.toml", keep_days=365)
    head = load_plan_folder(store, TEAM_AREA, folder / "first")
    with store.writing(Actor("command")) as unit:
        unit.plans.publish(head, head.row_version, reason="Agreed")
    load_plan_folder(store, TEAM_AREA, folder / "second")


def _planned(area: SmallArea, out: Path, last_plan: Path | None = None) -> None:
    # the library takes seconds to load: only where the area is planned
    plan_week = import_module("corridors.pipeline").plan_week
    stages = import_module("corridors.pipeline.stages").Stages()
    day = date(2026, 6, 29)
    plan_week(
        area.file,
        WEEK,
        out,
        as_of=None,
        issued_on=day,
        today=day,
        stages=stages,
        last_plan=last_plan,
    )
