"""The bodies of work: uploads, mappings, changes and jobs, as OpenAPI describes them."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from api.store.work_records import ChangeKind, InputKind, JobKind, JobStatus, UploadStatus

__all__ = [
    "ChangeAsked",
    "ChangeBody",
    "JobBody",
    "MappingAsked",
    "MappingBody",
    "PlanAsked",
    "ReasonAsked",
    "SettingsAsked",
    "UploadBody",
    "UploadMade",
]

_Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=300, pattern=r"^[^\x00]*$"),
]
_LARGEST = 2**53


def _check_plain(value: Any) -> Any:
    """Refuse what JSON readers let through and nothing behind them can keep."""
    if isinstance(value, dict):
        for key, one in value.items():
            _check_plain(key)
            _check_plain(one)
    elif isinstance(value, list):
        for one in value:
            _check_plain(one)
    elif isinstance(value, str):
        if "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
            raise ValueError("a text that no database keeps")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is none")
    elif isinstance(value, int) and abs(value) > _LARGEST:
        raise ValueError("a number that is too large")
    return value


_Plain = Annotated[dict[str, Any], AfterValidator(_check_plain)]
_MAPPING: dict[str, Any] = {
    "format": "mapped",
    "mapping": {
        "id": "Crime Number",
        "from": ["Committed From Date", "Committed From Time"],
        "category": "Recorded As",
        "easting": "Easting",
        "northing": "Northing",
    },
}


class UploadBody(BaseModel):
    """An upload, without its content."""

    upload_id: int
    kind: InputKind
    name: str = Field(examples=["export-2026-11.csv"], description="As we call it.")
    sha256: str
    n_bytes: int
    status: UploadStatus
    row_version: int = Field(ge=1, description="For `If-Match`.")
    settings: dict[str, Any] = Field(examples=[_MAPPING])
    report: dict[str, Any] = Field(
        description="What was read and set aside, by reason and line; never a cell.",
        examples=[{"columns": ["Crime Number"], "guess": {"id": "Crime Number"}, "n_in": 1200}],
    )
    added_at: datetime
    added_by: str = Field(examples=["account:7"])
    erase_after: datetime
    erased_at: datetime | None


class UploadMade(UploadBody):
    """An upload and the job that looks at it."""

    job_id: int


class SettingsAsked(BaseModel):
    """How an upload is to be read: the keys of its table in an area file, but its path.

    For incidents also `use`: `adds`, or which path of the area it `replaces`.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_MAPPING]})

    @model_validator(mode="after")
    def _is_plain(self) -> SettingsAsked:
        _check_plain(self.model_extra or {})
        return self


class ReasonAsked(BaseModel):
    """Why something is done. The log keeps it."""

    model_config = ConfigDict(extra="forbid")

    reason: _Reason = Field(examples=["The force's export of October"])


class MappingAsked(BaseModel):
    """How a force calls its columns."""

    model_config = ConfigDict(extra="forbid")

    document: _Plain = Field(examples=[_MAPPING])


class MappingBody(BaseModel):
    """A mapping, saved by name."""

    mapping_id: int
    name: str = Field(examples=["Haverness Police export"])
    document: dict[str, Any] = Field(examples=[_MAPPING])
    made_at: datetime
    made_by: str = Field(examples=["account:7"])


class ChangeAsked(BaseModel):
    """A change for the next plan: an entry of the area file, without reason and by."""

    model_config = ConfigDict(extra="forbid")

    kind: ChangeKind = Field(examples=["refusal"])
    document: _Plain = Field(examples=[{"who": "YW-02", "refuses": ["police"]}])
    reason: _Reason = Field(examples=["Young people asked for it"])


class ChangeBody(BaseModel):
    """A change."""

    change_id: int
    kind: ChangeKind
    document: dict[str, Any] = Field(examples=[{"who": "YW-02", "refuses": ["police"]}])
    by: str = Field(examples=["Planner, Haverness Borough Council"])
    reason: str
    made_at: datetime
    withdrawn_at: datetime | None


class PlanAsked(BaseModel):
    """A week to be planned."""

    model_config = ConfigDict(extra="forbid")

    week: date = Field(examples=["2026-11-30"], description="The Monday.")
    follows: tuple[date, Annotated[int, Field(ge=1, le=1_000_000)]] | None = Field(
        default=None,
        examples=[["2026-11-30", 1]],
        description="Week and version of the plan that it follows; by default the one that holds.",
    )
    publish: bool = Field(
        default=False,
        description="Publish it at once where everybody has agreed, as short notice: approvers.",
    )
    reason: _Reason = Field(examples=["Next week's plan"])


class JobBody(BaseModel):
    """Work outside of requests."""

    job_id: int
    kind: JobKind
    asked: dict[str, Any] = Field(examples=[{"week": "2026-11-30", "publish": False}])
    reason: str
    status: JobStatus
    attempt: int = Field(ge=0, le=10)
    progress: dict[str, Any] = Field(
        examples=[{"stage": 3, "words": "Reading the incidents", "share": 0.2}]
    )
    result: dict[str, Any] = Field(
        examples=[{"plan": ["2026-11-30", 1], "status": "draft"}],
        description="Of a failed job: `problems`, each with where, what and mend.",
    )
    asked_at: datetime
    asked_by: str = Field(examples=["account:7"])
    started_at: datetime | None
    ended_at: datetime | None
    state: Literal["open", "ended"]
