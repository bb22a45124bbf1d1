"""A plan folder of two schools, small enough to know by heart, written by the output contract."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import shapely

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PARTIES", "PROTOCOL", "WEEK", "write_small_folder"]

WEEK = date(2026, 11, 23)
GATES = {"A1": (-0.12, 51.5), "B2": (-0.1, 51.52)}
NAMES = {"A1": "Alder School", "B2": "Birch <i>School</i>"}
PARTIES = ("Alder Youth Trust", "Neighbourhood policing team", "North Council")
PROTOCOL = "no-police-visible_reassurance-A1"
_CORRIDOR = {
    "corridor_id": "corridor-A1",
    "school_ids": ["A1"],
    "segment_ids": ["1-2-0", "2-3-0"],
    "walk": ["1-2-0", "2-3-0"],
    "length_m": 200.0,
    "walk_m": 400.0,
    "need": 0.4,
    "bound": 0.5,
    "grade": "strong",
    "streets": ["Alder Street", "Bell Lane"],
    "why": ["Most of it was theft between 15:30 and 16:00."],
}


def write_small_folder(
    out: Path,
    *,
    status: str = "agreed",
    week: date = WEEK,
    days: tuple[int, ...] = (0, 2),
    hour: int = 15,
    note: str = "",
) -> Path:
    """Write a folder: school A1 has a patrol on each of the days, B2 has none."""
    (out / "internal").mkdir(parents=True)
    (out / "public" / "notices").mkdir(parents=True)
    document = {
        "schema_version": "1.0",
        "area": "Smallborough",
        "week": week.isoformat(),
        "timezone": "Europe/London",
        "status": status,
        "schools": [{"school_id": one, "name": NAMES[one], "n": 17} for one in GATES],
        "corridors": [_CORRIDOR],
        "patrols": [_patrol(week + timedelta(days=day), hour) for day in days],
        "unmet": [],
        "protocols": [_protocol(status)],
        "notes": [note],
    }
    _write(out / "internal" / "plan.json", json.dumps(document))
    _write_segments(out / "internal" / "segments.parquet")
    schools = [
        {"school_id": one, "name": NAMES[one], "outcome": outcome, "file": one, "patrols": n}
        for one, outcome, n in (("A1", "patrol", len(days)), ("B2", "evidence_too_weak", 0))
    ]
    _write(out / "public" / "schools.json", json.dumps(schools))
    line = [[-0.12, 51.5], [-0.118, 51.501]]
    feature = {
        "type": "Feature",
        "id": "corridor-A1",
        "properties": {
            "corridor_id": "corridor-A1",
            "school_ids": ["A1"],
            "length_m": 180,
            "grade": "strong",
        },
        "geometry": {"type": "MultiLineString", "coordinates": [line]},
    }
    collection = {"type": "FeatureCollection", "features": [feature]}
    _write(out / "public" / "corridors.geojson", json.dumps(collection))
    _write(out / "public" / "map.html", "<!doctype html><title>Map</title><script>1</script>")
    for one in GATES:
        patrols = [week + timedelta(days=day) for day in days] if one == "A1" else []
        _write(out / "public" / "notices" / f"{one}.html", _notice(one, patrols))
        _write(out / "public" / "notices" / f"{one}.ics", _calendar(one, patrols, hour))
    return out


def _patrol(day: date, hour: int) -> dict[str, object]:
    """A youth worker leads, and the council's member of school staff walks along."""
    return {
        "patrol_id": f"corridor-A1-{day}",
        "corridor_id": "corridor-A1",
        "school_id": "A1",
        "starts_at": f"{day}T{hour:02}:00:00+00:00",
        "ends_at": f"{day}T{hour + 1:02}:00:00+00:00",
        "aim": "visible_reassurance",
        "lead_role": "youth_worker",
        "posts": [
            {
                "post_id": post_id,
                "role": role,
                "organisation": organisation,
                "police": False,
            }
            for post_id, role, organisation in (
                ("YW-1", "youth_worker", PARTIES[0]),
                ("SS-1", "school_staff", PARTIES[2]),
            )
        ],
        "police": "absent",
        "police_min": 0,
        "dwell": [{"segment_id": "1-2-0", "min": 12}],
        "protocol_id": PROTOCOL,
    }


def _protocol(status: str) -> dict[str, object]:
    """Everybody agreed to it where the plan is agreed; otherwise only the council did."""
    agreed = PARTIES if status != "draft" else PARTIES[2:]
    return {
        "protocol_id": PROTOCOL,
        "aim": "visible_reassurance",
        "school_id": "A1",
        "leads": "Youth worker",
        "call_police_when": ["Somebody is hurt."],
        "call_police_how": "Ring 999.",
        "not_for_police": ["Noise."],
        "withdraw_to": "The school's gate.",
        "contacts": ["Lead of the patrol, mobile"],
        "needed_from": list(PARTIES),
        "agreed_by": [{"by": party, "on": "2026-11-09"} for party in agreed],
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _notice(school: str, patrols: list[date]) -> str:
    times = "".join(f"<li><b>{day:%A %d %B %Y}</b> <span>3pm to 4pm</span></li>" for day in patrols)
    return (
        f"<!doctype html><html><head><title>{school}</title></head><body><main>"
        f'<section aria-labelledby="what"><h2 id="what">What is planned</h2>'
        f'<ul class="when">{times}</ul></section></main></body></html>'
    )


def _calendar(school: str, patrols: list[date], hour: int) -> str:
    events = [
        "BEGIN:VEVENT\r\n"
        f"SUMMARY:After-school patrol\\, {school}\r\n"
        f"DTSTART;TZID=Europe/London:{day:%Y%m%d}T{hour:02}0000\r\n"
        f"DTEND;TZID=Europe/London:{day:%Y%m%d}T{hour + 1:02}0000\r\n"
        "DTSTAMP:20261117T000000Z\r\n"
        f"UID:{school}-{day.isoformat()}@safer-corridors\r\n"
        "SEQUENCE:0\r\nDESCRIPTION:Who will be there: youth worker.\r\n"
        "LOCATION:Alder Street\\, Bell Lane\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\n"
        for day in patrols
    ]
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VTIMEZONE\r\n"
        "TZID:Europe/London\r\nBEGIN:STANDARD\r\nDTSTART:20260101T000000\r\nTZOFFSETFROM:+0000\r\n"
        "TZOFFSETTO:+0000\r\nTZNAME:GMT\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        + "".join(events)
        + "END:VCALENDAR\r\n"
    )


def _write_segments(path: Path) -> None:
    starts = np.array([[530_000.0, 180_000.0], [530_100.0, 180_000.0], [530_200.0, 180_000.0]])
    table = geopandas.GeoDataFrame(
        {
            "segment_id": ["1-2-0", "2-3-0", "3-4-0"],
            "length_m": [100.0, 100.0, 100.0],
            "intensity_per_km_day": [0.5, 0.0, np.nan],
            "n_incidents": [3.0, 0.0, 0.0],
            "basis": ["window"] * 3,
            "covered": [True, True, False],
            "name": ["Alder Street", "Bell Lane", ""],
        },
        geometry=[shapely.LineString([one, one + np.array([100.0, 0.0])]) for one in starts],
        crs="EPSG:27700",
    )
    table.to_parquet(path)
