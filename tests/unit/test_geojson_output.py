"""Corridors for other software."""

from __future__ import annotations

import json
from dataclasses import replace

from corridors.outputs.geojson import corridors_geojson
from tests.toy import toy_plan
from tests.toy_release import toy_released


def test_the_toy_corridor() -> None:
    text = corridors_geojson(toy_released())
    document = json.loads(text)
    assert "crs" not in document
    (feature,) = document["features"]
    assert feature["properties"] == {
        "corridor_id": "C1",
        "school_ids": ["T1"],
        "length_m": 300,
        "grade": "strong",
    }
    assert feature["geometry"]["type"] == "MultiLineString"
    (line,) = feature["geometry"]["coordinates"]
    assert len(line) == 4
    for longitude, latitude in line:
        assert round(longitude, 5) == longitude
        assert -5.6 < longitude < -5.5
        assert 50.7 < latitude < 50.8
    assert text == corridors_geojson(toy_released())


def test_no_corridor_is_a_valid_answer() -> None:
    empty = replace(toy_plan(), corridors=(), patrols=(), candidates=())
    document = json.loads(corridors_geojson(toy_released(plan=empty)))
    assert document == {"type": "FeatureCollection", "features": []}
