"""The toy town: fifteen segments whose answers are known by hand.

It lies in the sea off Cornwall (EPSG:27700), so no real street is ever shown with invented crime.
Coordinates below are metres from the town's corner ``ORIGIN``; nodes are numbered as drawn::

    y=250                       9--.      Quarry Close: a bend of 30 m and 20 m, from node 8
                                |
    y=200   6 ------- 7 ------- 8         Canal Walk
            |         |         |
            |         |         |
    y=100   3 ------- 4 ------- 5         Mill Lane
            |         |         |      10
            |         |         |       |  Island Path: joined to nothing
    y=0     0 ------- 1 ------- 2      11  High Street

           x=0      x=100     x=200   x=400
         West Rd  Bridge St  East Rd

The Railway Footbridge (layer 1) runs straight from node 2 to node 3, over Bridge Street at
(100, 50) where it joins nothing.

Known by hand
-------------
- Twelve segments of exactly 100 m (s00 to s11), Quarry Close s12 50 m, the footbridge s13
  sqrt(200² + 100²) = 223.607 m, Island Path s14 100 m: 1,573.607 m in all.
- Component 0 holds s00 to s13 (1,473.607 m), component 1 holds s14.
- Degrees: nodes 0 and 6 have 2; 1, 2, 5, 7 and 8 have 3; 3 and 4 have 4; 9, 10 and 11 have 1.
- Walks: node 3 to node 2 is 223.607 m over the footbridge and 300 m without it; node 0 to node 8
  is 400 m.
- Gates: school T1 at (50, 104) is 4 m from the middle of s02; T2 at (204, 150) is 4 m from the
  middle of s11; T3 at (2200, 2200) is far from everything.
- A point at (100, 50) lies on Bridge Street (s08) and on the footbridge (s13): distance 0 to both.
"""

from __future__ import annotations

from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from corridors.domain.network import StreetNetwork
from corridors.domain.plan import (
    Aim,
    Corridor,
    Dwell,
    Patrol,
    PatrolPost,
    Plan,
    Protocol,
    Role,
    SchoolResult,
    Unmet,
)
from corridors.domain.vocabulary import Grade, Outcome, PlanStatus, PolicePresence

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "ORIGIN",
    "TOY_CRS",
    "toy_aims",
    "toy_basis_arrays",
    "toy_gates",
    "toy_network",
    "toy_plan",
    "toy_roles",
    "toy_schools",
]

TOY_CRS = "EPSG:27700"
ORIGIN = (150_000.0, 100_000.0)

_NODES = [
    (0, 0), (100, 0), (200, 0),
    (0, 100), (100, 100), (200, 100),
    (0, 200), (100, 200), (200, 200),
    (220, 230), (400, 100), (400, 0),
]  # fmt: skip

_SEGMENTS: list[tuple[int, int, str]] = [
    (0, 1, "High Street"),  # s00
    (1, 2, "High Street"),  # s01
    (3, 4, "Mill Lane"),  # s02
    (4, 5, "Mill Lane"),  # s03
    (6, 7, "Canal Walk"),  # s04
    (7, 8, "Canal Walk"),  # s05
    (0, 3, "West Road"),  # s06
    (3, 6, "West Road"),  # s07
    (1, 4, "Bridge Street"),  # s08
    (4, 7, "Bridge Street"),  # s09
    (2, 5, "East Road"),  # s10
    (5, 8, "East Road"),  # s11
    (8, 9, "Quarry Close"),  # s12, bent
    (2, 3, "Railway Footbridge"),  # s13, over s08
    (10, 11, "Island Path"),  # s14, joined to nothing
]
_BENDS: dict[int, list[tuple[int, int]]] = {12: [(200, 230)]}
_BRIDGE = 13
_ISLAND = 14


