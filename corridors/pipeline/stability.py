"""How far the run's answer depends on choices that a person could have made otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.stability import TOP_SHARES, Agreement, SchoolReach, compare_variants
from corridors.analysis.variants import Variant
from corridors.domain.vocabulary import Grade, Origin
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.sources.severity import (
    OWN_SEVERITY,
    SEVERITIES,
    SEVERITY_CAVEATS,
    read_severity,
)

__all__ = ["Stability", "stability_of"]

HALF_LIVES_DAYS = (90.0, 180.0, 365.0, float("inf"))
N_CATEGORIES = 5
"""The largest categories are left out in turn."""
N_SOURCES = 8
"""Likewise the largest files."""
ELSEWHERE = 0.5
"""A corridor that keeps less than this part of its length is mostly another one."""
_CARRIED = (Grade.STRONG, Grade.MODERATE)


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """How far the answer moves.

    Parameters
    ----------
    record
        What ``internal/stability.json`` holds.
    summary
        One sentence for the report and the command line.
    """

    record: Mapping[str, Any]
    summary: str


def stability_of(tables: Tables, scored: Scored) -> Stability:
    """Hold the run against other severities, half-lives, origins, sources and categories.

    Parameters
    ----------
    tables, scored
        The run.
    """
    notes: list[str] = []
    variants = list(_variants(tables, scored, notes))
    schools = [_reach(scored, row) for row in range(len(scored.schools))]
    _, agreements = compare_variants(scored.base, scored.scores, variants, schools)
    is_carried = np.array([one.graded.grade in _CARRIED for one in scored.schools], bool)
    parameters = scored.base.parameters
    choices = [
        _choice(variant, agreement, is_carried)
        for variant, agreement in zip(variants, agreements, strict=True)
    ]
    if any(choice["kendall_tau_b"] is None for choice in choices):
        notes.append("A dash: too few incidents are left, or nothing to rank.")
    names = [parameters.severity, *(v.value for v in variants if v.kind == "severity")]
    record = {
        "document": "internal",
        "area": tables.area.name,
        "as_of": tables.as_of.isoformat(),
        "basis": str(scored.base.basis),
        "reference": {
            "severity": parameters.severity,
            "half_life_days": parameters.half_life_days,
            "score_discovered": parameters.score_discovered,
            "n_scored": scored.n_scored,
        },
        "top_shares": list(TOP_SHARES),
        "choices": choices,
        "schools": list(_schools(tables, scored, variants, agreements)),
        "caveats": {name: SEVERITY_CAVEATS[name] for name in names},
        "notes": notes,
    }
    return Stability(record, _summary(choices))


def _variants(tables: Tables, scored: Scored, notes: list[str]) -> Iterator[Variant]:
    """List what could have been chosen instead; what the area does not have is left out."""
    parameters, incidents = scored.base.parameters, scored.base.incidents
    for name in SEVERITIES:
        if name != parameters.severity:
            yield Variant("severity", name, severity=read_severity(name))
    own = tables.reference.own_severity
    if own is not None and parameters.severity != OWN_SEVERITY:
        yield Variant("severity", OWN_SEVERITY, severity=own)
    for days in HALF_LIVES_DAYS:
        if days != parameters.half_life_days:
            word = f"{days:g} days" if np.isfinite(days) else "none"
            yield Variant("half_life", word, half_life_days=days)
    is_discovered = (incidents["origin"] == Origin.DISCOVERED).to_numpy(bool)
    if is_discovered.any():
        word = "without discovered" if parameters.score_discovered else "with discovered"
        yield Variant("origin", word, score_discovered=not parameters.score_discovered)
    else:
        notes.append("No incident was discovered by police activity, so origin changes nothing.")
    yield from _without(
        "source",
        incidents["source"].to_numpy(np.int64),
        {number: record.path for number, record in enumerate(tables.records)},
        scored.scores.is_scored,
        N_SOURCES,
        notes,
    )
    category, code = np.unique(incidents["category"].to_numpy(str), return_inverse=True)
    yield from _without(
        "category",
        code.astype(np.int64),
        dict(enumerate(map(str, category))),
        scored.scores.is_scored,
        N_CATEGORIES,
        notes,
    )


def _without(
    kind: str,
    number: NDArray[np.int64],
    names: Mapping[int, str],
    is_scored: NDArray[np.bool_],
    most: int,
    notes: list[str],
) -> Iterator[Variant]:
    """Leave out each of the largest groups in turn; the only one cannot be left out."""
    found, count = np.unique(number[is_scored], return_counts=True)
    if found.size <= 1:
        return
    order = np.argsort(-count, kind="stable")
    for group in found[order[:most]]:
        yield Variant(kind, names[int(group)], is_kept=number != group)
    if found.size > most:
        words = {"source": "files", "category": "categories"}[kind]
        notes.append(f"Of {found.size} {words}, the {most} largest are left out in turn.")


def _reach(scored: Scored, row: int) -> SchoolReach | None:
    """Give what tracing needs; None where no corridor was tested."""
    evidence = scored.schools[row]
    if evidence.tree is None or evidence.test is None:
        return None
    return SchoolReach(
        tree=evidence.tree,
        footfall=scored.footfall.share(row, evidence.tree),
        timetable=int(scored.base.timetable_of_school[row]),
        expected_mass=evidence.test.expected_mass,
    )


def _choice(
    variant: Variant, agreement: Agreement, is_carried: NDArray[np.bool_]
) -> dict[str, Any]:
    overlap = agreement.corridors
    return {
        "kind": variant.kind,
        "value": variant.value,
        "n_scored": agreement.n_scored,
        "kendall_tau_b": _rounded(agreement.tau_b),
        "top_overlap": {
            f"{share:g}": _rounded(part)
            for share, part in zip(TOP_SHARES, agreement.top_overlap, strict=True)
        },
        "all_corridors": _overlaps(overlap),
        "carried_corridors": _overlaps(overlap[is_carried]),
    }


def _overlaps(overlap: NDArray[np.float64]) -> dict[str, Any]:
    """Sum up how much of their length corridors keep."""
    known = overlap[np.isfinite(overlap)]
    return {
        "n": int(known.size),
        "median_overlap": _rounded(float(np.median(known))) if known.size else None,
        "n_same": int((known >= 1.0 - 1e-9).sum()),
        "n_mostly_elsewhere": int((known < ELSEWHERE).sum()),
    }


def _schools(
    tables: Tables, scored: Scored, variants: list[Variant], agreements: list[Agreement]
) -> Iterator[dict[str, Any]]:
    for row, (school_id, name, evidence) in enumerate(
        zip(tables.schools["school_id"], tables.schools["name"], scored.schools, strict=True)
    ):
        if evidence.test is None:
            continue
        overlaps = [
            {
                "kind": variant.kind,
                "value": variant.value,
                "overlap": _rounded(float(agreement.corridors[row])),
                "is_same": bool(agreement.corridors[row] >= 1.0 - 1e-9),
            }
            for variant, agreement in zip(variants, agreements, strict=True)
        ]
        known = [one for one in overlaps if one["overlap"] is not None]
        least = min(known, key=lambda one: float(str(one["overlap"])), default=None)
        yield {
            "school_id": str(school_id),
            "name": str(name),
            "grade": str(evidence.graded.grade),
            "is_carried": evidence.graded.grade in _CARRIED,
            "least_overlap": None if least is None else least["overlap"],
            "least_by": None if least is None else {"kind": least["kind"], "value": least["value"]},
            "n_changed": sum(not one["is_same"] for one in known),
            "choices": overlaps,
        }


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _summary(choices: list[dict[str, Any]]) -> str:
    known = [one for one in choices if one["top_overlap"]["0.05"] is not None]
    if not known:
        return "How stable the ranking is cannot be said: there are too few incidents."
    worst = min(known, key=lambda one: float(one["top_overlap"]["0.05"]))
    return (
        f"Of {len(known)} other choices, {worst['kind'].replace('_', '-')} = {worst['value']} "
        f"moves the ranking most: {worst['top_overlap']['0.05']:.0%} of the top 5 % of street "
        f"length stays, Kendall's tau-b {worst['kendall_tau_b'] or 0.0:.2f}."
    )
