"""The evaluation as JSON, a chart and a page to read. Internal: nothing here is for the public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corridors.outputs.internal import report_json
from corridors.outputs.pages import render_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["evaluation_json", "evaluation_page", "evaluation_svg"]

_METHODS = {
    "mixture": "Mixture of network kernels (this software)",
    "past_count": "Past count per metre",
    "past_count_all_hours": "Past count per metre, all hours",
    "past_count_spread": "Past count, spread like our evidence",
    "last_month_count": "Last month's count per metre",
    "planar_grid_250m": "Planar grid, 250 m",
    "planar_grid_100m": "Planar grid, 100 m",
    "planar_kernel_200m": "Planar kernel, reach 200 m",
    "planar_gaussian_200m": "Planar Gaussian kernel, deviation 200 m",
    "network_kernel_100m": "Network kernel, 100 m",
    "network_kernel_200m": "Network kernel, 200 m",
    "network_kernel_300m": "Network kernel, 300 m",
    "prospective_network": "Prospective idea on the network",
    "random": "Random (expected value)",
    "best_in_hindsight": "Best possible in hindsight",
}
_UNITS = {
    "segments": "loose segments",
    "segments_in_reach": "loose segments within a corridor's length of a gate",
    "corridors": "corridors",
}
_BASES = {"window": "after-school window", "all_hours": "all hours"}
_PLACES = {
    "as_published": "incidents where the source put them",
    "scattered": "incidents scattered over the streets within their radius",
}
_ROW_PX, _LEFT_PX, _PANEL_PX, _TOP_PX, _GAP_PX = 22, 290, 150, 56, 18
_SAME = 0.0005
_OURS, _OTHER = "#8a2f2a", "#41505f"


def evaluation_json(record: Mapping[str, Any]) -> str:
    """Write ``evaluation.json``; a figure that is not known is null."""
    return report_json(record)


def evaluation_svg(record: Mapping[str, Any]) -> str:
    """Draw the hit rates of loose segments, all folds together, as a file of its own."""
    figures = _figures(record)
    rows = figures[0]["methods"] if figures else []
    title = figures[0]["title"] if figures else "Not enough incidents to measure anything"
    shares = figures[0]["shares"] if figures else []
    return render_page("evaluation_chart.svg.j2", standalone=True, **_chart(title, shares, rows))


def evaluation_page(record: Mapping[str, Any]) -> str:
    """Write ``evaluation.html``: self-contained, no script, nothing fetched."""
    figures = [
        {**figure, "chart": _chart(figure["title"], figure["shares"], figure["methods"])}
        for figure in _figures(record)
    ]
    return render_page(
        "evaluation.html.j2",
        record=record,
        asked=record["asked"],
        figures=figures,
        folds=record["folds"],
        compared=_compared(record["against_best_baseline"]),
    )


def _compared(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Group the comparisons by what was measured, so that it is said once."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        told = {
            **row,
            "best_words": _METHODS.get(row["best_baseline"], row["best_baseline"]),
            "verdict": _verdict(row),
        }
        groups.setdefault((row["unit"], row["basis"], row["places"]), []).append(told)
    return [{"title": _title(*key), "rows": each} for key, each in groups.items()]


def _title(unit: str, basis: str, places: str) -> str:
    return f"{_UNITS[unit].capitalize()}, {_BASES[basis]}, {_PLACES[places]}"


def _verdict(row: Mapping[str, Any]) -> str:
    if abs(row["difference"]) < _SAME:
        return "the same"
    if row["lo"] > 0:
        return "ours is higher"
    if row["hi"] < 0:
        return "the baseline is higher"
    return "no difference that these incidents can show"


def _figures(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give one figure a place reading, basis and unit: the main reading of places comes first."""
    pooled = record["pooled"]
    found = dict.fromkeys((row["places"], row["basis"], row["unit"]) for row in pooled)
    order = list(_UNITS)
    first = record["places"]
    figures = []
    for key in sorted(found, key=lambda k: (k[0] != first, order.index(k[2]), k[1] != "window")):
        rows = [row for row in pooled if (row["places"], row["basis"], row["unit"]) == key]
        shares = list(dict.fromkeys(row["length_share"] for row in rows))
        by_method: dict[str, dict[float, Mapping[str, Any]]] = {}
        for row in rows:
            by_method.setdefault(row["method"], {})[row["length_share"]] = row
        names = [name for name in _METHODS if name in by_method]
        figures.append(
            {
                "title": _title(key[2], key[1], key[0]),
                "n_test": rows[0]["n_test"],
                "shares": shares,
                "methods": [
                    {
                        "name": _METHODS[name],
                        "slug": name,
                        "cells": [by_method[name].get(share) for share in shares],
                    }
                    for name in names
                ],
            }
        )
    return figures


def _chart(
    title: str, shares: Sequence[float], methods: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Lay out a dot and an interval for each method and length share, one panel a share.

    Hindsight is in the table alone: where it reaches everything, nothing else could be told apart.
    """
    methods = [method for method in methods if method["slug"] != "best_in_hindsight"]
    panels = []
    for number, share in enumerate(shares):
        left = _LEFT_PX + number * (_PANEL_PX + _GAP_PX)
        known = [m["cells"][number] for m in methods if _is_known(m["cells"][number])]
        most = max([cell["hi"] for cell in known] + [cell["hit_rate"] for cell in known] + [0.01])
        panels.append(
            {
                "x": left,
                "label": f"{share:.0%} of length",
                "most": f"{most:.2f}",
                "marks": [
                    _mark(method["slug"], cell, row, left, most)
                    for row, method in enumerate(methods)
                    if _is_known(cell := method["cells"][number])
                ],
            }
        )
    return {
        "title": title,
        "panels": panels,
        "names": [
            {"y": _TOP_PX + row * _ROW_PX, "text": m["name"], "color": _color(m["slug"])}
            for row, m in enumerate(methods)
        ],
        "left": _LEFT_PX,
        "top": _TOP_PX,
        "panel": _PANEL_PX,
        "width": _LEFT_PX + max(len(shares), 2) * (_PANEL_PX + _GAP_PX) + 10,
        "height": _TOP_PX + len(methods) * _ROW_PX + 14,
    }


def _is_known(cell: Mapping[str, Any] | None) -> bool:
    return cell is not None and cell["hit_rate"] is not None


def _color(slug: str) -> str:
    return _OURS if slug == "mixture" else _OTHER


def _mark(slug: str, cell: Mapping[str, Any], row: int, left: float, most: float) -> dict[str, Any]:
    scale = _PANEL_PX / most
    return {
        "y": _TOP_PX + row * _ROW_PX,
        "x": round(left + cell["hit_rate"] * scale, 1),
        "lo": round(left + cell["lo"] * scale, 1),
        "hi": round(left + cell["hi"] * scale, 1),
        "color": _color(slug),
        "size": 5 if slug == "mixture" else 3.5,
    }
