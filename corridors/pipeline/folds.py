"""One fold of a hold-out: forecasts from its past, measured on its future."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.analysis.forecasts import (
    HINDSIGHT,
    OURS,
    RANDOM,
    Streets,
    choose_corridors,
    make_forecasts,
)
from corridors.analysis.holdout import LENGTH_SHARES, hit_intervals, top_parts, walk_parts
from corridors.analysis.predictors import Past
from corridors.analysis.tracing import TraceRule
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Basis
from corridors.pipeline.held_out import Placed
from corridors.pipeline.hit_tables import Judged, Key, result_rows

__all__ = ["MIN_INCIDENTS", "Fold", "FoldCase", "judge_fold"]

MIN_INCIDENTS = 30
"""With fewer before or after the origin there is no answer."""

N_RUNS = 1000
UNITS = ("segments", "segments_in_reach", "corridors")

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fold:
    """Days of one fold: what is before ``starts_on`` is known, what is before the end is judged."""

    number: int
    starts_on: date
    ends_before: date
    asked_end: date


@dataclass(frozen=True, slots=True, eq=False)
class FoldCase:
    """What one fold rests on; see `corridors.pipeline.held_out` for the parts."""

    fold: Fold
    streets: Streets
    placed: Placed
    window_share: FloatArray | None
    trees: Sequence[WalkTree]
    timezone: str
    parameters: Parameters


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """Which incidents are before the origin and which after, and the ages seen from it."""

    is_past: NDArray[np.bool_]
    is_test: NDArray[np.bool_]
    origin_days: float
    month_days: float
    n_astride: int


def _split(case: FoldCase) -> _Split:
    def moment(day: date) -> pd.Timestamp:
        return pd.Timestamp(day, tz=case.timezone)

    origin, end = moment(case.fold.starts_on), moment(case.fold.ends_before)
    starts, ends = case.placed.incidents["starts_at"], case.placed.incidents["ends_at"]
    month_before = moment((pd.Timestamp(case.fold.starts_on) - pd.DateOffset(months=1)).date())
    is_past = (starts < origin) & (ends <= origin)
    is_test = (starts >= origin) & (starts < end) & (ends <= end)
    is_astride = ((starts < origin) & (ends > origin)) | ((starts < end) & (ends > end))
    return _Split(
        is_past.to_numpy(bool),
        is_test.to_numpy(bool),
        origin.as_unit("ns").value / 86_400e9,
        (origin - month_before) / pd.Timedelta(days=1),
        int(is_astride.sum()),
    )


def judge_fold(case: FoldCase) -> Judged:
    """Foresee from the past of a fold by every method, and measure on what followed."""
    split = _split(case)
    is_spread = case.placed.spread is not None
    bases: dict[Basis, FloatArray] = {Basis.ALL_HOURS: np.ones(len(case.placed.incidents))}
    notes: list[str] = []
    if case.window_share is not None:
        bases = {Basis.WINDOW: case.window_share, **bases}
    else:
        notes.append(
            "No time of day is known: everything is by all hours, and says nothing of the "
            "after-school window."
        )
    facts: dict[str, Any] = {
        **_fold_words(case.fold),
        "ends_before": case.fold.ends_before.isoformat(),
        "left_out_astride_a_bound": split.n_astride,
        "left_out_far_or_uncovered": case.placed.n_far,
    }
    rows: list[dict[str, Any]] = []
    measured: list[_Measured] = []
    for basis, share in bases.items():
        n_past, n_test = float(share[split.is_past].sum()), float(share[split.is_test].sum())
        told: dict[str, Any] = {"n_past": round(n_past, 3), "n_test": round(n_test, 3)}
        facts[str(basis)] = told
        is_enough = min(n_past, n_test) >= MIN_INCIDENTS
        if not is_enough:
            notes.append(
                f"Fold {case.fold.number}, {_WORDS[basis]}: not enough. {n_past:.0f} incidents "
                f"before {case.fold.starts_on} and {n_test:.0f} in the time that is judged; "
                f"{MIN_INCIDENTS} of each are needed."
            )
        for places in ("as_published", "scattered") if is_spread else ("as_published",):
            if not is_enough:
                rows += _not_enough(case, places, basis, n_test)
                continue
            found = _measure(case, split, places, basis, bases)
            told[f"mixture_{places}"] = found.parts
            rows += found.rows
            measured.append(found)
    return Judged(
        rows=rows,
        hits={key: hit for one in measured for key, hit in one.hits.items()},
        runs={key: run for one in measured for key, run in one.runs.items()},
        n_test={key: one.n_test for one in measured for key in one.hits},
        scores=pd.concat([_no_scores(), *(one.scores for one in measured)], ignore_index=True),
        facts=facts,
        notes=notes,
        is_spread=is_spread,
    )


_WORDS = {Basis.WINDOW: "after-school window", Basis.ALL_HOURS: "all hours"}


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    rows: list[dict[str, Any]]
    hits: dict[Key, FloatArray]
    runs: dict[Key, FloatArray]
    n_test: float
    scores: pd.DataFrame
    parts: dict[str, float]


def _measure(
    case: FoldCase,
    split: _Split,
    places: str,
    basis: Basis,
    bases: Mapping[Basis, FloatArray],
) -> _Measured:
    """Forecast and measure on one basis, by one reading of the places."""
    aim = str(basis)
    # What happens in the window may be foreseen from all hours too, not the other way round.
    weights = {str(one): bases[one] for one in dict.fromkeys((basis, Basis.ALL_HOURS))}
    streets, placed = case.streets, case.placed
    n_segments = streets.network.n_segments
    seed = [case.parameters.seed, case.fold.number, zlib.crc32(f"{places} {basis}".encode())]
    rng = np.random.default_rng(seed)

    def known(past: Past) -> dict[str, Past]:
        aged = dataclasses.replace(past, age_days=split.origin_days - past.age_days)
        return {name: aged.weighed(w * split.is_past) for name, w in weights.items()}

    is_scattered = places == "scattered"
    spread = known(placed.spread) if is_scattered and placed.spread is not None else None
    forecasts, mixture = make_forecasts(
        streets, known(placed.nearest), spread, aim, split.month_days, rng
    )
    where = placed.spread if is_scattered and placed.spread is not None else placed.nearest
    weight = weights[aim] * split.is_test
    test = np.where(streets.is_counted, where.weighed(weight).mass(n_segments), 0.0)
    forecasts[HINDSIGHT] = test / streets.network.length_m
    keys, parts = _choose(case, forecasts)
    # Incidents that count in part carry less than their number (Kish's effective size).
    n_effective = max(1, round(float(weight.sum() ** 2 / (weight**2).sum())))
    rates, drawn = hit_intervals(test, parts, n_effective, N_RUNS, rng)
    hits, runs = {}, {}
    for column, (unit, method) in enumerate(keys):
        at = slice(column * len(LENGTH_SHARES), (column + 1) * len(LENGTH_SHARES))
        hits[places, aim, unit, method] = rates[at]
        runs[places, aim, unit, method] = drawn[:, at]
    n_test = float(test.sum())
    return _Measured(
        result_rows(hits, runs, dict.fromkeys(hits, n_test), _fold_words(case.fold)),
        hits,
        runs,
        n_test,
        _score_table(case, forecasts, places, aim),
        {name: round(part, 4) for name, part in mixture.parts.items() if part >= 0.0005},
    )


def _choose(
    case: FoldCase, forecasts: Mapping[str, FloatArray]
) -> tuple[list[tuple[str, str]], FloatArray]:
    """Give the parts of segments that each method would choose, by each unit."""
    streets = case.streets
    length_m = streets.network.length_m
    budgets_m = [share * float(length_m[streets.is_counted].sum()) for share in LENGTH_SHARES]
    in_reach = np.zeros(len(length_m), np.bool_)
    for tree in case.trees:
        in_reach[tree.segment] = True
    in_reach &= streets.is_counted
    is_short = np.array(budgets_m) > float(length_m[in_reach].sum())
    keys, columns = [], []
    counted_m = np.where(streets.is_counted, length_m, 0.0)
    for method, density in forecasts.items():
        keys.append(("segments", method))
        columns.append(top_parts(density, length_m, streets.is_counted, budgets_m))
        within = top_parts(density, length_m, in_reach, budgets_m)
        within[:, is_short] = np.nan
        keys.append(("segments_in_reach", method))
        columns.append(within)
        if method == RANDOM:
            continue
        order = choose_corridors(
            case.trees,
            density * counted_m,
            counted_m,
            case.parameters.corridor_length_m,
            budgets_m[-1],
            TraceRule.of(case.parameters),
        )
        keys.append(("corridors", method))
        columns.append(walk_parts(order, length_m, streets.is_counted, budgets_m))
    return keys, np.hstack(columns)


def _fold_words(fold: Fold) -> dict[str, Any]:
    return {"fold": fold.number, "origin": fold.starts_on.isoformat()}


def _not_enough(case: FoldCase, places: str, basis: Basis, n_test: float) -> list[dict[str, Any]]:
    """Give rows without a figure, so that nobody takes their absence for an oversight."""
    return [
        {
            **_fold_words(case.fold),
            "unit": unit,
            "method": OURS,
            "basis": str(basis),
            "length_share": share,
            **dict.fromkeys(("hit_rate", "lo", "hi", "pai", "pei")),
            "n_test": round(n_test, 3),
            "places": places,
        }
        for unit in UNITS
        for share in LENGTH_SHARES
    ]


def _no_scores() -> pd.DataFrame:
    kinds = {"fold": "int64", "segment_id": "str", "method": "str", "score": "float64",
             "basis": "str", "places": "str"}  # fmt: skip
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _score_table(
    case: FoldCase, forecasts: Mapping[str, FloatArray], places: str, basis: str
) -> pd.DataFrame:
    """List the score of each covered segment by every method that knows the past only."""
    counted = np.flatnonzero(case.streets.is_counted)
    ids = case.streets.network.segments["segment_id"].to_numpy()[counted]
    methods = [method for method in forecasts if method not in {RANDOM, HINDSIGHT}]
    return pd.DataFrame(
        {
            "fold": case.fold.number,
            "segment_id": np.tile(ids, len(methods)),
            "method": np.repeat(np.array(methods, object), len(ids)),
            "score": np.concatenate([forecasts[method][counted] for method in methods]),
            "basis": basis,
            "places": places,
        }
    ).astype({"segment_id": "str", "method": "str", "basis": "str", "places": "str"})