def toy_network() -> StreetNetwork:
    """Build the toy town's streets. See the module's docstring for what is known of them."""
    node_xy = np.asarray(_NODES, float) + ORIGIN
    bends = {row: np.asarray(xy, float) + ORIGIN for row, xy in _BENDS.items()}
    straight = np.empty((0, 2))
    lines = [
        shapely.LineString([node_xy[u], *bends.get(row, straight), node_xy[v]])
        for row, (u, v, _) in enumerate(_SEGMENTS)
    ]
    n = len(lines)
    rows = np.arange(n)
    segments = gpd.GeoDataFrame(
        {
            "segment_id": [f"s{row:02d}" for row in rows],
            "u": np.array([u for u, _, _ in _SEGMENTS], np.int32),
            "v": np.array([v for _, v, _ in _SEGMENTS], np.int32),
            "length_m": shapely.length(lines),
            "name": [name for _, _, name in _SEGMENTS],
            "highway": np.where(rows == _BRIDGE, "footway", "residential"),
            "layer": np.where(rows == _BRIDGE, 1, 0).astype(np.int32),
            "bridge": rows == _BRIDGE,
            "tunnel": np.zeros(n, bool),
            "component": np.where(rows == _ISLAND, 1, 0).astype(np.int32),
        },
        geometry=lines,
        crs=TOY_CRS,
    )
    return StreetNetwork(segments=segments, node_xy=node_xy, crs=TOY_CRS)


def toy_schools() -> pd.DataFrame:
    """List three schools: T1 and T2 have a gate 4 m from a street, T3 lies far from any."""
    return pd.DataFrame(
        {
            "school_id": ["T1", "T2", "T3"],
            "name": ["Mill Lane School", "East Road Academy", "Faraway School"],
            "x": np.array([50.0, 204.0, 2200.0]) + ORIGIN[0],
            "y": np.array([104.0, 150.0, 2200.0]) + ORIGIN[1],
        }
    )


def toy_gates() -> dict[str, tuple[float, float]]:
    """Give the gates that lie on the network: the middles of s02 and s11."""
    x, y = ORIGIN
    return {"T1": (x + 50.0, y + 100.0), "T2": (x + 200.0, y + 150.0)}


def toy_roles() -> dict[str, Role]:
    """Give the roles that the toy plan uses."""
    roles = [
        Role(
            "youth_worker",
            "Youth worker",
            police=False,
            statutory=False,
            may_lead=True,
            does="Walks the corridor, greets pupils and talks with anyone who wants to.",
            does_not="Does not search, photograph or report on young people.",
            training="Detached youth work",
        ),
        Role(
            "school_staff",
            "Member of school staff",
            police=False,
            statutory=True,
            may_lead=True,
            does="Stands at the gate as a familiar face, then walks with the group.",
            does_not="Does not deal with school discipline on the street.",
            training="Safeguarding level 2",
            school_linked=True,
        ),
        Role(
            "ward_officer",
            "Ward police officer",
            police=True,
            statutory=True,
            may_lead=False,
            does="Is nearby and comes if the group calls.",
            does_not="Does not lead the patrol.",
            training="Child-centred policing",
        ),
    ]
    return {role.role_id: role for role in roles}


def toy_aims() -> dict[str, Aim]:
    """Give the one aim that the toy plan uses."""
    aim = Aim(
        aim_id="robbery_on_the_way_home",
        name="Robbery on the way home",
        partnership_aim="improve safety and enhance safeguarding",
        why="Adults whom pupils know, present on the streets where robbery has been reported.",
        categories=("robbery",),
        lead_roles=("youth_worker",),
        needed=(("youth_worker",),),
        welcome=("school_staff",),
        unsuitable=(),
        min_posts=2,
        police=PolicePresence.ON_CALL,
        police_why="Police stay away unless called, so that nobody is put off from walking along.",
    )
    return {aim.aim_id: aim}


