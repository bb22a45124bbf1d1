"""The mapping screen: a file's columns to ours, its words to ours, and how it is to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from api.store.work_records import NamedMapping
from api.team.forms import Errors, Fields, Option
from api.team.names import Category

__all__ = [
    "COLUMN_FIELDS",
    "PRECISIONS",
    "fields_of",
    "fitting_mapping",
    "saved_document",
    "settings_from",
    "settings_with_words",
    "use_options",
]

COLUMN_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("from", "When it happened, or when it began", "The day, or day and time in one column."),
    ("from_time", "Time of day it began", "Only if the time stands in a column of its own."),
    ("to", "When it ended", "Only if the file says from when to when."),
    ("to_time", "Time of day it ended", "Only if the time stands in a column of its own."),
    ("category", "What kind of incident", "The force's own words for offences."),
    ("easting", "Easting", "Metres. Or give longitude and latitude below."),
    ("northing", "Northing", ""),
    ("longitude", "Longitude", "Degrees. Or give easting and northing above."),
    ("latitude", "Latitude", ""),
    ("id", "Number of the record", "With it, a record that comes twice counts once."),
    ("origin", "How it came to light", "Tells what police discovered from what was reported."),
)
"""Field, question and hint of each of our columns, in the order of the screen."""

PRECISIONS: tuple[Option, ...] = (
    Option("", "As the kind of file says"),
    Option("exact", "Exact"),
    Option("block", "The block or a stretch of street"),
    Option("snapped", "Moved to a nearby point (as police.uk does)"),
    Option("area", "Somewhere in an area"),
)
_FORMATS = ("mapped", "police-uk")
_PLAIN_KEYS = ("category", "easting", "northing", "longitude", "latitude", "id", "origin")


def fields_of(settings: Mapping[str, Any], columns: Sequence[str]) -> Fields:
    """Turn settings into what the form shows, leaving out columns that the file does not have."""
    mapping = settings.get("mapping") or {}
    values: list[tuple[str, str]] = [("format", str(settings.get("format") or "mapped"))]
    for key, value in mapping.items():
        names = [value] if isinstance(value, str) else list(value)
        for name, field in zip(names, (key, f"{key}_time"), strict=False):
            if name in columns:
                values.append((f"map_{field}", name))
    plain = ("timezone", "place_precision", "encoding", "crs")
    values += [(key, str(settings.get(key) or "")) for key in plain]
    use = settings.get("use")
    if use == "adds":
        values.append(("use", "adds"))
    elif isinstance(use, Mapping):
        values.append(("use", f"replaces:{use.get('replaces', '')}"))
    return Fields(values)


def fitting_mapping(saved: Sequence[NamedMapping], columns: Sequence[str]) -> NamedMapping | None:
    """Find a saved mapping all of whose columns the file has; the newest of them."""
    found = [
        one
        for one in saved
        if (names := _column_names(one.document.get("mapping") or {})) and names <= set(columns)
    ]
    return max(found, key=lambda one: one.made_at, default=None)


def settings_from(
    fields: Fields,
    errors: Errors,
    *,
    columns: Sequence[str],
    replaceable: Sequence[str],
    before: Mapping[str, Any],
) -> dict[str, Any]:
    """Read the mapping screen.

    Parameters
    ----------
    fields, errors
        What was sent, and where to tell what is wrong with it.
    columns
        Of the file.
    replaceable
        Paths of the area's incidents that the file may take the place of.
    before
        The settings until now: words that were chosen stay.

    Returns
    -------
    dict
        Settings, as an ``[[incidents]]`` table has them, and ``use``.
    """
    form = fields.text("format", "mapped")
    if form not in _FORMATS:
        errors.add("format", "Choose what kind of file it is.")
    settings: dict[str, Any] = {"format": form}
    if form == "mapped":
        settings["mapping"] = _mapping(fields, errors, columns)
        kept = {key: before[key] for key in ("categories", "discovered") if before.get(key)}
        settings |= kept
    _take_zone(fields, errors, settings)
    precision = fields.text("place_precision")
    if precision not in {one.value for one in PRECISIONS}:
        errors.add("place_precision", "Choose how exactly places are given.")
    elif precision:
        settings["place_precision"] = precision
    for key in ("encoding", "crs"):
        if fields.text(key):
            settings[key] = fields.text(key)[:60]
    _take_use(fields, errors, settings, replaceable)
    return settings


def settings_with_words(
    settings: Mapping[str, Any],
    fields: Fields,
    errors: Errors,
    categories: Mapping[str, Category],
) -> dict[str, Any]:
    """Read the second screen: the file's own words to our categories, and what police discover.

    Field ``word-N`` holds the word, ``category-N`` our category (blank: as it is known, else
    other) and ``discovered-N`` whether police activity brings it to light.
    """
    chosen: dict[str, str] = {}
    discovered: list[str] = []
    for n in range(500):
        word = fields.text(f"word-{n}")
        if not word:
            break
        slug = fields.text(f"category-{n}")
        is_discovered = bool(fields.text(f"discovered-{n}"))
        if slug and slug not in categories:
            errors.add(f"category-{n}", "Choose one of the categories of the list.")
            continue
        if slug:
            chosen[word] = slug
        if is_discovered:
            discovered.append(word)
        elif slug and categories[slug].is_discovered:
            errors.add(
                f"category-{n}",
                f"{categories[slug].name} is always counted as discovered by police. "
                "Tick the box, or choose another category.",
            )
    changed = {key: one for key, one in settings.items() if key not in {"categories", "discovered"}}
    if chosen:
        changed["categories"] = chosen
    if discovered:
        changed["discovered"] = discovered
    return changed


def saved_document(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is saved under a name: everything but what this one file is used for."""
    return {key: one for key, one in settings.items() if key != "use"}


