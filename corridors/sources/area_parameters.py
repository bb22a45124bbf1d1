"""The parameters, agreements and overrides of an area file."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, cast

from corridors.domain.area import Agreement, Contact, Override
from corridors.domain.parameters import Parameters, describe_parameters
from corridors.sources.area_incidents import take_texts
from corridors.sources.area_table import Problems, TableReader, as_date, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["take_agreements", "take_contact", "take_override", "take_parameters"]

_ORDERED = (
    ("dwell_low_min", "dwell_high_min", "The shorter dwell is longer than the longer one."),
    ("strong_p", "false_discovery_rate", "Strong evidence would be easier than moderate."),
    ("min_corridor_incidents", "min_area_incidents", "A corridor would need more than the area."),
)
_SHARES = ("footfall_homes_share", "footfall_stops_share", "footfall_stations_share")


def take_parameters(
    root: TableReader, overrides: Mapping[str, object] | None, problems: Problems
) -> Parameters:
    """Take ``[parameters]``, with what the command line sets instead.

    Parameters
    ----------
    root
        The area file.
    overrides
        Parameters by name that come before those of the file; None values are no overrides.
    problems
        Where problems go.
    """
    table = root.table("parameters")
    written = dict(table.items()) if table is not None else {}
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    known = {entry["name"]: entry for entry in describe_parameters()}
    values: dict[str, Any] = {}
    for source, prefix in ((written, "parameters."), (given, "option ")):
        for name, value in source.items():
            if name not in known:
                mend = suggest(name, known) + "Leave it out: docs/area-file.md lists them all."
                problems.add(f"{prefix}{name}", "This parameter is not known.", mend)
                continue
            checked = _check(value, known[name], f"{prefix}{name}", problems)
            if checked is not None:
                values[name] = checked
    parameters = Parameters(**values)
    _check_order(parameters, problems)
    return parameters


def _check(value: object, entry: Mapping[str, Any], where: str, problems: Problems) -> object:
    """Check one parameter by the type of its default; None after a problem."""
    default = entry["default"]
    if default is None:
        return _check_date(value, where, problems)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            problems.add(where, "This must be true or false.", "Write it without quotes.")
            return None
        return value
    if isinstance(default, str):
        if not isinstance(value, str) or value not in entry["choices"]:
            guess = suggest(value, entry["choices"]) if isinstance(value, str) else ""
            mend = f"{guess}Choose one of {', '.join(entry['choices'])}."
            problems.add(where, "This is not one of the choices.", mend)
            return None
        return value
    return _check_number(value, entry, where, problems)


def _check_date(value: object, where: str, problems: Problems) -> date | None:
    found = as_date(value)
    if found is None:
        problems.add(where, "This is not a date.", "Write year-month-day, as 2026-11-23.")
    elif not 2000 <= found.year <= 2199:
        problems.add(where, "This date is out of range.", "Give a date from 2000 to 2199.")
    return found


def _check_number(
    value: object, entry: Mapping[str, Any], where: str, problems: Problems
) -> int | float | None:
    is_whole = isinstance(entry["default"], int)
    kind = "a whole number" if is_whole else "a number"
    unit = f" ({entry['unit']})" if entry["unit"] else ""
    mend = f"Give {kind} from {entry['low']} to {entry['high']}{unit}."
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (is_whole and not isinstance(value, int)):
        problems.add(where, f"This is not {kind}.", mend)
        return None
    number = cast("int | float", value)
    if not entry["low"] <= number <= entry["high"]:  # neither is NaN
        problems.add(where, "This is out of range.", mend)
        return None
    return number if is_whole else float(number)


def _check_order(parameters: Parameters, problems: Problems) -> None:
    for low, high, what in _ORDERED:
        if getattr(parameters, low) > getattr(parameters, high):
            problems.add(
                f"parameters.{low}", what, f"Keep {low} at or below {high}, whose value counts too."
            )
    if sum(getattr(parameters, name) for name in _SHARES) > 1 + 1e-9:
        problems.add(
            f"parameters.{_SHARES[0]}",
            "The shares of pupils who walk home, to stops and to stations are over 1.",
            f"Keep the sum of {', '.join(_SHARES)} at or below 1; the rest walk elsewhere.",
        )
    window_min = parameters.before_min + parameters.after_min
    if parameters.patrol_min > window_min:
        problems.add(
            "parameters.patrol_min",
            f"A patrol of {parameters.patrol_min} min is longer than the after-school window.",
            f"Keep it at or below before_min + after_min, which is {window_min} min.",
        )


def take_agreements(root: TableReader) -> tuple[Agreement, ...]:
    """Take ``[agreements]``: for each protocol, who agreed and when."""
    table = root.table("agreements")
    if table is None:
        return ()
    found: list[Agreement] = []
    for protocol_id, _ in list(table.items()):
        seen: set[str] = set()
        for entry in table.tables(protocol_id):
            by = entry.text("by", "Name the organisation that agreed.")
            on = entry.day("on", "Give the day of the agreement.")
            entry.finish()
            if by is None or on is None:
                continue
            if by in seen:
                entry.add("by", "This organisation is listed twice.", "Keep one of the two.")
            seen.add(by)
            found.append(Agreement(protocol_id, by, on))
    return tuple(found)


def take_override(root: TableReader) -> Override | None:
    """Take ``[override.month_only]``: a reason and a name, or neither."""
    table = root.table("override")
    if table is None:
        return None
    month_only = table.table("month_only")
    table.finish()
    if month_only is None:
        return None
    values = {}
    for key in ("reason", "by"):
        value = month_only.raw(key)
        if value is not None and not isinstance(value, str):
            month_only.add(key, "This must be a text.", "Write it between quotes.")
            value = None
        values[key] = (value or "").strip()
    month_only.finish()
    reason, by = values["reason"], values["by"]
    if bool(reason) != bool(by):
        missing = "by" if reason else "reason"
        month_only.add(
            missing,
            "An override needs a reason and the name of who gives it.",
            f"Fill in {missing}, or empty both: then data without a time of day gives no patrol.",
        )
        return None
    return Override(reason, by) if reason else None


def take_contact(root: TableReader) -> Contact:
    """Take ``[contact]``: how parents and young people reach the team."""
    table = root.table("contact")
    if table is None:
        return Contact()
    texts = {key: table.text(key) or "" for key in ("name", "email", "phone", "address")}
    services = take_texts(table, "youth_services")
    table.finish()
    return Contact(**texts, youth_services=services)
