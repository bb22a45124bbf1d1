"""Rolling-origin hold-out of one area: what was foreseen, against what then happened."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from corridors.analysis.forecasts import Streets
from corridors.analysis.predictors import middles_of
from corridors.analysis.scoring import observed_period
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import place_gates, walk_trees
from corridors.domain.vocabulary import Origin, TimePrecision
from corridors.errors import BadInput, Problem
from corridors.outputs.evaluation import evaluation_json, evaluation_page, evaluation_svg
from corridors.outputs.folder import OutputFolder, check_writable
from corridors.pipeline.folds import Fold, FoldCase, judge_fold
from corridors.pipeline.held_out import place_incidents, window_share_of
from corridors.pipeline.hit_tables import pool_folds
from corridors.pipeline.reading import Tables, read_tables, street_cache_dir
from corridors.pipeline.stages import Stages

__all__ = ["Asked", "evaluate_area", "evaluate_tables", "make_folds", "read_horizon"]

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_FILES = ("evaluation.json", "scores.parquet", "chart.svg", "evaluation.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a hold-out was asked for.

    Parameters
    ----------
    until
        The first day that is foreseen.
    horizon
        Such as ``4w`` or ``1m``.
    n_folds
        At most this many origins, each a horizon after the one before.
    categories
        Only these; none means all.
    scattered
        Whether the main results put each test incident somewhere within its anchor's radius.
    """

    until: date
    horizon: str = "1m"
    n_folds: int = 6
    categories: tuple[str, ...] = ()
    scattered: bool = False


def read_horizon(text: str) -> tuple[int, str]:
    """Read a horizon such as ``4w`` or ``6m``.

    Raises
    ------
    BadInput
        It is not a number of weeks or months from 1 to 99.
    """
    match = re.fullmatch(r"([1-9][0-9]?)([wm])", text.strip().lower(), re.ASCII)
    if not match:
        raise BadInput(
            Problem("--horizon", "This is not a length of time.", "Give 4w, 1m or 6m, say.")
        )
    return int(match[1]), match[2]


def evaluate_area(
    area_file: Path, out: Path, asked: Asked, *, today: date, stages: Stages
) -> dict[str, Any]:
    """Read an area, hold out what came from a day on, and write what was foreseen.

    Parameters
    ----------
    area_file
        The area file.
    out
        The folder to make or replace.
    asked
        From when, how far and of what.
    today
        The last day of which incidents are used, unless the area file says otherwise.
    stages
        Times the work.

    Returns
    -------
    dict
        What ``evaluation.json`` holds.

    Raises
    ------
    BadInput
        With every problem of what was given.
    OutputError
        When the folder cannot be written.
    """
    read_horizon(asked.horizon)
    _check_until(asked.until)
    check_writable(out, _FILES)
    tables = read_tables(
        area_file, as_of=None, today=today, stages=stages, cache_dir=street_cache_dir()
    )
    record, scores = evaluate_tables(tables, asked, stages)
    with stages.stage("write", "Writing the evaluation"), OutputFolder(out) as folder:
        folder.write_text("evaluation.json", evaluation_json(record))
        buffer = io.BytesIO()
        scores.to_parquet(buffer, index=False, compression="zstd")
        folder.write_bytes("scores.parquet", buffer.getvalue())
        folder.write_text("chart.svg", evaluation_svg(record))
        folder.write_text("evaluation.html", evaluation_page(record))
    return record


def make_folds(until: date, last: date, horizon: tuple[int, str], n_folds: int) -> list[Fold]:
    """Step forward by the horizon. The first fold may end with the data, later ones are whole.

    Parameters
    ----------
    until, last
        First day foreseen, and last day of the data.
    horizon
        From `read_horizon`.
    n_folds
        At most this many.
    """
    number, unit = horizon
    starts = [
        (
            pd.Timestamp(until)
            + (pd.DateOffset(months=number * n) if unit == "m" else pd.Timedelta(weeks=number * n))
        ).date()
        for n in range(n_folds + 1)
    ]
    end_of_data = last + timedelta(days=1)
    folds = [Fold(1, starts[0], min(starts[1], max(end_of_data, starts[0])), starts[1])]
    folds += [
        Fold(n + 1, starts[n], starts[n + 1], starts[n + 1])
        for n in range(1, n_folds)
        if starts[n + 1] <= end_of_data
    ]
    return folds


