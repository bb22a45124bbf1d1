"""The files of a simulated area: each says in its first words that nothing in it happened."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import pandas as pd

__all__ = ["SIMULATED", "incidents_csv", "readme_text", "simulated_area_toml", "truth_json"]

SIMULATED = "(SIMULATED, not real incidents)"
"""Stands after the area's name, on every page and file that is made from it."""

_PATHS = (("streets", "path"), ("schools", "path"), ("coverage", "path"), ("roster", "path"),
          ("calendar", "bank_holidays"), ("severity", "path"), ("reference", "aims"),
          ("reference", "roles"), ("reference", "protocol"))  # fmt: skip
_LEFT_OUT = {"incidents", "override", "corridors", "aims"}
"""The real incidents, and what people decided about the real plan."""

_MAPPING = {
    "id": "simulated_id",
    "from": "from_utc",
    "to": "to_utc",
    "category": "category",
    "origin": "origin",
    "easting": "easting",
    "northing": "northing",
}


def incidents_csv(incidents: pd.DataFrame) -> str:
    """Write simulated incidents as a mapped file, in UTC, in the area's CRS.

    Every id begins with ``simulated-``.
    """
    form = "%Y-%m-%d %H:%M"
    ends = incidents["ends_at"].where(incidents["ends_at"] > incidents["starts_at"])
    table = pd.DataFrame(
        {
            "simulated_id": incidents["incident_id"],
            "from_utc": incidents["starts_at"].dt.strftime(form),
            "to_utc": ends.dt.strftime(form).fillna(""),
            "category": incidents["category"],
            "origin": incidents["origin"],
            "easting": incidents["x"].round(2),
            "northing": incidents["y"].round(2),
        }
    )
    return str(table.to_csv(index=False, lineterminator="\n"))


def simulated_area_toml(
    original: Mapping[str, Any],
    moved: Callable[[str], str],
    last_day: date,
    seed: int,
    precisions: Mapping[str, str],
) -> str:
    """Write the area file of a simulated area.

    Parameters
    ----------
    original
        The area file that was simulated, as TOML gave it, checked before.
    moved
        Turns a path of it into one from the new folder.
    last_day
        Of the simulated time; the evidence reaches to it.
    seed
        Of the simulation; the plan's own seed stays.
    precisions
        The file of each precision of place.
    """
    made = {key: value for key, value in original.items() if key not in _LEFT_OUT}
    made["name"] = f"{original['name']} {SIMULATED}"
    for section, key in _PATHS:
        if isinstance(made.get(section), dict) and key in made[section]:
            made[section] = {**made[section], key: moved(made[section][key])}
    if "destinations" in made:
        made["destinations"] = [{**one, "path": moved(one["path"])} for one in made["destinations"]]
    made["parameters"] = {**made.get("parameters", {}), "as_of": last_day}
    lines = [f"# SIMULATED with seed {seed}: nothing in the incidents of this file happened.", ""]
    tables = {key: value for key, value in made.items() if isinstance(value, dict)}
    lines += [f"{key} = {_toml(value)}" for key, value in made.items() if key not in tables]
    for name, table in tables.items():
        lines += ["", f"[{_toml_key(name)}]"]
        lines += [f"{_toml_key(key)} = {_toml(value)}" for key, value in table.items()]
    for precision, file in precisions.items():
        incidents: dict[str, object] = {
            "path": file,
            "format": "mapped",
            "timezone": "UTC",
            "place_precision": precision,
            "mapping": _MAPPING,
        }
        lines += ["", "[[incidents]]"]
        lines += [f"{key} = {_toml(value)}" for key, value in incidents.items()]
    return "\n".join([*lines, ""])


def _toml_key(key: str) -> str:
    is_bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if is_bare else json.dumps(key)


def _toml(value: object) -> str:
    """Write one value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for a character that TOML wants escaped as well.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml_key(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return repr(value)


def truth_json(facts: Mapping[str, object], planted: Sequence[Mapping[str, object]]) -> str:
    """Write what was planted, which no command reads."""
    content = {
        "simulated": True,
        "note": "Nothing here happened. Streets and schools are real; incidents are made up.",
        **facts,
        "planted": list(planted),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def readme_text(facts: Mapping[str, Any], planted: Sequence[Mapping[str, object]]) -> str:
    """Say what this folder is."""
    assumed = ", ".join(facts["assumed_hours"]) or "none"
    own = ", ".join(facts["own_hours"]) or "none"
    where = [
        f"- {one['school_id']}: {one['n_planted']} incidents after the bell of teaching days, "
        f"{one['n_recorded']} of them recorded, on {one['length_m']} m from the gate"
        for one in planted
    ] or ["- nowhere: no school has an after-school excess"]
    return "\n".join(
        [
            "# SIMULATED incidents: nothing in this folder happened",
            "",
            (
                f"Streets and schools are those of {facts['area']}. Every incident is made up: "
                "drawn from a noise that was fitted to the area's own incidents, so that places, "
                "months and clusters look like theirs. Never use it, or a plan made from it, for "
                "real patrols."
            ),
            "",
            (
                f"{facts['n_incidents']} incidents from {facts['first_day']} to "
                f"{facts['last_day']}, seed {facts['seed']}. Places: {facts['places']}."
            ),
            "",
            "Planted:",
            "",
            *where,
            "",
            *_gap_lines(facts),
            f"Hours from the area's own timed incidents: {own}.",
            f"Hours assumed (data/reference/hour_profiles.toml): {assumed}.",
            "",
            "## What your data can reveal, and what they cannot",
            "",
            "    corridors plan area.toml --week MONDAY --out OUT",
            "",
            (
                "plans on it (choose a Monday in term after the last day above) and reads nothing "
                "of the truth. Then"
            ),
            "",
            "    corridors compare . OUT",
            "",
            (
                "holds the two against each other. A planted school without a corridor was "
                "missed; a corridor at a school where nothing is planted, on none of the planted "
                "streets, is false. `truth.json` lists the planted streets. Make more of these "
                "folders, with other seeds and strengths, with and without `--exact`, before "
                "believing any one of them."
            ),
            "",
        ]
    )


def _gap_lines(facts: Mapping[str, Any]) -> list[str]:
    """Say what is not recorded; nothing where nothing is missing."""
    lines = []
    if facts["missing_months"]:
        lines.append(f"Months of which nothing is recorded: {', '.join(facts['missing_months'])}.")
    if facts["quiet_squares"]:
        lines.append(
            f"In {len(facts['quiet_squares'])} squares of {facts['quiet_square_m']:g} m only "
            f"{facts['quiet_share_reported']:.0%} of what would be reported elsewhere is recorded."
        )
    return [*lines, ""] if lines else []
