"""What a person changes on a corridor: it is kept, its cost in need is told, or it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.checks.corridor_checker import count_branches
from tests.checks.plan_checker import PlanFolder
from tests.cli.running import Planned, plan_area, run_corridors
from tests.small_area import WEEK, SmallArea, write_small_area

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import RunArea

GATE = "2-3-0"
"""On Row 0, from Column 1 to Column 2; the junctions of Row 0 are 1 to 6, of Row 1 7 to 12."""


def edit(what: str, school: str = "S1") -> str:
    return (
        f'\n[[corridors]]\nschool = "{school}"\n{what}\n'
        'reason = "Unlit until spring."\nby = "Community safety team"\n'
    )


def with_edits(area: SmallArea, *edits: str) -> SmallArea:
    toml = (area.folder / "area.toml").read_text()
    area.write("area.toml", toml + "".join(edits))
    return area


def corridor_of(planned: Planned) -> dict[str, Any]:
    (corridor,) = planned.plan["corridors"]
    return dict(corridor)


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Plan the small area without anybody's change."""
    folder = tmp_path_factory.mktemp("free")
    return plan_area(write_small_area(folder / "area"), folder / "out")


@pytest.fixture(scope="module")
def world(free: Planned) -> PlanFolder:
    return PlanFolder.read(free.folder.parent / "area" / "area.toml", free.folder)


