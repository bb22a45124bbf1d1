"""People of two organisations in one area, and material for its plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.loading import load_plan_folder
from api.rights import Role
from api.store.records import Actor
from api.store.work_records import InputKind
from tests.api.conftest import OWN, sign_in
from tests.api.small_folder import PARTIES, write_small_folder

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from api.store.records import PlanHead
    from tests.api.conftest import World

__all__ = ["AREA_FILE", "COUNCIL", "POLICE", "TRUST", "add_draft", "add_material", "sign_in_for"]

TRUST, POLICE, COUNCIL = PARTIES
AREA_FILE = """\
name = "Smallborough"
crs = "EPSG:27700"
timezone = "Europe/London"

[streets]
path = "streets.osm"

[schools]
path = "schools.csv"
columns = { id = "school_id", name = "name", easting = "easting", northing = "northing" }

[[incidents]]
path = "incidents.csv"
format = "mapped"
timezone = "Europe/London"
place_precision = "exact"

[incidents.mapping]
id = "id"
from = "from"
category = "category"
easting = "easting"
northing = "northing"

[calendar]
terms = [{ start = 2026-11-02, end = 2026-12-18 }]
default_bell = 15:15:00

[roster]
path = "roster.csv"
"""
_SCHOOLS = (
    "school_id,name,easting,northing\n"
    "A1,Alder School,530100,180000\n"
    "B2,Birch School,530300,180000\n"
)
_ROSTER = (
    "post_id,role,organisation,school_id,weekdays,from,to,walks_with_police,max_patrols_week\n"
    f"YW-1,youth_worker,{TRUST},,mon-fri,14:00,18:00,yes,4\n"
    f"YW-2,youth_worker,{TRUST},,mon-fri,14:00,18:00,yes,4\n"
    f"SS-1,school_staff,{COUNCIL},A1,mon-fri,14:00,18:00,yes,4\n"
    f"WO-1,ward_officer,{POLICE},,mon-fri,14:00,18:00,yes,4\n"
)


def sign_in_for(world: World, organisation: str, role: Role = Role.PARTNER) -> TestClient:
    """Give a browser of somebody of an organisation in the area of the tests."""
    email = f"{role}.{organisation.replace(' ', '-').lower()}@example.org"
    world.add_account(email, {OWN.area_id: {role}}, organisation)
    client = world.visitor()
    assert sign_in(client, email).status_code == 303
    client.headers["x-csrf-token"] = client.get("/api/v1/me").json()["csrf_token"]
    return client


def add_material(world: World) -> None:
    """Keep an area file and a roster: plans can be asked for."""
    with world.store.writing(Actor("command")) as unit:
        unit.inputs.set_document(OWN.area_id, AREA_FILE, reason="For the tests")
        for path, kind, text in (
            ("roster.csv", InputKind.ROSTER, _ROSTER),
            ("schools.csv", InputKind.SCHOOLS, _SCHOOLS),
            ("streets.osm", InputKind.STREETS, "<osm/>"),
            ("incidents.csv", InputKind.INCIDENTS, "id,from,category,easting,northing\n"),
        ):
            unit.inputs.put(OWN.area_id, path, kind, text.encode())


def add_draft(world: World, folder: Path) -> PlanHead:
    """Make version 3 of the week: a draft to which only the council agreed."""
    return load_plan_folder(world.store, OWN, write_small_folder(folder, status="draft"))
