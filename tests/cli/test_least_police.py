"""The least police that covers the same need, and the curve from which a person chooses."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import Planned, plan_area
from tests.small_area import write_small_area

if TYPE_CHECKING:
    from pathlib import Path


def plan_with(folder: Path, *parameters: str) -> Planned:
    area = write_small_area(folder / "area")
    given = "\n".join(["seed = 7", 'corridor_search = "fast"', *parameters])
    area.swap("area.toml", "seed = 7", given)
    return plan_area(area, folder / "out")


def police_min(planned: Planned) -> int:
    return sum(int(patrol["police_min"]) for patrol in planned.plan["patrols"])


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    return plan_with(tmp_path_factory.mktemp("free"))


def chosen(planned: Planned) -> list[float]:
    (point,) = (one for one in planned.plan["trade_off"] if one["is_chosen"])
    return [point["police_min"], point["need_covered"], point["n_patrols"]]


def test_the_curve_is_every_number_of_patrols(free: Planned) -> None:
    """Robbery asks for one officer for 75 minutes on each patrol: the best days come first."""
    patrols = {patrol["starts_at"][:10]: patrol for patrol in free.plan["patrols"]}
    n = len(patrols)
    assert police_min(free) == 75 * n
    curve = free.plan["trade_off"]
    assert [point["police_min"] for point in curve] == [75 * k for k in range(n + 1)]
    assert [point["n_patrols"] for point in curve] == list(range(n + 1))
    assert chosen(free) == pytest.approx([75 * n, free.plan["corridors"][0]["need"], n])
    # each further patrol covers less than the one before
    steps = [b["need_covered"] - a["need_covered"] for a, b in pairwise(curve)]
    assert steps == sorted(steps, reverse=True)
    assert "Police minutes: what for" in free.read("internal/plan.html")


def test_no_police_minutes_where_a_person_wants_none(tmp_path: Path) -> None:
    made = plan_with(tmp_path, "most_police_min = 0")
    assert police_min(made) == 0
    assert made.plan["patrols"] == []
    assert made.outcomes["S1"] == "uncovered"
    assert chosen(made) == [0, 0, 0]
    assert len(made.plan["unmet"]) == 5
    told = str(made.plan["unmet"])
    assert "police minutes" in told


def test_what_two_patrols_of_police_cover(free: Planned, tmp_path: Path) -> None:
    made = plan_with(tmp_path, "most_police_min = 160")
    assert police_min(made) == 150
    assert len(made.plan["patrols"]) == 2
    assert len(made.plan["unmet"]) == 3
    was = {one["police_min"]: one["need_covered"] for one in free.plan["trade_off"]}
    assert chosen(made) == pytest.approx([150, was[150], 2])
    # the whole curve stays, so that the choice can be changed
    assert [p["police_min"] for p in made.plan["trade_off"]] == sorted(was)
