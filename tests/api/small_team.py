"""A small area with its material and two versions of a week: agreed, then a draft to be agreed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from api.area_name import AreaName
from api.loading import load_area, load_plan_folder
from api.store import Store
from api.store.records import Actor
from corridors.pipeline import plan_week
from corridors.pipeline.stages import Stages
from tests.small_area import WEEK, SmallArea, write_small_area

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NOW", "PARTIES", "PROTOCOL", "TEAM_AREA", "make_team_database", "team_sqlite"]

TEAM_AREA = AreaName("small", "Small Council")
NOW = datetime(2026, 6, 29, 9, 0, tzinfo=UTC)
"""A Monday, a week before the planned one."""
PROTOCOL = "no-police-visible_reassurance-S1"
PARTIES = ("Small Council", "Small Youth Trust")
_AIM = """
[[aims]]
school = "S1"
aim = "visible_reassurance"
reason = "Nothing was taken lately."
by = "Small Council"
"""


@pytest.fixture(scope="session")
def team_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with the area in it, to be copied."""
    folder = tmp_path_factory.mktemp("team")
    make_team_database(f"sqlite:///{folder / 'team.sqlite'}", folder)
    return folder / "team.sqlite"


def make_team_database(url: str, folder: Path) -> None:
    """Load the area: version 1 is agreed and published, version 2 a draft with another aim."""
    area = write_small_area(folder / "area")
    store = Store(url, lambda: NOW)
    store.upgrade()
    load_area(store, TEAM_AREA, area.file, keep_days=365)
    head = load_plan_folder(store, TEAM_AREA, _planned(area, folder / "first"))
    with store.writing(Actor("command")) as unit:
        unit.plans.publish(head, head.row_version, reason="Agreed")
    area.write("area.toml", area.file.read_text(encoding="utf-8") + _AIM)
    last = folder / "first" / "internal" / "plan.json"
    load_plan_folder(store, TEAM_AREA, _planned(area, folder / "second", last))
    if store.kind == "sqlite":  # so that the file alone can be copied
        store.compact()
    store.close()


def _planned(area: SmallArea, out: Path, last_plan: Path | None = None) -> Path:
    day = date(2026, 6, 29)
    plan_week(
        area.file,
        WEEK,
        out,
        as_of=None,
        issued_on=day,
        today=day,
        stages=Stages(),
        last_plan=last_plan,
    )
    return out
