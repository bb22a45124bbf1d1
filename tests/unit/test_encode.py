"""Encoded lines: the published example, and five decimals kept exactly."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.outputs.encode import decode_lines, encode_lines


def test_the_example_of_the_published_format() -> None:
    line = shapely.LineString([(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)])
    assert encode_lines(line) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


def test_no_lines_are_no_text() -> None:
    assert encode_lines(shapely.MultiLineString()) == ""
    assert decode_lines("") == []


_degrees = st.tuples(st.integers(-18_000_000, 18_000_000), st.integers(-9_000_000, 9_000_000))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_degrees, min_size=2, max_size=6), min_size=1, max_size=5))
def test_what_goes_in_comes_out(grid: list[list[tuple[int, int]]]) -> None:
    lines = [np.array(line) / 1e5 for line in grid]
    text = encode_lines(shapely.MultiLineString(lines))
    decoded = decode_lines(text)
    assert len(decoded) == len(lines)
    for line, back in zip(lines, decoded, strict=True):
        np.testing.assert_array_equal(np.rint(back[:, ::-1] * 1e5), np.rint(line * 1e5))
    assert set(text) <= {chr(code) for code in range(63, 127)} | {" "}
