"""The bodies of requests and answers, as OpenAPI describes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.access import KEY_ACTIONS

__all__ = [
    "AreaBody",
    "AuditBody",
    "AuditPage",
    "CollectionBody",
    "CollectionsBody",
    "FeatureBody",
    "FeatureCollectionBody",
    "HealthBody",
    "KeyAsked",
    "KeyBody",
    "KeyMade",
    "LinkBody",
    "MeBody",
    "PatrolBody",
    "PlanBody",
    "PublishAsked",
    "ReleasedBody",
    "SchoolBody",
]

_Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=300, pattern=r"^[^\x00]*$"),
]

_Words = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=300, pattern=r"^[^\x00]*$")
]


class LinkBody(BaseModel):
    """A link, as OGC API writes it."""

    rel: str = Field(examples=["next"])
    type: str = Field(examples=["application/geo+json"])
    href: str = Field(examples=["https://corridors.example/api/v1/collections/corridors/items"])


class CollectionBody(BaseModel):
    """What a collection holds."""

    id: str = Field(examples=["corridors"])
    title: str = Field(examples=["Corridors of the plans that hold"])
    description: str
    extent: dict[str, Any] = Field(
        examples=[{"spatial": {"bbox": [[-0.2, 51.4, 0.1, 51.6]]}}],
        description="Empty where the collection is empty.",
    )
    itemType: Literal["feature"] = "feature"  # noqa: N815 -- OGC's own word
    links: list[LinkBody]


class CollectionsBody(BaseModel):
    """All collections."""

    collections: list[CollectionBody]
    links: list[LinkBody]


class FeatureBody(BaseModel):
    """A GeoJSON feature, WGS84."""

    type: Literal["Feature"]
    id: str = Field(examples=["haverness.corridor-H001"])
    bbox: list[float] = Field(min_length=4, max_length=4)
    properties: dict[str, Any] = Field(
        examples=[
            {
                "area_id": "haverness",
                "corridor_id": "corridor-H001",
                "school_ids": ["H001"],
                "length_m": 1199,
                "grade": "strong",
            }
        ]
    )
    geometry: dict[str, Any] = Field(
        examples=[
            {"type": "MultiLineString", "coordinates": [[[1.31132, 53.45446], [1.3125, 53.45]]]}
        ]
    )


class FeatureCollectionBody(BaseModel):
    """One page of GeoJSON features."""

    type: Literal["FeatureCollection"]
    numberMatched: int = Field(ge=0, examples=[3])  # noqa: N815 -- OGC's own word
    numberReturned: int = Field(ge=0, examples=[3])  # noqa: N815 -- OGC's own word
    links: list[LinkBody]
    features: list[FeatureBody]


class AreaBody(BaseModel):
    """An area with a published plan."""

    area_id: str = Field(examples=["haverness"])
    name: str = Field(examples=["Haverness (fictional)"])
    timezone: str = Field(examples=["Europe/London"])
    newest_week: date = Field(description="The Monday of the newest published plan.")


class PatrolBody(BaseModel):
    """A patrol as it is announced."""

    uid: str = Field(description="The same in each version and in the calendar.")
    starts_at: datetime
    ends_at: datetime
    streets: str = Field(examples=["Yarrow Street, Heron Street"])
    description: str = Field(description="Why, who will be there by role, and police or not.")


class SchoolBody(BaseModel):
    """A school and its coming patrols."""

    school_id: str = Field(examples=["H001"])
    name: str = Field(examples=["Ringway Academy"])
    file: str = Field(examples=["H001"], description="Its name in addresses.")
    outcome: str = Field(
        examples=["patrol"], description="As in the output contract, or `withheld`."
    )
    patrols: list[PatrolBody] = Field(description="Those that are not over yet.")


class PlanBody(BaseModel):
    """One version of one week's plan."""

    area_id: str = Field(examples=["haverness"])
    week: date
    version: int = Field(ge=1)
    status: Literal["draft", "agreed", "published", "superseded"]
    row_version: int = Field(ge=1, description="For `If-Match` when publishing.")
    document_sha256: str
    created_at: datetime
    changed_at: datetime
    changed_by: str = Field(examples=["account:7"])
    published_at: datetime | None


class ReleasedBody(BaseModel):
    """The disclosure-controlled view of a plan, published or not."""

    plan: PlanBody
    schools: list[SchoolBody] = Field(description="All patrols of the week, over or not.")
    corridors: list[FeatureBody]


class PublishAsked(BaseModel):
    """Why a plan is published."""

    model_config = ConfigDict(extra="forbid")

    reason: _Reason = Field(examples=["Agreed at Tuesday's meeting"])
    short_notice_reason: _Words = Field(
        default="",
        description="Needed where a new or changed patrol is sooner than the plan's lead time; "
        "everybody reads it.",
        examples=["A youth worker is ill"],
    )


class KeyAsked(BaseModel):
    """A key for another system."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=3, max_length=100, pattern=r"^[^\x00-\x1f]*$"
        ),
    ] = Field(examples=["Council website"])
    actions: list[Literal["list_plans", "read_released", "read_plan"]] = Field(
        min_length=1, max_length=len(KEY_ACTIONS), examples=[["list_plans"]]
    )
    days: int = Field(default=90, ge=1, le=366, description="How long it is good for.")


class KeyBody(BaseModel):
    """A key, without the key."""

    key_id: int
    name: str
    actions: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class KeyMade(KeyBody):
    """A new key. It is shown this once."""

    key: str = Field(examples=["sck_Jx0…"])


class AuditBody(BaseModel):
    """One entry of the log."""

    entry_id: int
    at: datetime
    actor: str = Field(examples=["account:7"])
    action: str = Field(examples=["read_plan"])
    subject: str = Field(examples=["plan:haverness/2026-11-23/2"])
    reason: str
    details: dict[str, Any]
    entry_hash: str


class AuditPage(BaseModel):
    """Some entries, newest first."""

    entries: list[AuditBody]
    next_before: int | None = Field(description="`before` of the next page; null on the last one.")


class MeBody(BaseModel):
    """Who is signed in."""

    account_id: int
    shown_name: str
    roles: dict[str, list[str]] = Field(examples=[{"haverness": ["planner"]}])
    csrf_token: str = Field(description="For `X-CSRF-Token` of requests that change something.")


class HealthBody(BaseModel):
    """The state of the service, and the versions that change results."""

    status: Literal["ok"]
    version: str
    geos: str
    proj: str
    gdal: str
    database: str = Field(examples=["sqlite"])
    migration: str | None = Field(description="The step that the database is at.")
    migration_needed: str
