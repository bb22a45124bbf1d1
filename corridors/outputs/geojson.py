"""Corridors for other software: RFC 7946, WGS84, five decimals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from corridors.domain.released import ReleasedPlan

__all__ = ["corridors_geojson"]


def corridors_geojson(released: ReleasedPlan) -> str:
    """Write ``public/corridors.geojson``: one feature a corridor, none where there is none.

    Properties are ``corridor_id``, ``school_ids``, ``length_m`` (whole metres) and ``grade``.
    """
    features = [
        {
            "type": "Feature",
            "id": corridor.corridor_id,
            "properties": {
                "corridor_id": corridor.corridor_id,
                "school_ids": list(corridor.school_ids),
                "length_m": corridor.length_m,
                "grade": corridor.grade,
            },
            "geometry": {
                "type": "MultiLineString",
                "coordinates": [
                    shapely.get_coordinates(line).tolist() for line in corridor.geometry.geoms
                ],
            },
        }
        for corridor in sorted(released.corridors, key=lambda one: one.corridor_id)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
