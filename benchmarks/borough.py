"""A generated borough of 25,000 segments, 60,000 incidents and 80 schools, as parsed tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from corridors.domain.calendar import SchoolCalendar, Term
from corridors.domain.network import StreetNetwork

__all__ = ["Borough", "make_borough"]

CRS = "EPSG:27700"
SPACING_M = 80.0
CATEGORIES = np.array(
    ["violence", "anti_social_behaviour", "robbery", "theft_from_person", "shoplifting", "drugs"]
)
CATEGORY_SHARE = [0.33, 0.25, 0.06, 0.12, 0.16, 0.08]


@dataclass(frozen=True)
class Borough:
    """Parsed tables of one made-up borough."""

    network: StreetNetwork
    incidents: pd.DataFrame
    schools: pd.DataFrame
    roster: pd.DataFrame
    calendar: SchoolCalendar


def make_borough(
    *,
    n_side: int = 116,
    n_incidents: int = 60_000,
    n_schools: int = 80,
    planted_share: float = 0.02,
    seed: int = 0,
) -> Borough:
    """Make a jittered street grid with a tenth of its streets missing, and what happens on it."""
    rng = np.random.default_rng(seed)
    network = _make_network(n_side, rng)
    extent_m = SPACING_M * (n_side - 1)
    schools = pd.DataFrame(
        {
            "school_id": [f"S{n:03d}" for n in range(n_schools)],
            "name": [f"School {n}" for n in range(n_schools)],
            "x": 530_000.0 + rng.uniform(0.05, 0.95, n_schools) * extent_m,
            "y": 180_000.0 + rng.uniform(0.05, 0.95, n_schools) * extent_m,
        }
    )
    calendar = SchoolCalendar(
        timezone="Europe/London",
        terms=(
            Term(date(2025, 9, 1), date(2026, 7, 22)),
            Term(date(2026, 9, 1), date(2026, 12, 18)),
        ),
        bank_holidays=frozenset(),
        inset_days=frozenset(),
        default_bell=time(15, 15),
        bells={(f"S{n:03d}", 4): time(14, 30) for n in range(0, n_schools, 10)},
    )
    incidents = _make_incidents(network, n_incidents, planted_share, schools, rng)
    return Borough(network, incidents, schools, _make_roster(schools, rng), calendar)


def _make_network(n_side: int, rng: np.random.Generator) -> StreetNetwork:
    column, row = np.meshgrid(np.arange(n_side), np.arange(n_side))
    node_xy = np.column_stack([column.ravel(), row.ravel()]) * SPACING_M
    node_xy = node_xy + rng.normal(0, 12, node_xy.shape) + [530_000.0, 180_000.0]
    number = np.arange(n_side * n_side).reshape(n_side, n_side)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    kept = np.sort(rng.permutation(u.size)[: int(u.size * 0.94)])
    u, v = u[kept].astype(np.int32), v[kept].astype(np.int32)
    middle = 0.5 * (node_xy[u] + node_xy[v]) + rng.normal(0, 4, (u.size, 2))
    geometry = shapely.linestrings(np.stack([node_xy[u], middle, node_xy[v]], axis=1))
    segments = gpd.GeoDataFrame(
        {
            "segment_id": [f"b{n}" for n in range(u.size)],
            "u": u,
            "v": v,
            "length_m": shapely.length(geometry),
            "name": [f"Street {n % 997}" for n in range(u.size)],
            "highway": "residential",
            "layer": 0,
            "bridge": False,
            "tunnel": False,
            "component": 0,
        },
        geometry=geometry,
        crs=CRS,
    )
    return StreetNetwork(segments, node_xy, CRS)


def _make_incidents(
    network: StreetNetwork,
    n: int,
    planted_share: float,
    schools: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Cluster places by a heavy-tailed street attraction; plant an excess at every tenth school."""
    attraction = rng.pareto(1.3, network.n_segments) * network.length_m
    segment = rng.choice(network.n_segments, n, p=attraction / attraction.sum())
    day = rng.integers(0, 365, n)
    hour = np.mod(rng.normal(17, 5.5, n), 24)
    planted = rng.random(n) < planted_share
    hosts = schools.iloc[:: max(len(schools) // 8, 1)]
    middles = shapely.get_coordinates(shapely.centroid(network.segments.geometry.to_numpy()))
    for host, at in enumerate(np.array_split(np.flatnonzero(planted), len(hosts))):
        x, y = hosts["x"].iloc[host], hosts["y"].iloc[host]
        near = np.flatnonzero(
            (np.abs(middles[:, 1] - y) < 60) & (middles[:, 0] > x - 50) & (middles[:, 0] < x + 800)
        )
        segment[at] = rng.choice(near, at.size)
        hour[at] = rng.uniform(15.3, 17.0, at.size)
        day[at] = (day[at] // 7) * 7 + rng.integers(0, 5, at.size)
    points = shapely.line_interpolate_point(
        network.segments.geometry.to_numpy()[segment], rng.random(n), normalized=True
    )
    xy = shapely.get_coordinates(points) + rng.normal(0, 5, (n, 2))
    local = pd.Timestamp("2025-09-01") + pd.to_timedelta(np.minimum(day, 364), unit="D")
    starts = (local + pd.to_timedelta(hour * 3600, unit="s")).tz_localize(
        "Europe/London", ambiguous="NaT", nonexistent="shift_forward"
    )
    starts = starts.where(starts.notna(), local.tz_localize("Europe/London")).tz_convert("UTC")
    is_interval = rng.random(n) < 0.35
    length = pd.to_timedelta(np.where(is_interval, rng.exponential(4 * 3600, n), 0), unit="s")
    category = rng.choice(CATEGORIES, n, p=CATEGORY_SHARE)
    return pd.DataFrame(
        {
            "incident_id": [f"i{n}" for n in range(n)],
            "source": 0,
            "line": np.arange(n) + 2,
            "starts_at": starts,
            "ends_at": starts + length,
            "time_precision": np.where(is_interval, "interval", "exact"),
            "category": category,
            "origin": np.where(category == "drugs", "discovered", "reported"),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "place_precision": "exact",
        }
    )


def _make_roster(schools: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    roles = ["youth_worker", "school_staff", "community_volunteer", "community_safety_officer",
             "camhs_practitioner", "ward_officer"]  # fmt: skip
    n = 60
    role = [roles[k % len(roles)] for k in range(n)]
    return pd.DataFrame(
        {
            "post_id": [f"post-{k}" for k in range(n)],
            "role": role,
            "organisation": [f"Organisation {k % 5}" for k in range(n)],
            "school_ids": [
                str(schools["school_id"].iloc[rng.integers(len(schools))])
                if name == "school_staff"
                else ""
                for name in role
            ],
            "weekdays": "mon;tue;wed;thu;fri",
            "from_min": 14 * 60,
            "to_min": 19 * 60,
            "walks_with_police": [k % 3 != 0 for k in range(n)],
            "max_patrols_week": 4,
        }
    )
