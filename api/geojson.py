"""GeoJSON of features, and the questions that ask for them: box, limit, offset."""

from __future__ import annotations

import json
from importlib import import_module
from math import isfinite
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from api.errors import BadRequest
from api.store.features import Box
from api.store.records import Feature, FeaturePage

__all__ = ["MEDIA_TYPE", "Asked", "AskedFor", "collection_body", "feature_body"]

MEDIA_TYPE = "application/geo+json"
_MEND = "Give west,south,east,north in degrees, as -0.2,51.4,0.1,51.6."


class AskedFor:
    """Which features: in a box, and which page of them."""

    def __init__(
        self,
        bbox: Annotated[
            str | None,
            Query(
                description="Box in WGS84 degrees: west,south,east,north. A feature is in it when "
                "its own box meets it.",
                examples=["-0.2,51.4,0.1,51.6"],
                pattern=r"^[-+0-9.eE]{1,30}(,[-+0-9.eE]{1,30}){3}$",
                max_length=130,
            ),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=10_000, description="Features a page.")] = 100,
        offset: Annotated[int, Query(ge=0, le=10_000_000, description="Features to skip.")] = 0,
    ) -> None:
        self.box = None if bbox is None else _box(bbox)
        self.limit = limit
        self.offset = offset


Asked = Annotated[AskedFor, Depends()]


def _box(text: str) -> Box:
    try:
        west, south, east, north = (float(one) for one in text.split(","))
    except ValueError:
        raise BadRequest("The box is not four numbers.", _MEND, where="bbox") from None
    if not all(isfinite(one) for one in (west, south, east, north)):
        raise BadRequest("The box is not four numbers.", _MEND, where="bbox")
    if west > east:
        raise BadRequest("The box's west side lies east of its east side.", _MEND, where="bbox")
    if south > north:
        raise BadRequest("The box's south side lies north of its north side.", _MEND, where="bbox")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadRequest("The box lies outside the world.", _MEND, where="bbox")
    return west, south, east, north


def collection_body(request: Request, page: FeaturePage, asked: AskedFor) -> bytes:
    """Write one page of a feature collection, with the links to this, the next and the last one."""
    links = [_link(request, "self", asked.offset)]
    if asked.offset + len(page.features) < page.n_matched and page.features:
        links.append(_link(request, "next", asked.offset + asked.limit))
    if asked.offset > 0:
        links.append(_link(request, "prev", max(0, asked.offset - asked.limit)))
    return _write(
        {
            "type": "FeatureCollection",
            "numberMatched": page.n_matched,
            "numberReturned": len(page.features),
            "links": links,
            "features": [_feature(one) for one in page.features],
        }
    )


def feature_body(feature: Feature) -> bytes:
    """Write one feature."""
    return _write(_feature(feature))


def _feature(one: Feature) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"{one.area_id}.{one.feature_id}",
        "bbox": list(one.box),
        "properties": {"area_id": one.area_id, **json.loads(one.properties)},
        "geometry": _geometry(one.geometry),
    }


def _geometry(wkb: bytes) -> object:
    # loaded when first asked for: it takes a while, and starting must not
    shapely = import_module("shapely")
    return json.loads(shapely.to_geojson(shapely.from_wkb(wkb)))


def _link(request: Request, rel: str, offset: int) -> dict[str, str]:
    query = [
        (name, value) for name, value in request.query_params.multi_items() if name != "offset"
    ]
    base = request.app.state.services.settings.base_url
    asked = urlencode([*query, ("offset", str(offset))])
    return {"rel": rel, "type": MEDIA_TYPE, "href": f"{base}{request.url.path}?{asked}"}


def _write(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
