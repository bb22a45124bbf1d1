"""The effect of a change: one version of a plan held against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.team.plan_view import school_names

__all__ = ["Effect", "effect_of"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What is otherwise in a plan than in the one it is held against."""

    figures: tuple[tuple[str, str, str, str], ...]
    """What, before, after, and the difference in words."""
    costs: tuple[tuple[str, str], ...]
    """What a person did to a corridor, and the need that it gives up."""
    changed_corridors: tuple[str, ...]
    """Schools whose corridor is another one."""

    @property
    def is_none(self) -> bool:
        """Tell whether nothing that is shown differs."""
        return not self.changed_corridors and all(
            before == after for _, before, after, _ in self.figures
        )


def effect_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Effect:
    """Hold a plan against an earlier one of the same week.

    Parameters
    ----------
    before, after
        ``plan.json`` of each.
    """
    figures = [
        ("Patrols", _n(before, "patrols"), _n(after, "patrols"), ""),
        ("Patrols that nobody can walk", _n(before, "unmet"), _n(after, "unmet"), ""),
        ("Police minutes", _police_min(before), _police_min(after), "min"),
    ]
    need = (_covered(before), _covered(after))
    rows = [(name, str(old), str(new), _difference(new - old)) for name, old, new, _ in figures]
    if need[0]:
        share = round(100 * need[1] / need[0])
        rows.append(
            ("Need covered by patrols", "100 %", f"{share} %", _difference(share - 100, " %"))
        )
    return Effect(tuple(rows), _costs(after), _changed(before, after))


def _n(document: Mapping[str, Any], key: str) -> int:
    return len(document.get(key) or ())


def _police_min(document: Mapping[str, Any]) -> int:
    return sum(one["police_min"] for one in document.get("patrols", ()))


def _covered(document: Mapping[str, Any]) -> float:
    """Give the need that the chosen roster covers."""
    return sum(one["need_covered"] for one in document.get("trade_off", ()) if one["is_chosen"])


def _costs(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    schools = school_names(document)
    found = []
    for corridor in document.get("corridors", ()):
        edits = corridor.get("edits", ())
        whole = corridor["need"] + sum(one["need_cost"] for one in edits)
        name = " and ".join(schools.get(one, one) for one in corridor["school_ids"])
        for edit in edits:
            share = 100 * edit["need_cost"] / whole if whole > 0 else 0.0
            found.append((f"{name}: {edit['what']}", _share_words(share)))
    return tuple(found)


def _share_words(share: float) -> str:
    if share < -0.5:
        return f"gains {-share:.0f} % of the corridor's need"
    if share < 0.5:
        return "gives up no need"
    return f"gives up {share:.0f} % of the corridor's need"


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    schools = school_names(before) | school_names(after)
    old, new = _segments(before), _segments(after)
    return tuple(
        schools.get(school, school)
        for school in sorted(old.keys() | new.keys())
        if old.get(school) != new.get(school)
    )


def _segments(document: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    return {
        school: frozenset(corridor["segment_ids"])
        for corridor in document.get("corridors", ())
        for school in corridor["school_ids"]
    }


def _difference(n: int, unit: str = "") -> str:
    return "the same" if n == 0 else f"{abs(n)}{unit} {'more' if n > 0 else 'fewer'}"
