"""The team's map: every street in one answer, ranks in place of figures, for the team alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import shapely

from api.plan_streets import pack_streets
from api.rights import Role
from tests.api.conftest import OTHER

if TYPE_CHECKING:
    from tests.api.conftest import World

MAP = "/team/north/plans/2026-11-23/1/map"


def street(segment_id: str, *points: tuple[float, float], **values: object) -> tuple[bytes, str]:
    properties = {"segment_id": segment_id, "name": "", "covered": True, **values}
    return shapely.to_wkb(shapely.LineString(points)), json.dumps(properties)


def unpacked(line: list[int], scale: float) -> list[tuple[float, float]]:
    x = y = 0
    found = []
    for dx, dy in zip(line[::2], line[1::2], strict=True):
        x, y = x + dx, y + dy
        found.append((x / scale, y / scale))
    return found


def test_lines_come_back_to_the_metre() -> None:
    lines = [[(-0.12, 51.5), (-0.11873, 51.50111), (-0.2, 51.6)], [(0.0, 0.0), (1e-5, -1e-5)]]
    body = json.loads(
        pack_streets([street(str(n), *points) for n, points in enumerate(lines)], {"c": ["1", "?"]})
    )
    for packed, line in zip(body["lines"], lines, strict=True):
        found = [number for point in unpacked(packed, body["scale"]) for number in point]
        assert found == pytest.approx([number for point in line for number in point], abs=6e-6)
    assert body["corridors"] == {"c": [1]}
    assert json.loads(pack_streets([], {}))["lines"] == []


def test_ranks_by_hand() -> None:
    """Of twenty streets that hold something: ten low, six middle, three high, one highest."""
    line = ((0.0, 0.0), (0.0, 1.0))
    rows = [street(str(n), *line, intensity_per_km_day=float(n)) for n in range(1, 21)]
    rows += [street("zero", *line, intensity_per_km_day=0.0)]
    rows += [street("gap", *line, intensity_per_km_day=3.0, covered=False)]
    rows += [street("none", *line, intensity_per_km_day=None)]
    body = json.loads(pack_streets(rows, {}))
    assert body["bands"] == [1] * 10 + [2] * 6 + [3] * 3 + [4] + [0, -1, -1]


def test_the_map_is_the_teams_and_its_reading_is_logged(world: World) -> None:
    planner = world.signed_in(Role.PLANNER)
    page = planner.get(MAP)
    assert page.status_code == 200
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    with world.store.reading() as unit:
        assert unit.log.entries("north")[0].action == "read_plan"
    streets = planner.get(f"{MAP}/streets")
    assert streets.headers["cache-control"] == "private, no-cache"
    body = streets.json()
    assert len(body["lines"]) == len(body["bands"]) == 3
    assert body["bands"] == [4, 0, -1]
    assert body["names"][body["name_of"][0]] == "Alder Street"
    assert not {"intensity_per_km_day", "n_incidents"} & set(streets.text.split('"'))
    tag = {"if-none-match": streets.headers["etag"]}
    assert planner.get(f"{MAP}/streets", headers=tag).status_code == 304
    for path in (MAP, f"{MAP}/streets"):
        assert world.visitor().get(path).status_code == 401
        assert world.signed_in(Role.PARTNER).get(path).status_code == 403
        assert world.signed_in(Role.PLANNER, OTHER).get(path).status_code == 404
        assert planner.get(path.replace("/1/map", "/9/map")).status_code == 404