def best_by_hand(
    world: PlanFolder,
    length_m: float,
    forbidden: frozenset[str] = frozenset(),
    required: frozenset[str] = frozenset(),
) -> float:
    """Try every connected set of streets with the gate's within a length and three branches."""
    ids = [str(one) for one in world.segments["segment_id"]]
    need, row_of = world.need_of(["S1"]), world.row_of
    most = int((length_m + 1) // 100)
    seen, layer = set(), {frozenset({GATE})}
    best = -1.0
    while layer:
        seen |= layer
        for chosen in layer:
            rows = [row_of[one] for one in chosen]
            metres = world.segments["length_m"].to_numpy()[rows].sum()
            if (
                metres <= length_m
                and required <= chosen
                and count_branches(world.u, world.v, rows, row_of[GATE]) <= 3
            ):
                best = max(best, sum(need[one] for one in chosen))
        layer = {
            chosen | {one}
            for chosen in layer
            if len(chosen) < most
            for one in ids
            if one not in chosen | forbidden and _meets(one, chosen)
        } - seen
    return best


def _meets(one: str, chosen: frozenset[str]) -> bool:
    ends = {end for other in chosen for end in other.split("-")[:2]}
    return not ends.isdisjoint(one.split("-")[:2])


def test_without_a_change_nothing_better_is_missed(free: Planned, world: PlanFolder) -> None:
    corridor = corridor_of(free)
    best = best_by_hand(world, 600.0)
    assert corridor["need"] <= best <= corridor["bound"] * (1 + 1e-6)
    assert corridor["need"] >= 0.95 * best
    assert corridor["edits"] == []


def test_forbid_require_and_shorten_together(
    free: Planned, world: PlanFolder, plan: RunArea, area: SmallArea
) -> None:
    """Their costs add up to the need that is lost; case does not matter in names of streets."""
    was = corridor_of(free)
    assert {"2-8-0", "3-9-0"} <= set(was["segment_ids"])
    assert "4-10-0" not in was["segment_ids"]
    with_edits(
        area,
        edit('forbid = ["column 2"]'),
        edit('require = { segments = ["4-10-0"] }'),
        edit("shorten_to_m = 410"),
    )
    planned = plan(area)
    corridor = corridor_of(planned)
    assert "Column 2" not in corridor["streets"]
    assert not {"3-9-0", "9-15-0"} & set(corridor["segment_ids"])
    assert "4-10-0" in corridor["segment_ids"]
    assert corridor["length_m"] <= 410
    edits = corridor["edits"]
    assert [one["kind"] for one in edits] == ["forbid", "require", "shorten"]
    assert [one["what"] for one in edits] == ["column 2", "1 segment", "at most 410 m"]
    assert {one["reason"] for one in edits} == {"Unlit until spring."}
    assert {one["by"] for one in edits} == {"Community safety team"}
    lost = was["need"] - corridor["need"]
    assert lost > 0
    assert sum(one["need_cost"] for one in edits) == pytest.approx(lost, rel=1e-6)
    forbidden = frozenset(
        world.segments.loc[world.segments["name"] == "Column 2", "segment_id"].astype(str)
    )
    best = best_by_hand(world, 410.0, forbidden, frozenset({"4-10-0"}))
    assert corridor["need"] <= best <= corridor["bound"] * (1 + 1e-6)
    # an end that holds little for its length may be cut off
    assert corridor["need"] >= 0.9 * best
    # the page for those who work with it tells all of it, and what leaves tells nobody's name
    page = planned.read("internal/plan.html")
    for said in ("Unlit until spring.", "Community safety team", "Left out", "Put in", "Shortened"):
        assert said in page
    for path in (planned.folder / "public").rglob("*"):
        if path.is_file():
            assert b"Community safety team" not in path.read_bytes()


def test_a_change_never_costs_less_than_nothing(
    free: Planned, plan: RunArea, area: SmallArea
) -> None:
    """What is walked with little less than the best is no measure of what a change gives up."""
    area.swap("area.toml", "seed = 7", "seed = 7\nnear_enough = 0.5")
    alike = corridor_of(plan(area))
    assert alike["need"] < corridor_of(free)["need"]
    assert "2-8-0" not in alike["segment_ids"]
    with_edits(area, edit('require = { segments = ["2-8-0"] }'), edit('forbid = ["Column 3"]'))
    corridor = corridor_of(plan(area))
    assert corridor["need"] > alike["need"]
    assert [one["need_cost"] for one in corridor["edits"]] == [0, 0]


def test_what_is_drawn_is_walked(free: Planned, plan: RunArea, area: SmallArea) -> None:
    drawn = ["2-3-0", "3-9-0", "9-10-0"]
    with_edits(area, edit(f"redraw = {{ segments = {drawn} }}"))
    corridor = corridor_of(plan(area))
    assert sorted(corridor["segment_ids"]) == sorted(drawn)
    assert corridor["method"] == "drawn"
    (told,) = corridor["edits"]
    assert (told["kind"], told["what"]) == ("redraw", "3 segments")
    assert told["need_cost"] == pytest.approx(corridor_of(free)["need"] - corridor["need"])
    # what a better one could hold is still told
    assert corridor["bound"] >= corridor_of(free)["need"]
    assert corridor["gap"] == pytest.approx(1 - corridor["need"] / corridor["bound"], abs=1e-6)


def test_what_is_kept_anyway_changes_nothing_and_costs_nothing(
    free: Planned, plan: RunArea, area: SmallArea
) -> None:
    with_edits(
        area,
        edit('forbid = ["Row 5"]'),
        edit("shorten_to_m = 590"),
        edit('require = ["Row 4"]', "S2"),
    )
    planned = plan(area)
    corridor, was = corridor_of(planned), corridor_of(free)
    assert [one["need_cost"] for one in corridor["edits"]] == [0, 0]
    for key in ("segment_ids", "need", "bound", "walk", "method"):
        assert corridor[key] == was[key], key
    # S2 has no patrol: what was asked of its corridor is told to be unused
    assert "S2: no patrol, so what was changed by hand is not used." in planned.plan["notes"]


REFUSED = {
    "the gate's own street": (['forbid = ["Row 0"]'], "holds the gate is forbidden"),
    "every way from the gate": (
        ['forbid = { segments = ["2-7-0", "2-8-0", "3-9-0", "3-4-0"] }'],
        "cuts the gate off",
    ),
    "too far to be joined": (['require = ["Column 3"]'], "does not fit"),
    "out of reach": (['require = { segments = ["34-35-0"] }'], "lie beyond 600 m"),
    "drawn, and not connected": (
        ['redraw = { segments = ["2-3-0", "9-10-0"] }'],
        "do not hang together",
    ),
    "drawn too long": (['redraw = ["Row 0", "Column 2"]'], "may be 600 m at most"),
    "drawn and then shortened": (
        ['redraw = { segments = ["2-3-0", "3-4-0", "4-5-0"] }', "shorten_to_m = 200"],
        "may be 200 m at most",
    ),
    "drawn over what is forbidden": (
        ['redraw = { segments = ["2-3-0", "3-4-0"] }', 'forbid = { segments = ["3-4-0"] }'],
        "for the opposite",
    ),
    "drawn by name over what is forbidden": (
        ['redraw = ["Row 0"]', 'forbid = { segments = ["3-4-0"] }'],
        "holds a street that is forbidden",
    ),
    "drawn without what is required": (
        ['redraw = { segments = ["2-3-0", "3-4-0"] }', 'require = { segments = ["2-8-0"] }'],
        "lacks one that is required",
    ),
    "cut off what is required": (
        ['require = { segments = ["8-9-0"] }', 'forbid = ["Column 1", "Column 2"]',
         'forbid = { segments = ["7-8-0", "9-10-0"] }'],
        "cannot be reached",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_kept_is_refused(area: SmallArea, tmp_path: Path, case: str) -> None:
    wanted, said = REFUSED[case]
    area.swap("area.toml", "seed = 7", 'seed = 7\ncorridor_search = "fast"')
    with_edits(area, *map(edit, wanted))
    out = tmp_path / "out"
    told = run_corridors("plan", area.file, "--week", WEEK, "--out", out)
    assert told.code == 2, told.err
    assert said in told.err
    assert "corridors" in told.err
    assert "S1" in told.err or "corridors[" in told.err
    assert not out.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"area"}
