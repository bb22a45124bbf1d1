"""Every school with its evidence in words; figures only where somebody asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.team.names import Names
from api.team.words import GRADES, OUTCOMES, times_words

__all__ = ["FigureRow", "SchoolRow", "view_figures", "view_schools"]

_GOOD = frozenset({"evidence_too_weak", "where_only"})
_COLOURS = {
    "patrol": "green",
    "uncovered": "orange",
    "evidence_too_weak": "grey",
    "where_only": "grey",
    "unknown": "grey",
    "not_on_network": "red",
    "out_of_term": "grey",
}


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """One school."""

    school_id: str
    name: str
    outcome: str
    colour: str
    is_good_answer: bool
    """No patrol because the evidence carries none."""
    is_planned: bool
    grade: str
    reason: str
    reasons: tuple[str, ...]
    streets: tuple[str, ...]
    why: tuple[str, ...]
    window: str
    aims: tuple[str, ...]
    n_patrols: int
    n_unmet: int


@dataclass(frozen=True, slots=True)
class FigureRow:
    """The exact figures behind one school's grade."""

    name: str
    n: str
    p: str
    weight: str
    need: str
    bound: str


def view_schools(document: Mapping[str, Any], names: Names) -> tuple[SchoolRow, ...]:
    """Lay the schools of a plan out, by name, without a figure."""
    rows = (_school_row(one, document, names) for one in document.get("schools", ()))
    return tuple(sorted(rows, key=lambda one: (one.name, one.school_id)))


def view_figures(document: Mapping[str, Any]) -> tuple[FigureRow, ...]:
    """Lay out the exact figures: to be shown with a reason only, and logged."""
    corridors = {
        school: corridor
        for key in ("candidates", "corridors")
        for corridor in document.get(key, ())
        for school in corridor["school_ids"]
    }
    return tuple(
        _figure_row(one, corridors.get(one["school_id"]))
        for one in sorted(document.get("schools", ()), key=lambda one: one["name"])
    )


def _school_row(one: Mapping[str, Any], document: Mapping[str, Any], names: Names) -> SchoolRow:
    school_id, outcome = one["school_id"], str(one.get("outcome", "unknown"))
    corridor = next(
        (two for two in document.get("corridors", ()) if school_id in two["school_ids"]), None
    )
    patrols = [two for two in _dicts(document, "patrols") if _serves(two, school_id, corridor)]
    unmet = [two for two in _dicts(document, "unmet") if _serves(two, school_id, corridor)]
    return SchoolRow(
        school_id=school_id,
        name=one["name"],
        outcome=OUTCOMES.get(outcome, outcome),
        colour=_COLOURS.get(outcome, "grey"),
        is_good_answer=outcome in _GOOD,
        is_planned=corridor is not None,
        grade=GRADES.get(str(one.get("grade", "unknown")), "Unknown"),
        reason=one.get("reason", ""),
        reasons=tuple(one.get("reasons", ())),
        streets=tuple(corridor["streets"]) if corridor else (),
        why=tuple(corridor["why"]) if corridor else (),
        window=_window([*patrols, *unmet]),
        aims=tuple(dict.fromkeys(names.aim(two["aim"]) for two in [*patrols, *unmet])),
        n_patrols=len(patrols),
        n_unmet=len(unmet),
    )


def _serves(one: Mapping[str, Any], school_id: str, corridor: Mapping[str, Any] | None) -> bool:
    if corridor is None:
        return bool(one["school_id"] == school_id)
    return bool(one["corridor_id"] == corridor["corridor_id"])


def _window(patrols: list[Mapping[str, Any]]) -> str:
    """Say between which times of day the patrols of a school lie."""
    starts = [datetime.fromisoformat(one["starts_at"]) for one in patrols]
    ends = [datetime.fromisoformat(one["ends_at"]) for one in patrols]
    if not starts:
        return ""
    return times_words(
        min(starts, key=lambda one: one.time()), max(ends, key=lambda one: one.time())
    )


def _figure_row(one: Mapping[str, Any], corridor: Mapping[str, Any] | None) -> FigureRow:
    n, p = one.get("n"), one.get("p")
    return FigureRow(
        name=one["name"],
        n="not tested" if n is None else str(n),
        p="not tested" if p is None else f"{p:.3g}",
        weight=_interval(corridor),
        need=f"{corridor['need']:.3g}" if corridor else "none",
        bound=f"{corridor['bound']:.3g}" if corridor else "none",
    )


def _interval(corridor: Mapping[str, Any] | None) -> str:
    if corridor is None or corridor.get("weight_per_day") is None:
        return "not known"
    low, high = corridor.get("weight_low"), corridor.get("weight_high")
    interval = f" ({low:.3g} to {high:.3g})" if low is not None and high is not None else ""
    return f"{corridor['weight_per_day']:.3g}{interval}"


def _dicts(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [one for one in document.get(key) or () if isinstance(one, Mapping)]
