"""What stays inside: exact tables and reports, as bytes that are the same each time."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from corridors.outputs.plan_json import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import ArrayLike

    from corridors.domain.network import StreetNetwork

__all__ = [
    "report_json",
    "school_segments_parquet",
    "segments_parquet",
    "set_aside_csv",
    "timings_json",
]


def segments_parquet(
    network: StreetNetwork,
    *,
    intensity_per_km_day: ArrayLike,
    n_incidents: ArrayLike,
    basis: str,
    covered: ArrayLike,
    extra: Mapping[str, ArrayLike] | None = None,
) -> bytes:
    """Write ``internal/segments.parquet``: GeoParquet in the area's CRS, one row a segment.

    Parameters
    ----------
    network
        All the streets.
    intensity_per_km_day, n_incidents, covered
        One value a segment. Intensity where there is no coverage should be NaN: unknown.
    basis
        ``window`` or ``all_hours``.
    extra
        More columns, by name.
    """
    segments = network.segments
    table = segments[["segment_id", "geometry", "length_m"]].copy()
    table["intensity_per_km_day"] = np.asarray(intensity_per_km_day, float)
    table["n_incidents"] = np.asarray(n_incidents)
    table["basis"] = str(basis)
    table["covered"] = np.asarray(covered, bool)
    for name, values in (extra or {}).items():
        table[name] = np.asarray(values)
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def school_segments_parquet(table: pd.DataFrame) -> bytes:
    """Write ``internal/school_segments.parquet``: ``school_id segment_id need grade`` and more."""
    first = ["school_id", "segment_id", "need", "grade"]
    rest = [name for name in table.columns if name not in first]
    ordered = table[first + rest].sort_values(["school_id", "segment_id"], kind="stable")
    buffer = io.BytesIO()
    ordered.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def report_json(report: Mapping[str, Any]) -> str:
    """Write ``internal/report.json``; keys keep their order, NaN becomes null."""
    return json.dumps(_finite(plain(report)), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def timings_json(timings: Mapping[str, Any]) -> str:
    """Write ``internal/timings.json``: the one file that differs from run to run."""
    return report_json(timings)


def set_aside_csv(table: pd.DataFrame) -> str:
    """Write ``internal/set-aside.csv``: ``file line reason``, no personal value.

    A file's name is somebody else's words: one that a spreadsheet would take for a formula gets
    an apostrophe in front.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["file", "line", "reason"])
    ordered = table.sort_values(["file", "line", "reason"], kind="stable")
    rows = zip(ordered["file"], ordered["line"], ordered["reason"], strict=True)
    writer.writerows((_no_formula(str(f)), int(line), _no_formula(str(r))) for f, line, r in rows)
    return buffer.getvalue()


def _no_formula(text: str) -> str:
    is_formula = text.lstrip(" ").startswith(
        ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
    )
    return f"'{text}" if is_formula else text


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
