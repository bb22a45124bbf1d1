"""``internal/plan.json``: the whole plan, exact, described by a JSON Schema beside this module.

Floats are written with nine significant digits: more than any figure here can mean, and few
enough that the last bits of a sum do not differ between two machines. Parameters are written as
they were given. Times carry their offset. Lists whose order means something (a walk, streets,
dwells, posts, the stages of the roster) keep it; the others are sorted by their ids.
"""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np

from corridors.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corridors.domain.plan import Plan

__all__ = ["check_plan_json", "plain", "plan_to_json"]

SIGNIFICANT_DIGITS = 9
_SORTED_BY = {
    "schools": ("school_id",),
    "corridors": ("corridor_id",),
    "candidates": ("corridor_id",),
    "patrols": ("starts_at", "patrol_id"),
    "unmet": ("starts_at", "corridor_id", "school_id"),
    "protocols": ("protocol_id",),
    "trade_off": ("police_min", "need_covered"),
    "changes": ("subject", "subject_id", "kind", "what"),
    "cancelled": ("starts_at", "corridor_id"),
}
_FIRST = ("schema_version", "area", "week", "timezone", "status", "issued_on", "basis")


def plan_to_json(plan: Plan) -> str:
    """Write a plan as JSON; the same plan gives the same bytes.

    Raises
    ------
    OutputError
        When the result would break the schema: a fault of ours, found before it is written.
    """
    everything = {field.name: getattr(plan, field.name) for field in fields(plan)}
    document = {
        name: plain(everything[name], round_floats=name != "parameters")
        for name in (*_FIRST, *(name for name in everything if name not in _FIRST))
    }
    for name, keys in _SORTED_BY.items():
        document[name].sort(key=lambda row, keys=keys: tuple(row[key] for key in keys))
    for protocol in document["protocols"]:
        protocol["agreed_by"] = [{"by": by, "on": on} for by, on in protocol["agreed_by"]]
    for name in ("inputs", "versions"):
        document[name] = dict(sorted(document[name].items()))
    check_plan_json(document)
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def check_plan_json(document: Mapping[str, Any] | str) -> None:
    """Raise `OutputError` where a plan document breaks the schema.

    Parameters
    ----------
    document
        The parsed document, or its text.
    """
    parsed = json.loads(document) if isinstance(document, str) else document
    error = jsonschema.exceptions.best_match(_validator().iter_errors(parsed))
    if error is not None:
        # the rule and the place are named; a value is not, it may be personal
        place = "/".join(str(step) for step in error.absolute_path) or "the document"
        raise OutputError(f"plan.json: {place} breaks the rule {error.validator!r} of its schema")


def plain(value: Any, *, round_floats: bool = False) -> Any:
    """Turn records, enumerations, dates and numpy numbers into what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if hasattr(value, "items"):
        return {str(key): plain(one, round_floats=round_floats) for key, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(one, round_floats=round_floats) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(one, round_floats=round_floats) for one in value)
    return _plain_scalar(value, round_floats=round_floats)


def _plain_scalar(value: Any, *, round_floats: bool) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and round_floats:
        return _rounded(value)
    return value


def _rounded(value: float) -> float:
    if not math.isfinite(value):
        return value
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


@cache
def _validator() -> jsonschema.Draft202012Validator:
    path = files("corridors.outputs") / "schema" / "plan-1.0.schema.json"
    schema = json.loads(path.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