def toy_basis_arrays() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Give intensity, support and coverage of each segment; Island Path is not covered."""
    intensity = np.array([9, 1, 12, 2, 0, 0, 3, 0, 10, 1, 4, 5, 0, 6, 0], float)
    support = np.array([20, 9, 25, 10, 2, 0, 12, 3, 22, 9, 11, 13, 1, 14, 0], float)
    covered = np.arange(len(_SEGMENTS)) != _ISLAND
    return intensity, support, covered


def _at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Europe/London"))


def _corridor(number: int, school_id: str, segment_ids: tuple[str, ...], grade: Grade) -> Corridor:
    names = [_SEGMENTS[int(segment_id[1:])][2] for segment_id in segment_ids]
    return Corridor(
        corridor_id=f"C{number}",
        school_ids=(school_id,),
        segment_ids=segment_ids,
        walk=segment_ids,
        length_m=100.0 * len(segment_ids),
        walk_m=100.0 * len(segment_ids),
        need=31.0,
        bound=33.0,
        grade=grade,
        streets=tuple(dict.fromkeys(names)),
        why=("Mostly robbery, mostly between 15:30 and 17:00.",),
    )


def _patrol(day: int) -> Patrol:
    return Patrol(
        patrol_id=f"C1-2026-11-{day}",
        corridor_id="C1",
        school_id="T1",
        starts_at=_at(day, 15, 15),
        ends_at=_at(day, 16, 30),
        aim="robbery_on_the_way_home",
        lead_role="youth_worker",
        posts=(
            PatrolPost("YW-01", "youth_worker", "Toy Town Youth Project", police=False),
            PatrolPost("ST-07", "school_staff", "Mill Lane School", police=False),
        ),
        police=PolicePresence.ON_CALL,
        police_min=0,
        dwell=(Dwell("s02", 12), Dwell("s00", 10)),
        protocol_id="robbery_on_the_way_home-T1",
    )


def toy_plan(*, agreed: bool = False) -> Plan:
    """Build the plan of the toy town for the week of 23 November 2026.

    T1 has a patrol of corridor C1 (s02, s08, s00: 300 m) on Tuesday and Thursday, 15:15 to 16:30,
    and one on Friday that nobody can staff; T2's evidence is too weak; T3 is not on the network.

    Parameters
    ----------
    agreed
        Whether both parties have agreed the protocol; otherwise the plan is a draft.
    """
    parties = ("Mill Lane School", "Toy Town Youth Project")
    protocol = Protocol(
        protocol_id="robbery_on_the_way_home-T1",
        aim="robbery_on_the_way_home",
        school_id="T1",
        leads="Youth worker",
        call_police_when=("somebody is hurt",),
        call_police_how="999",
        not_for_police=("pupils being loud",),
        withdraw_to="School reception",
        contacts=("Ward team",),
        needed_from=parties,
        agreed_by=tuple((party, date(2026, 11, 12)) for party in parties) if agreed else (),
    )
    return Plan(
        area="Toy Town",
        week=date(2026, 11, 23),
        timezone="Europe/London",
        status=PlanStatus.AGREED if agreed else PlanStatus.DRAFT,
        issued_on=date(2026, 11, 16),
        basis="window",
        schools=(
            SchoolResult(
                "T1",
                "Mill Lane School",
                Outcome.PATROL,
                "41 incidents in the window, p = 0.001.",
                Grade.STRONG,
                41,
                0.001,
                "C1",
                ("41 incidents",),
            ),
            SchoolResult(
                "T2",
                "East Road Academy",
                Outcome.EVIDENCE_TOO_WEAK,
                "Only 6 incidents in the window, p = 0.31.",
                Grade.WEAK,
                6,
                0.31,
                "C2",
                ("6 incidents",),
            ),
            SchoolResult(
                "T3",
                "Faraway School",
                Outcome.NOT_ON_NETWORK,
                "The gate is 2,700 m from any street.",
                Grade.UNKNOWN,
                None,
                None,
                None,
            ),
        ),
        corridors=(_corridor(1, "T1", ("s02", "s08", "s00"), Grade.STRONG),),
        candidates=(_corridor(2, "T2", ("s11", "s05"), Grade.WEAK),),
        patrols=(_patrol(24), _patrol(26)),
        unmet=(
            Unmet(
                "C1",
                "T1",
                _at(27, 15, 15),
                _at(27, 16, 30),
                "robbery_on_the_way_home",
                ("a youth worker",),
                "one more youth worker post on Friday afternoons",
            ),
        ),
        protocols=(protocol,),
        notes=("The terms reach to 18 December 2026.",),
        parameters=MappingProxyType({"seed": 0, "min_count": 8, "notice_lead_days": 3}),
        inputs=MappingProxyType({"streets.osm": "0" * 64}),
        versions=MappingProxyType({"corridors": "0.1.0"}),
    )
