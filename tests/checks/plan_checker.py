"""Every rule that a written plan has to keep, read from its files and checked in the plainest way.

Streets are taken from the geometry of ``segments.parquet``, needs from ``school_segments.parquet``,
the roster and its rules from what was given. Nothing of the planner is used but the records that
`roster_checker` reads.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from corridors.domain.area import Area
from corridors.domain.calendar import WEEKDAYS
from corridors.domain.plan import Aim, Role
from corridors.domain.vocabulary import PolicePresence
from corridors.planning.posts import Post
from corridors.planning.roster_rules import TeamRules
from corridors.planning.week import PatrolDemand
from corridors.sources.area import read_area
from corridors.sources.reference import read_aims, read_roles
from tests.checks.corridor_checker import count_branches, is_connected
from tests.checks.roster_checker import broken_rules

__all__ = ["PlanFolder", "check_plan", "check_plan_folder"]

FLAT_M = 0.01
"""What rounding of coordinates may move the end of a street."""


@dataclass(frozen=True)
class PlanFolder:
    """A plan as it was written, with what it was made of."""

    plan: dict[str, Any]
    segments: gpd.GeoDataFrame
    needs: pd.DataFrame
    area: Area
    aims: dict[str, Aim]
    roles: dict[str, Role]
    posts: dict[str, Post]
    u: NDArray[np.int64]
    v: NDArray[np.int64]

    @classmethod
    def read(cls, area_file: Path, folder: Path) -> PlanFolder:
        internal = folder / "internal"
        area = read_area(area_file)
        base = area_file.parent
        roles = dict(read_roles(base / area.roles_path if area.roles_path else None))
        aims = dict(read_aims(base / area.aims_path if area.aims_path else None, roles=roles))
        aims |= _mixed(area, aims)
        segments = gpd.read_parquet(internal / "segments.parquet")
        number: dict[tuple[float, float], int] = {}
        ends = [
            [
                number.setdefault((round(x, 2), round(y, 2)), len(number))
                for x, y in (line.coords[0][:2], line.coords[-1][:2])
            ]
            for line in segments.geometry
        ]
        u, v = np.array(ends, np.int64).T
        return cls(
            plan=json.loads((internal / "plan.json").read_text(encoding="utf-8")),
            segments=segments,
            needs=pd.read_parquet(internal / "school_segments.parquet"),
            area=area,
            aims=aims,
            roles=roles,
            posts=_posts(base / area.roster_path, roles) if area.roster_path else {},
            u=u,
            v=v,
        )

    @cached_property
    def row_of(self) -> dict[str, int]:
        return {str(name): row for row, name in enumerate(self.segments["segment_id"])}

    def need_of(self, school_ids: list[str]) -> dict[str, float]:
        """Give the need of segments; of two schools the one that needs a street more counts."""
        own = self.needs[self.needs["school_id"].isin(school_ids)]
        needs = own.groupby("segment_id", observed=True)["need"].max()
        return {str(name): float(need) for name, need in needs.items()}


def _mixed(area: Area, aims: dict[str, Aim]) -> dict[str, Aim]:
    """Give the aims as a person set their mix, written apart from the planner."""
    return {
        f"{name}@{mix.school_id}": replace(
            aim,
            needed=mix.needed,
            unsuitable=tuple(
                set(aim.unsuitable) - {role for group in mix.needed for role in group}
            ),
            min_posts=mix.min_posts,
            police=PolicePresence(mix.police),
        )
        for mix in area.mixes
        for name, aim in aims.items()
    }


def _posts(path: Path, roles: dict[str, Role]) -> dict[str, Post]:
    """Read a roster without spoilt rows, as it is written."""

    def minute(clock: str) -> int:
        return int(clock[:2]) * 60 + int(clock[3:5])

    def days(written: str) -> tuple[int, ...]:
        if "-" in written:
            first, last = (WEEKDAYS.index(day) for day in written.split("-"))
            return tuple(range(first, last + 1))
        return tuple(WEEKDAYS.index(day) for day in written.replace(",", ";").split(";"))

    def words(written: str | None) -> tuple[str, ...]:
        return tuple(word.strip() for word in (written or "").split(";") if word.strip())

    with path.open(encoding="utf-8") as file:
        return {
            row["post_id"]: Post(
                row["post_id"],
                row["role"],
                row["organisation"],
                roles[row["role"]].police,
                words(row["school_id"]),
                days(row["weekdays"]),
                minute(row["from"]),
                minute(row["to"]),
                row["walks_with_police"] == "yes",
                int(row["max_patrols_week"]),
                roles[row["role"]].school_linked,
                words(row.get("refuses")),
                words(row.get("walks_only_with")),
            )
            for row in csv.DictReader(file)
        }


def check_plan_folder(area_file: Path, folder: Path) -> None:
    """Fail where the plan in a folder breaks a rule."""
    check_plan(PlanFolder.read(area_file, folder))


def check_plan(made: PlanFolder) -> None:
    """Fail where a plan breaks a rule of corridors, of patrols or of the roster."""
    for corridor in made.plan["corridors"]:
        check_corridor_of_plan(made, corridor)
    corridors = {one["corridor_id"]: one for one in made.plan["corridors"]}
    for patrol in made.plan["patrols"]:
        check_patrol(made, patrol, corridors[patrol["corridor_id"]])
    check_schools(made, corridors)
    assert broken_by_roster(made) == []


def check_corridor_of_plan(made: PlanFolder, corridor: dict[str, Any]) -> None:
    """Connected, no longer than allowed, few branches; and what it says of itself is so."""
    given = made.area.parameters
    rows = [made.row_of[one] for one in corridor["segment_ids"]]
    assert len(set(rows)) == len(rows)
    gate = made.row_of[corridor["walk"][0]]
    assert is_connected(made.u, made.v, rows, gate)
    length_m = made.segments["length_m"].to_numpy()
    assert corridor["length_m"] == pytest.approx(length_m[rows].sum(), abs=0.01)
    assert corridor["length_m"] <= max(given.corridor_length_m, length_m[gate]) + FLAT_M
    if corridor["method"] != "drawn":
        assert count_branches(made.u, made.v, rows, gate) <= given.max_branches
    need = made.need_of(corridor["school_ids"])
    held = sum(need.get(one, 0.0) for one in corridor["segment_ids"])
    assert corridor["need"] == pytest.approx(held, rel=1e-6, abs=1e-9)
    assert corridor["need"] <= corridor["bound"] * (1 + 1e-9)
    assert corridor["gap"] == pytest.approx(1 - corridor["need"] / corridor["bound"], abs=1e-6)
    check_walk_of_plan(made, corridor["walk"], corridor["segment_ids"])
    walked_m = length_m[[made.row_of[one] for one in corridor["walk"]]].sum()
    assert corridor["walk_m"] == pytest.approx(walked_m, abs=0.01)
    assert corridor["length_m"] <= corridor["walk_bound_m"] + FLAT_M
    assert corridor["walk_bound_m"] <= corridor["walk_m"] + FLAT_M
    said_m = sum(step["length_m"] for step in corridor["steps"])
    assert said_m == pytest.approx(corridor["walk_m"], abs=0.05)
    for edit in corridor["edits"]:
        assert edit["reason"]
        assert edit["by"]


def check_walk_of_plan(made: PlanFolder, walk: list[str], segment_ids: list[str]) -> None:
    """Every street of the corridor, nothing else, and nobody has to jump."""
    assert set(walk) == set(segment_ids)
    rows = [made.row_of[one] for one in walk]
    at = {int(made.u[rows[0]]), int(made.v[rows[0]])}
    for row in rows[1:]:
        u, v = int(made.u[row]), int(made.v[row])
        at = {far for near, far in ((u, v), (v, u)) if near in at}
        assert at, "the walk jumps"


def check_patrol(made: PlanFolder, patrol: dict[str, Any], corridor: dict[str, Any]) -> None:
    """In the windows of all its schools, its walk and stays fit, police counted rightly."""
    given = made.area.parameters
    starts_at, ends_at = (datetime.fromisoformat(patrol[key]) for key in ("starts_at", "ends_at"))
    week = date.fromisoformat(made.plan["week"])
    assert week <= starts_at.date() <= week + timedelta(days=6)
    for school_id in corridor["school_ids"]:
        timetable = made.area.calendar.timetable(school_id)
        if school_id == patrol["school_id"]:
            assert timetable.is_teaching_day(starts_at.date())
        if timetable.is_teaching_day(starts_at.date()):
            bell = timetable.bell(starts_at.date())
            assert bell is not None
            bell_at = datetime.combine(starts_at.date(), bell, starts_at.tzinfo)
            assert starts_at >= bell_at - timedelta(minutes=given.before_min)
            assert ends_at <= bell_at + timedelta(minutes=given.after_min)
    check_walk_of_plan(made, patrol["walk"], corridor["segment_ids"])
    minutes = (ends_at - starts_at).total_seconds() / 60
    stays = [stay["min"] for stay in patrol["dwell"]]
    assert patrol["walk_min"] + sum(stays) <= minutes
    length_m = made.segments["length_m"].to_numpy()
    walked_m = length_m[[made.row_of[one] for one in patrol["walk"]]].sum()
    assert patrol["walk_min"] >= walked_m / given.walk_m_per_s / 60 - 1e-6
    assert {stay["segment_id"] for stay in patrol["dwell"]} <= set(corridor["segment_ids"])
    n_police = sum(made.roles[post["role"]].police for post in patrol["posts"])
    assert [post["police"] for post in patrol["posts"]] == [
        made.roles[post["role"]].police for post in patrol["posts"]
    ]
    assert patrol["police_min"] == n_police * minutes
    assert (patrol["protocol_id"] is None) == (n_police > 0)
    for cover in patrol["cover"]:
        assert cover["stand_in"] not in {post["post_id"] for post in patrol["posts"]}


def check_schools(made: PlanFolder, corridors: dict[str, Any]) -> None:
    """A school has a patrol exactly where it says so."""
    walked = {patrol["corridor_id"] for patrol in made.plan["patrols"]}
    for school in made.plan["schools"]:
        assert (school["outcome"] == "patrol") == (school["corridor_id"] in walked)
        if school["corridor_id"] is not None:
            assert school["school_id"] in corridors[school["corridor_id"]]["school_ids"]
    ids = [one["corridor_id"] for key in ("corridors", "candidates") for one in made.plan[key]]
    assert len(set(ids)) == len(ids)
    for one, other in pairwise(made.plan["trade_off"]):
        assert one["police_min"] < other["police_min"]
        assert one["need_covered"] < other["need_covered"]


def broken_by_roster(made: PlanFolder) -> list[str]:
    """List what the roster breaks, by the checker that was written apart from the solver."""
    demands, teams, leads = [], {}, {}
    for patrol in made.plan["patrols"]:
        name = str(patrol["patrol_id"])
        demands.append(_demand(name, patrol))
        teams[name] = tuple(made.posts[post["post_id"]] for post in patrol["posts"])
        lead = [post for post in teams[name] if post.role == patrol["lead_role"]]
        leads[name] = lead[0].post_id if lead else ""
    unmet = [_demand(f"unmet {n}", one) for n, one in enumerate(made.plan["unmet"])]
    return broken_rules(
        [*demands, *unmet],
        teams,
        leads,
        [one.demand_id for one in unmet],
        made.aims,
        made.roles,
        made.area.parameters,
        rules=TeamRules(made.area.refusals, made.area.pairings),
        absences=made.area.absences,
        travel=_travel(made),
    )


def _demand(name: str, row: dict[str, Any]) -> PatrolDemand:
    return PatrolDemand(
        name,
        row["corridor_id"],
        row["school_id"],
        datetime.fromisoformat(row["starts_at"]),
        datetime.fromisoformat(row["ends_at"]),
        row["aim"],
        1.0,
    )


def _travel(made: PlanFolder) -> dict[tuple[str, str], float]:
    """Measure the longest way from an end of one corridor to one of another, by middles.

    Only where a post walks both on one day.
    """
    days: dict[tuple[str, str], set[str]] = {}
    for patrol in made.plan["patrols"]:
        for post in patrol["posts"]:
            key = (post["post_id"], patrol["starts_at"][:10])
            days.setdefault(key, set()).add(patrol["corridor_id"])
    pairs = {pair for walked in days.values() for pair in combinations(sorted(walked), 2)}
    if not pairs:
        return {}
    graph = _walks(made)
    ends = {
        one["corridor_id"]: [f"middle {made.row_of[one['walk'][at]]}" for at in (0, -1)]
        for one in made.plan["corridors"]
    }
    found = {}
    for one, other in pairs:
        ways = [
            nx.dijkstra_path_length(graph, a, b, weight="m")
            for a in ends[one]
            for b in ends[other]
            if nx.has_path(graph, a, b)
        ]
        found[one, other] = max(ways) if len(ways) == 4 else np.inf
    return found


def _walks(made: PlanFolder) -> nx.Graph[Any]:
    graph: nx.Graph[Any] = nx.Graph()
    for row, metres in enumerate(made.segments["length_m"].to_numpy()):
        u, v, middle = int(made.u[row]), int(made.v[row]), f"middle {row}"
        for one, other, part in ((u, middle, 0.5), (v, middle, 0.5), (u, v, 1.0)):
            if metres * part < graph.get_edge_data(one, other, {"m": np.inf})["m"]:
                graph.add_edge(one, other, m=metres * part)
    return graph