def use_options(paths: Sequence[str]) -> list[Option]:
    """List what a file may be used for."""
    adds = "It adds incidents that the area does not have yet" if paths else "It is the first file"
    return [
        Option("adds", adds),
        *(Option(f"replaces:{path}", f"It takes the place of {path}") for path in paths),
    ]


def _mapping(fields: Fields, errors: Errors, columns: Sequence[str]) -> dict[str, str | list[str]]:
    chosen = {key: fields.text(f"map_{key}") for key, _, _ in COLUMN_FIELDS}
    for key, name in chosen.items():
        if name and name not in columns:
            errors.add(f"map_{key}", "The file has no such column. Choose one of the list.")
    found: dict[str, str | list[str]] = {}
    for key in ("from", "to"):
        day, time = chosen[key], chosen[f"{key}_time"]
        if time and not day:
            errors.add(f"map_{key}", "Choose the column of the day too.")
        elif day:
            found[key] = [day, time] if time else day
    found |= {key: chosen[key] for key in _PLAIN_KEYS if chosen[key]}
    if "from" not in found:
        errors.add("map_from", "Choose the column that tells when it happened.")
    _check_place(found, errors)
    return found


def _check_place(found: Mapping[str, object], errors: Errors) -> None:
    pairs = (("easting", "northing"), ("longitude", "latitude"))
    for one, other in (*pairs, *((b, a) for a, b in pairs)):
        if one in found and other not in found:
            errors.add(f"map_{other}", f"Choose the column of the {other} too.")
    if not any(one in found for pair in pairs for one in pair):
        what = "Choose where it happened: easting and northing, or longitude and latitude."
        errors.add("map_easting", what)
    elif all(one in found for pair in pairs for one in pair):
        errors.add("map_longitude", "Choose one pair: metres or degrees, not both.")


def _take_zone(fields: Fields, errors: Errors, settings: dict[str, Any]) -> None:
    zone = fields.text("timezone")
    if zone and zone not in available_timezones():
        errors.add("timezone", "There is no such time zone. Write Europe/London, for example.")
    elif zone:
        settings["timezone"] = zone


def _take_use(
    fields: Fields, errors: Errors, settings: dict[str, Any], replaceable: Sequence[str]
) -> None:
    use = fields.text("use") or ("" if replaceable else "adds")
    what, _, path = use.partition(":")
    if use == "adds":
        settings["use"] = "adds"
    elif what == "replaces" and path in replaceable:
        settings["use"] = {"replaces": path}
    else:
        errors.add("use", "Choose whether it adds to what is there or takes the place of a file.")


def _column_names(mapping: Mapping[str, Any]) -> set[str]:
    return {
        name
        for value in mapping.values()
        for name in ([value] if isinstance(value, str) else value)
    }
