"""The mixture as a score: what it adds up to, and when there is none."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pandas as pd
import pytest

from corridors.analysis.mixture import fit_mixture
from corridors.analysis.predictors import Past
from corridors.domain.vocabulary import Basis
from corridors.pipeline.forecast import forecast_of
from corridors.pipeline.reading import Tables, read_tables
from corridors.pipeline.scoring import Scored, score_tables
from corridors.pipeline.stages import Stages
from tests.small_area import write_small_area
from tests.toy import toy_network


def scored_of(tables: Tables) -> Scored:
    return score_tables(tables, Stages())


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    area = write_small_area(tmp_path_factory.mktemp("small") / "area")
    return read_tables(
        area.file, as_of=None, today=date(2026, 7, 3), stages=Stages(), cache_dir=None
    )


@pytest.fixture(scope="module")
def scored(tables: Tables) -> Scored:
    return scored_of(tables)


def test_it_foresees_as_many_a_day_as_there_were(tables: Tables, scored: Scored) -> None:
    found = forecast_of(tables, scored)
    assert found is not None
    assert scored.base.basis is Basis.WINDOW
    assert sum(found.parts.values()) == pytest.approx(1.0)
    assert all(name == "everywhere the same" or "," in name for name in found.parts)
    # by hand: each incident's share of its nearest school's window, over that school's days
    x = tables.incidents[["x", "y"]].to_numpy()
    apart = ((x[:, None, :] - scored.base.school_xy[None]) ** 2).sum(axis=2)
    (time,) = scored.base.times
    kept = scored.scores.is_scored
    assert apart.shape[1] == 2
    per_day = float(time.share[kept].sum()) / len(time.days)
    length_km = tables.network.length_m / 1000
    assert np.nansum(found.per_km_day * length_km) == pytest.approx(per_day)
    assert found.n_incidents == pytest.approx(float(time.share[kept].sum()))
    # forty of them were planted on the street of S1
    row = int(np.nanargmax(found.per_km_day))
    assert tables.network.segments["name"].iloc[row] == "Row 0"
    again = forecast_of(tables, scored)
    assert again is not None
    assert (again.per_km_day == found.per_km_day).all()


def test_streets_without_data_are_unknown(tables: Tables) -> None:
    covered = tables.is_covered.copy()
    covered[-(len(covered) // 3) :] = False
    some = dataclasses.replace(tables, is_covered=covered)
    found = forecast_of(some, scored_of(some))
    assert found is not None
    assert np.isnan(found.per_km_day[~covered]).all()
    assert (found.per_km_day[covered] > 0).any()


def test_too_few_is_no_forecast(tables: Tables) -> None:
    few = dataclasses.replace(tables, incidents=tables.incidents.iloc[:29].reset_index(drop=True))
    assert forecast_of(few, scored_of(few)) is None


def test_fewer_than_enough_in_the_window_is_no_forecast(tables: Tables) -> None:
    night = tables.incidents["starts_at"].dt.hour < 12
    asleep = tables.incidents[night].reset_index(drop=True)
    assert len(asleep) > 30
    some = dataclasses.replace(tables, incidents=asleep)
    assert forecast_of(some, scored_of(some)) is None


def test_month_only_is_by_all_hours_and_calendar_days(tables: Tables) -> None:
    incidents = tables.incidents.copy()
    month = incidents["starts_at"].dt.tz_localize(None).dt.to_period("M")
    incidents["starts_at"] = month.dt.start_time.dt.tz_localize("UTC").astype("datetime64[ns, UTC]")
    incidents["ends_at"] = (
        (month + 1).dt.start_time.dt.tz_localize("UTC").astype("datetime64[ns, UTC]")
    )
    incidents["time_precision"] = "month"
    incidents["place_precision"] = "snapped"
    coarse = dataclasses.replace(tables, incidents=incidents)
    scored = scored_of(coarse)
    assert scored.base.basis is Basis.ALL_HOURS
    found = forecast_of(coarse, scored)
    assert found is not None
    assert not any(name.startswith("window") for name in found.parts)
    period = scored.base.period
    days = pd.date_range(period.first, period.last)
    n_days = len(days[np.isin(days.to_numpy("datetime64[M]"), sorted(period.months))])
    total = float(np.nansum(found.per_km_day * coarse.network.length_m / 1000))
    assert total == pytest.approx(scored.n_scored / n_days)


def test_fewer_steps_are_nearly_the_same() -> None:
    """Whoever pays a quarter gets the same streets: the forecasts differ by under 2 % in all."""
    network = toy_network()
    rng = np.random.default_rng(2)
    segment = rng.choice([2, 2, 2, 3, 5, 8], 300).astype(np.int32)
    position_m = rng.uniform(0, 100, 300)
    past = Past(
        np.arange(300),
        segment,
        position_m,
        np.ones(300),
        np.zeros((300, 2)),
        np.ones(300),
        rng.uniform(0, 300, 300),
    )
    fine, coarse = (
        fit_mixture(
            network,
            {"all": past},
            "all",
            np.ones(15, bool),
            "epanechnikov",
            np.random.default_rng(0),
            n_steps=n_steps,
        )
        for n_steps in (64, 8)
    )
    apart = np.abs(fine.density - coarse.density) @ network.length_m
    assert apart < 0.02
    assert coarse.log_likelihood == pytest.approx(fine.log_likelihood, abs=0.005)