def evaluate_tables(
    tables: Tables, asked: Asked, stages: Stages
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Hold out of tables that are already read.

    Returns
    -------
    record, scores
        What ``evaluation.json`` and ``scores.parquet`` hold.
    """
    horizon = read_horizon(asked.horizon)
    incidents, n_discovered = _usable(tables, asked)
    folds, notes = _folds(tables, incidents, asked, horizon)
    if n_discovered:
        notes.append(f"{n_discovered} incidents that police discovered are left out throughout.")
    with stages.stage("match", "Matching incidents to streets"):
        streets, make_case = _prepare(tables, incidents)
    judged = []
    for fold in folds:
        with stages.stage("evaluate", f"Foreseeing from {fold.starts_on}"):
            judged.append(judge_fold(make_case(fold)))
    notes += [note for one in judged for note in one.notes]
    if not (tables.area.coverage_path):
        notes.append("No coverage is given, so all streets are in the denominator.")
    main = "scattered" if asked.scattered and judged[0].is_spread else "as_published"
    if asked.scattered and main != "scattered":
        notes.append("Places are exact: there is nothing to scatter.")
    rows = [row for one in judged for row in one.rows]
    pooled, compared = pool_folds(judged)
    record = {
        "document": "internal",
        "area": tables.area.name,
        "asked": {**dataclasses.asdict(asked), "until": asked.until.isoformat()},
        "scattered": main == "scattered",
        "places": main,
        "folds": [one.facts for one in judged],
        "results": [row for row in rows if row["places"] == main],
        "results_other_places": [row for row in rows if row["places"] != main],
        "pooled": pooled,
        "against_best_baseline": compared,
        "covered_km": round(float(tables.network.length_m[streets.is_counted].sum()) / 1000, 3),
        "parameters": {
            key: value.isoformat() if isinstance(value, date) else value
            for key, value in dataclasses.asdict(tables.area.parameters).items()
        },
        "hashes": dict(tables.hashes),
        "notes": list(dict.fromkeys(notes)),
    }
    return record, pd.concat([one.scores for one in judged], ignore_index=True)


def _check_until(until: date) -> None:
    if not _FIRST_YEAR <= until.year <= _LAST_YEAR:
        raise BadInput(
            Problem(
                "--until",
                "No incident can be so long ago or so far ahead.",
                f"Give a day of the years {_FIRST_YEAR} to {_LAST_YEAR}.",
            )
        )


def _usable(tables: Tables, asked: Asked) -> tuple[pd.DataFrame, int]:
    """Keep reported incidents of the categories; refuse a category that is not one of ours."""
    known = tables.reference.category_names
    unknown = [slug for slug in asked.categories if slug not in known]
    if unknown:
        raise BadInput(
            Problem(
                "--category",
                f"{len(unknown)} of these are no categories.",
                f"Use {', '.join(sorted(known))}.",
            )
        )
    incidents = tables.incidents
    if asked.categories:
        incidents = incidents[incidents["category"].isin(asked.categories)]
    is_discovered = incidents["origin"] == Origin.DISCOVERED
    return incidents[~is_discovered].reset_index(drop=True), int(is_discovered.sum())


def _folds(
    tables: Tables, incidents: pd.DataFrame, asked: Asked, horizon: tuple[int, str]
) -> tuple[list[Fold], list[str]]:
    if incidents.empty:
        end = make_folds(asked.until, date.max - timedelta(days=3660), horizon, 1)
        return end, ["There is no incident to learn from or to judge by."]
    period = observed_period(incidents, tables.area.timezone, tables.as_of)
    if not period.first < asked.until <= period.last:
        raise BadInput(
            Problem(
                "--until",
                f"This day is outside the data, which run from {period.first} to {period.last}.",
                "Give a day after the first and not after the last.",
            )
        )
    is_month = incidents["time_precision"] == TimePrecision.MONTH
    if is_month.all() and asked.until.day != 1:
        what = "The incidents know their month only, and this is not the first of a month."
        raise BadInput(Problem("--until", what, "Give the first of a month."))
    if is_month.all() and horizon[1] != "m":
        what = "The incidents know their month only, and weeks cannot be told apart."
        raise BadInput(Problem("--horizon", what, "Give months, such as 1m."))
    folds = make_folds(asked.until, period.last, horizon, asked.n_folds)
    notes = []
    if folds[0].ends_before < folds[0].asked_end:
        notes.append(f"The data end on {period.last}, before the horizon does.")
    if len(folds) < asked.n_folds:
        notes.append(f"The data hold {len(folds)} of the {asked.n_folds} folds asked for.")
    return folds, notes


def _prepare(tables: Tables, incidents: pd.DataFrame) -> tuple[Streets, Callable[[Fold], FoldCase]]:
    """Do once what all folds share."""
    network, parameters = tables.network, tables.area.parameters
    streets = Streets(network, middles_of(network), tables.is_covered, parameters.kernel)
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    placed = place_incidents(index, incidents, tables.is_covered, parameters)
    gates = place_gates(network, index, tables.schools, parameters)
    trees = [tree for tree in walk_trees(network, gates, parameters) if tree is not None]
    share = window_share_of(tables, placed.incidents)

    def make_case(fold: Fold) -> FoldCase:
        return FoldCase(
            fold=fold,
            streets=streets,
            placed=placed,
            window_share=share,
            trees=trees,
            timezone=tables.area.timezone,
            parameters=parameters,
        )

    return streets, make_case
