"""The roster and the area file: who is there when, and what is agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.demo_generator.terms import BELLS, DEFAULT_BELL, INSET_DAYS, TERMS

if TYPE_CHECKING:
    from data.demo_generator.places import School

__all__ = ["ROSTER_HEADER", "area_file", "readme", "roster_rows"]

ROSTER_HEADER = (
    "post_id",
    "role",
    "organisation",
    "school_id",
    "weekdays",
    "from",
    "to",
    "walks_with_police",
    "max_patrols_week",
)
_YOUTH = "Lantern Youth Project"
_COUNCIL = "Haverness Borough Council"
_NHS = "Saltmarsh NHS Trust"
_POLICE = "Neighbourhood policing team"

# Lantern's Fridays went with its grant: nobody may stand in for a youth worker then.
_ROSTER = """
YW-01 youth_worker Y - mon;tue;wed;thu 14:00 18:30 no 4
YW-02 youth_worker Y - mon;tue;wed;thu 14:00 18:30 no 4
YW-03 youth_worker Y - tue;wed;thu 14:30 19:00 no 3
YW-04 youth_worker Y - mon;wed;thu 14:30 19:00 no 3
YW-05 youth_worker Y - mon;tue 13:30 17:30 no 2
YW-06 youth_worker Y - wed;thu 15:00 20:00 no 2
VO-01 community_volunteer Y - mon;wed;fri 14:30 17:30 yes 2
VO-02 community_volunteer Y - tue;thu 14:30 17:30 yes 2
VO-03 community_volunteer Y - mon;tue;wed;thu;fri 15:00 17:00 yes 3
VO-04 community_volunteer Y - wed;thu;fri 14:00 18:00 no 2
CS-01 community_safety_officer C - mon;tue;wed;thu;fri 12:00 20:00 yes 4
CS-02 community_safety_officer C - mon;tue;wed;thu;fri 12:00 20:00 yes 4
CS-03 community_safety_officer C - tue;wed;thu 10:00 18:00 yes 3
CS-04 community_safety_officer C - mon;fri 10:00 18:00 yes 2
SS-01 school_staff C H001 mon;tue;wed;thu;fri 14:30 17:30 yes 3
SS-02 school_staff C H001 wed;thu;fri 14:30 17:00 yes 2
SS-03 school_staff C H002 mon;tue;thu;fri 15:00 17:30 yes 3
SS-04 school_staff C H003 mon;tue;wed;thu 14:30 17:30 no 4
SS-05 school_staff C H004 mon;tue;wed;thu;fri 14:30 16:30 yes 2
SS-06 school_staff C H005 mon;tue;wed;thu;fri 15:00 17:00 yes 2
SS-07 school_staff C H006 mon;tue;wed;thu;fri 15:00 17:00 yes 2
CA-01 camhs_practitioner N - tue;thu 13:00 18:00 no 2
CA-02 camhs_practitioner N H003 mon;wed 13:00 17:30 no 2
WO-01 ward_officer P - mon;tue;wed;thu 13:00 21:00 yes 3
WO-02 ward_officer P - wed;thu;fri 13:00 21:00 yes 3
"""
_ORGANISATIONS = {"Y": _YOUTH, "C": _COUNCIL, "N": _NHS, "P": _POLICE}


def roster_rows() -> list[list[str]]:
    """List the 25 posts: never persons."""
    rows = []
    for line in _ROSTER.strip().splitlines():
        post, role, organisation, school, *rest = line.split()
        rows.append(
            [post, role, _ORGANISATIONS[organisation], "" if school == "-" else school, *rest]
        )
    return rows


def _bells() -> str:
    lines = [
        f'  {{ school = "{school}", weekday = "{weekday}", time = {bell.isoformat()} }},'
        for school, bells in BELLS.items()
        for weekday, bell in bells.items()
    ]
    return "\n".join(lines)


def _terms() -> str:
    return "\n".join(f"  {{ start = {start}, end = {end} }}," for start, end in TERMS)


def area_file(seed: int) -> str:
    """Write the area file, complete and with comments."""
    inset = ", ".join(str(day) for day in INSET_DAYS)
    return f'''# Haverness, a fictional borough: no street, school, person or incident here is real.
# Made by `python -m data.demo_generator --seed {seed}`; see README.md in this folder.
# Paths are relative to this file.

name = "Haverness (fictional)"
crs = "EPSG:27700"            # British National Grid: projected, in metres
timezone = "Europe/London"

[streets]
path = "streets.osm"          # read through OSMnx; what cannot be walked is left out
attribution = "Fictional streets, made by Safer Corridors"

[schools]
path = "schools.csv"
columns = {{ id = "school_id", name = "name", easting = "easting", northing = "northing" }}

# What a force's export looks like: columns of its own, times of their own in two columns each.
[[incidents]]
path = "incidents.csv"
format = "mapped"
timezone = "Europe/London"    # the file writes local times
place_precision = "exact"

[incidents.mapping]
id = "Crime Number"
from = ["Committed From Date", "Committed From Time"]
to = ["Committed To Date", "Committed To Time"]
category = "Recorded As"
origin = "How Reported"       # "Police" is discovered by police activity, and scores nothing
easting = "Easting"
northing = "Northing"

# Most of the force's words are known already (data/reference/categories.toml). This one is not
# left to chance: it would read as harm, but counts where police looked.
[incidents.categories]
"Drug trafficking" = "drugs"

[calendar]
division = "england-and-wales"    # bank holidays: the bundled gov.uk feed
terms = [
{_terms()}
]
inset_days = [{inset}]
default_bell = {DEFAULT_BELL.isoformat()}       # holds at H006
bells = [
{_bells()}
]

[roster]
path = "roster.csv"

# Shown on every notice: how to ask, object or respond. What is left out is shown as a gap.
[contact]
name = "Haverness after-school team (fictional)"
email = "after-school@haverness.example"
phone = "01632 960 123"       # a number that is kept for drama
youth_services = ["Lantern Youth Project, Tuesdays and Thursdays, 4pm to 7pm (fictional)"]

# A patrol without police needs a protocol that everybody who walks, and the police, agreed to.
# Its id is no-police-<aim>-<school>. The plan stays a DRAFT until every protocol of the week has an
# agreement from each of its parties: internal/plan.json lists what each protocol needs.
# To give one, add a line {{ by = "organisation", on = 2026-11-20 }} below.
[agreements]
no-police-bullying_harassment-H003 = [
  {{ by = "{_YOUTH}", on = 2026-11-05 }},
  {{ by = "{_COUNCIL}", on = 2026-11-09 }},
  {{ by = "{_NHS}", on = 2026-11-10 }},
  {{ by = "{_POLICE}", on = 2026-11-12 }},
]
no-police-group_disputes-H001 = [
  {{ by = "{_YOUTH}", on = 2026-11-12 }},
  {{ by = "{_COUNCIL}", on = 2026-11-13 }},
  # The other parties have not answered yet.
]

[parameters]
seed = {seed}
as_of = 2026-11-16            # stands in for today, so that the demo never ages
'''


def readme(seed: int, schools: list[School]) -> str:
    """Say what the folder is."""
    planted = ", ".join(
        f"{school.name} ({school.school_id})" for school in schools if school.planted
    )
    return f"""# Haverness

A fictional borough for the demo. Nothing in it is real: the streets lie in the North Sea, about
55 km from the coast, so that no real street is ever shown with invented crime; names, schools,
organisations and incidents are made up.

| file | what it holds |
|---|---|
| `area.toml` | the area file, with comments: start here |
| `streets.osm` | about 2,000 street segments: names, curves, canal, railway, bridges, subway |
| `schools.csv` | six schools with different bells |
| `incidents.csv` | a year of about 4,000 incidents as a force exports them, some rows damaged |
| `roster.csv` | 25 posts in 6 roles from 4 organisations |
| `truth.json` | what was planted: for comparison only, the pipeline never reads it |

Planted after school, on one way home each: {planted}. Nothing is planted at the other
three. Near one of these police search after school (found by police, so it scores nothing), near
another a pub is rowdy at night (much harm, at the wrong hours).

Made with seed {seed} by

    python -m data.demo_generator --seed {seed} --out data/demo

The same seed gives the same bytes; another seed gives another town of the same quality. Change the
generator, never these files.
"""
