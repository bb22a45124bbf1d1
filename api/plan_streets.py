"""The streets of a plan for a map: all of them in one small answer, ranks in place of figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

__all__ = ["N_BANDS", "UNKNOWN", "pack_streets"]

UNKNOWN, NONE = -1, 0
N_BANDS = 4
_SCALE = 1e5  # a metre, about
_SHARES = (0.5, 0.8, 0.95)


def pack_streets(
    rows: Sequence[tuple[bytes, str]], corridors: Mapping[str, Iterable[str]]
) -> bytes:
    """Write streets as JSON: whole numbers, each the difference to the one before.

    Parameters
    ----------
    rows
        Geometry as WKB in WGS84 and properties as JSON, of every segment.
    corridors
        Segment ids by corridor id.

    Returns
    -------
    bytes
        ``names`` (of streets), ``bands`` and ``name_of`` (one for each segment), ``lines``
        (for each segment: longitude and latitude of its first point and then the steps, by
        ``scale``), and ``corridors`` (places in these lists). A band is a rank among the streets
        that hold any need: 1 for the lower half, 4 for the highest twentieth; 0 holds none and
        -1 is not known. No figure is in it.
    """
    properties = [json.loads(text) for _, text in rows]
    names: dict[str, int] = {}
    name_of = [names.setdefault(str(one.get("name") or ""), len(names)) for one in properties]
    place = {str(one["segment_id"]): n for n, one in enumerate(properties)}
    body = {
        "scale": _SCALE,
        "names": list(names),
        "name_of": name_of,
        "bands": _bands(properties),
        "lines": _lines([geometry for geometry, _ in rows]),
        "corridors": {
            key: [place[one] for one in segment_ids if one in place]
            for key, segment_ids in corridors.items()
        },
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _bands(properties: Sequence[Mapping[str, Any]]) -> list[int]:
    """Rank the streets by intensity; ties share a band."""
    np = import_module("numpy")
    values = np.array(
        [one.get("intensity_per_km_day") if one.get("covered", True) else None
         for one in properties],
        dtype=float,
    )  # fmt: skip
    bands = np.full(values.size, UNKNOWN)
    bands[np.isfinite(values)] = NONE
    some = values > 0
    if some.any():
        cuts = np.quantile(values[some], _SHARES)
        bands[some] = 1 + np.searchsorted(cuts, values[some], side="right")
    found: list[int] = bands.tolist()
    return found


def _lines(geometries: list[bytes]) -> list[list[int]]:
    """Turn lines into steps of whole numbers, all at once."""
    # loaded when a map is first asked for: it takes a while, and starting must not
    np, shapely = import_module("numpy"), import_module("shapely")
    if not geometries:
        return []
    points, owner = shapely.get_coordinates(shapely.from_wkb(geometries), return_index=True)
    whole = np.rint(points * _SCALE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=0)
    is_first = np.diff(owner, prepend=-1) != 0
    steps[is_first] = whole[is_first]
    ends = np.flatnonzero(np.diff(owner)) + 1
    return [part.ravel().tolist() for part in np.split(steps, ends)]
