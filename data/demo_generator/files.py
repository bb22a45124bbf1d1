"""All files of a borough as bytes."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import numpy as np
import shapely

from data.demo_generator.geometry import to_grid, to_lonlat
from data.demo_generator.incidents import HEADER, draw_year, rows_of
from data.demo_generator.offences import AIMS
from data.demo_generator.osm import lay_out, write_osm
from data.demo_generator.people import ROSTER_HEADER, area_file, readme, roster_rows
from data.demo_generator.places import place_schools
from data.demo_generator.streets import build_town

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from data.demo_generator.incidents import Year
    from data.demo_generator.osm import OsmTown
    from data.demo_generator.places import School

__all__ = ["make_files"]


def make_files(seed: int) -> dict[str, bytes]:
    """Make the borough of a seed: the content of each file, by name.

    The same seed gives the same bytes.
    """
    town = build_town(seed)
    schools = place_schools(town, seed)
    year = draw_year(town, schools, seed)
    osm = lay_out(town)
    note = f"safer-corridors demo generator, seed {seed}: a fictional town"
    texts = {
        "README.md": readme(seed, schools),
        "area.toml": area_file(seed),
        "incidents.csv": _csv(HEADER, rows_of(year, seed)),
        "roster.csv": _csv(ROSTER_HEADER, roster_rows()),
        "schools.csv": _csv(("school_id", "name", "easting", "northing"), _schools(schools)),
        "streets.osm": write_osm(osm, note),
        "truth.json": json.dumps(_truth(seed, schools, year, osm), indent=1) + "\n",
    }
    return {name: text.encode() for name, text in texts.items()}


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _schools(schools: list[School]) -> list[list[str]]:
    rows = []
    for school in schools:
        easting, northing = to_grid(np.array([school.gate]))[0]
        rows.append([school.school_id, school.name, f"{easting:.1f}", f"{northing:.1f}"])
    return rows


def _truth(seed: int, schools: list[School], year: Year, osm: OsmTown) -> dict[str, object]:
    truth: dict[str, object] = {}
    for school in schools:
        if school.planted is None:
            decoy = year.decoys.get(school.school_id, "")
            truth[school.school_id] = {"planted": "none", "decoy": decoy}
            continue
        line = school.planted.line
        mix = AIMS[school.planted.towards]
        truth[school.school_id] = {
            "planted": "corridor",
            "towards": school.planted.towards,
            "aim": mix.aim,
            "n_incidents": year.n_planted[school.school_id],
            "weekdays": list(mix.weekdays),
            "length_m": round(line.length, 1),
            "geometry": {
                "type": "LineString",
                "coordinates": to_lonlat(shapely.get_coordinates(line)).tolist(),
            },
            "pieces": osm.trace(school.planted.pieces),
        }
    return {"seed": seed, "note": "The pipeline never reads this file.", "schools": truth}
