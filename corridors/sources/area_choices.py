"""What people decide in an area file: corridors redrawn, aims set, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.domain.area import AimSetting, CorridorEdit
from corridors.sources.area_incidents import take_texts
from corridors.sources.area_table import TableReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corridors.domain.parameters import Parameters

__all__ = ["EDIT_KINDS", "take_aims", "take_edits"]

EDIT_KINDS = ("redraw", "require", "forbid", "shorten_to_m")
"""Keys of ``[[corridors]]`` of which each table has one."""

_LEAST_M = 50.0
_PLACES_MEND = 'Write names of streets, ["Mill Lane"], or { segments = ["..."] }.'
_REASON_MEND = "Write why, in a sentence: it stays in the plan."
_BY_MEND = "Name the role, post or organisation in charge, not a person."


def take_edits(root: TableReader, parameters: Parameters) -> tuple[CorridorEdit, ...]:
    """Take every ``[[corridors]]``: what a person changes on the corridor of one school.

    Parameters
    ----------
    root
        The area file.
    parameters
        For the length that a corridor may have anyway.
    """
    tables = [entry for entry in root.tables("corridors") if entry.is_table]
    taken = [(entry, _take_edit(entry, parameters)) for entry in tables]
    found = [(entry, edit) for entry, edit in taken if edit is not None]
    _check_edits(found)
    return tuple(edit for _, edit in found)


def _take_edit(entry: TableReader, parameters: Parameters) -> CorridorEdit | None:
    school = entry.text("school", "Give the id of the school.")
    reason, by = entry.text("reason", _REASON_MEND), entry.text("by", _BY_MEND)
    kinds = [kind for kind in EDIT_KINDS if kind in entry]
    segments: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    length_m: float | None = None
    for kind in EDIT_KINDS:  # all are taken, so that `finish` names them all
        if kind == "shorten_to_m":
            length_m = _take_length(entry, kind, parameters)
        elif kind in entry:
            segments, streets = _take_places(entry, kind)
        else:
            entry.raw(kind)
    entry.finish()
    if len(kinds) != 1:
        what = "There are two changes in one table." if kinds else "Nothing is changed."
        mend = f"Write one of {', '.join(EDIT_KINDS)} in each [[corridors]]."
        entry.add(kinds[1] if kinds else "redraw", what, mend)
        return None
    if school is None or reason is None or by is None:
        return None
    if not (segments or streets or length_m is not None):
        return None  # its problem was told
    kind = kinds[0].removesuffix("_to_m")
    return CorridorEdit(school, kind, reason, by, segments, streets, length_m)


def _take_length(entry: TableReader, key: str, parameters: Parameters) -> float | None:
    value = entry.raw(key)
    if value is None:
        return None
    most = parameters.corridor_length_m
    mend = f"Give a length from {_LEAST_M:g} to {most:g} m, which is corridor_length_m."
    if isinstance(value, bool) or not isinstance(value, int | float):
        entry.add(key, "This is not a number.", mend)
    elif not _LEAST_M <= value <= most:  # nor NaN
        entry.add(key, "This is out of range.", mend)
    else:
        return float(value)
    return None


def _take_places(entry: TableReader, key: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take names of streets as a list, or a table of ``segments`` and ``streets``."""
    value = entry.raw(key)
    segments: tuple[str, ...] = ()
    if isinstance(value, dict):
        table = TableReader(value, entry.key(key), entry.problems)
        segments, streets = take_texts(table, "segments"), take_texts(table, "streets")
        table.finish()
    elif isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value):
        streets = tuple(name.strip() for name in value)
    else:
        entry.add(key, "This is no list of streets.", _PLACES_MEND)
        return (), ()
    if not (segments or streets):
        entry.add(key, "No street and no segment is named.", _PLACES_MEND)
    for named in (segments, streets):
        if len({name.casefold() for name in named}) < len(named):
            entry.add(key, "Something is named twice.", "Name it once.")
    return segments, streets


def _check_edits(found: Sequence[tuple[TableReader, CorridorEdit]]) -> None:
    """Refuse changes of one school that contradict each other, and name both."""
    for n, (entry, edit) in enumerate(found):
        for other_entry, other in found[:n]:
            if other.school_id != edit.school_id:
                continue
            pair = {edit.kind, other.kind}
            if len(pair) == 1 and pair <= {"redraw", "shorten"}:
                what = f"{other_entry.where} does the same for this school."
                entry.add("school", what, "Keep one of the two.")
            elif "forbid" in pair and len(pair) == 2 and _same_places(edit, other):
                what = f"A place of it is named in {other_entry.where} too, for the opposite."
                entry.add(edit.kind, what, "Keep the one that is meant.")


def _same_places(one: CorridorEdit, other: CorridorEdit) -> bool:
    names = {name.casefold() for name in one.streets} & {n.casefold() for n in other.streets}
    return bool(names or set(one.segment_ids) & set(other.segment_ids))


def take_aims(root: TableReader) -> tuple[AimSetting, ...]:
    """Take every ``[[aims]]``: the aim that a person sets for one school's patrols."""
    found: dict[str, AimSetting] = {}
    for entry in root.tables("aims"):
        school = entry.text("school", "Give the id of the school.")
        aim = entry.text("aim", "Give the id of an aim of the aims file.")
        reason, by = entry.text("reason", _REASON_MEND), entry.text("by", _BY_MEND)
        entry.finish()
        if school is None or aim is None or reason is None or by is None:
            continue
        if school in found:
            what = "The aim of this school's patrols is set twice."
            entry.add("school", what, "Keep one [[aims]] for each school.")
        found[school] = AimSetting(school, aim, reason, by)
    return tuple(found.values())
