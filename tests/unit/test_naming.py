"""File names made of ids: safe, and one for each."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from corridors.outputs.naming import file_names


def test_plain_ids_are_their_own_names() -> None:
    assert file_names(["137042", "P001", "a.b-c_d"]) == {
        "137042": "137042",
        "P001": "P001",
        "a.b-c_d": "a.b-c_d",
    }


def test_a_path_is_harmless() -> None:
    names = file_names(["../../x", "/etc/passwd", "..", "", "a/b", "con", "x.", ".hidden"])
    for name in names.values():
        assert re.fullmatch(r"[A-Za-z0-9-]+~[0-9a-f]{8}", name)


@given(st.lists(st.text(max_size=80), max_size=12))
def test_no_two_ids_share_a_file(ids: list[str]) -> None:
    names = file_names(ids)
    assert set(names) == set(ids)
    assert len({name.casefold() for name in names.values()}) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}", one) for one in names.values())


def test_ids_that_differ_by_case_stay_apart_in_any_order() -> None:
    assert file_names(["a", "A"]) == file_names(["A", "a"])
    assert len({name.casefold() for name in file_names(["a", "A"]).values()}) == 2
