"""What else is said of a run's scores: why, how sure, how stable, and what is to be expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from corridors.analysis.segment_index import SegmentIndex
from corridors.domain.bandwidth import BandwidthChoice
from corridors.outputs.bandwidth_chart import draw_bandwidth_curve
from corridors.outputs.folder import OutputFolder
from corridors.outputs.stability import stability_json, stability_page
from corridors.pipeline.bandwidth import likeliest_bandwidth
from corridors.pipeline.forecast import Forecast, forecast_of
from corridors.pipeline.reading import Tables
from corridors.pipeline.reasons import Reasons, explain_area, reasons_files
from corridors.pipeline.scoring import Scored
from corridors.pipeline.stability import Stability, stability_of
from corridors.pipeline.stages import Stages

__all__ = ["Findings", "find_reasons", "findings_record", "segment_columns", "write_findings"]


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What is said of the scores besides themselves.

    Parameters
    ----------
    reasons
        Every score taken apart, with its interval.
    stability
        How far the answer moves with choices that could have been made otherwise.
    forecast
        Where incidents are to be expected; None with too few of them.
    bandwidth
        How likely the past is under each reach of the kernel, whether or not it chose the reach.
    """

    reasons: Reasons
    stability: Stability
    forecast: Forecast | None
    bandwidth: BandwidthChoice


def find_reasons(tables: Tables, scored: Scored, stages: Stages) -> Findings:
    """Work out what is said of the scores.

    Parameters
    ----------
    tables, scored
        The run.
    stages
        Times the work.
    """
    with stages.stage("explain", "Taking the scores apart"):
        reasons = explain_area(tables, scored)
    with stages.stage("stability", "Trying other choices"):
        stability = stability_of(tables, scored)
    with stages.stage("forecast", "Foreseeing"):
        forecast = forecast_of(tables, scored)
        index = SegmentIndex.build(tables.network.segments.geometry.to_numpy())
        bandwidth = scored.bandwidth or likeliest_bandwidth(tables, index)
    return Findings(reasons, stability, forecast, bandwidth)


def segment_columns(findings: Findings) -> dict[str, Any]:
    """Give the columns that the findings add to ``segments.parquet``."""
    intervals, forecast = findings.reasons.intervals, findings.forecast
    columns: dict[str, Any] = {"intensity_low": intervals.low, "intensity_high": intervals.high}
    if forecast is not None:
        columns["forecast_per_km_day"] = forecast.per_km_day
    return columns


def findings_record(findings: Findings) -> dict[str, Any]:
    """Give what the findings add to ``report.json``."""
    forecast, bandwidth = findings.forecast, findings.bandwidth
    return {
        "stability": findings.stability.summary,
        "forecast": None
        if forecast is None
        else {
            "parts": {name: round(share, 6) for name, share in forecast.parts.items()},
            "log_likelihood": round(forecast.log_likelihood, 6),
            "n_incidents": round(forecast.n_incidents, 3),
        },
        "bandwidth": {
            "used_m": findings.reasons.scored.base.parameters.bandwidth_m,
            "likeliest_m": bandwidth.bandwidth_m if bandwidth.is_chosen else None,
            "curve": [
                {
                    "bandwidth_m": point.bandwidth_m,
                    "log_likelihood": round(point.log_likelihood, 6),
                    "standard_error": round(point.standard_error, 6),
                }
                for point in bandwidth.curve
            ],
        },
    }


def write_findings(folder: OutputFolder, findings: Findings) -> None:
    """Write the files of the findings into the internal part of a folder."""
    for path, content in reasons_files(findings.reasons).items():
        folder.write_bytes(path, content)
    folder.write_text("internal/stability.json", stability_json(findings.stability.record))
    folder.write_text("internal/stability.html", stability_page(findings.stability.record))
    folder.write_text("internal/bandwidth.svg", draw_bandwidth_curve(findings.bandwidth))
