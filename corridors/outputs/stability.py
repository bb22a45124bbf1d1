"""How stable the ranking is, as JSON and a page to read. Internal: exact figures of incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corridors.outputs.internal import report_json
from corridors.outputs.pages import render_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["stability_json", "stability_page"]

_SEVERITIES = {
    "count": "plain counts",
    "cchi": "Cambridge harm index",
    "ons_css": "ONS severity score",
    "own": "the force's own table",
}
_KINDS = {
    "severity": "Severity: ",
    "half_life": "Half-life: ",
    "origin": "Origin: ",
    "source": "Without ",
    "category": "Without ",
}
_ROW_PX, _LEFT_PX, _PANEL_PX, _TOP_PX, _GAP_PX = 24, 290, 140, 64, 30
_SHOWN_CHARS = 36
_COLOR = "#8a2f2a"
_MEASURES = (
    ("Kendall's tau-b", "all covered streets"),
    ("Top 1 % of length", "part that stays"),
    ("Top 5 % of length", "part that stays"),
    ("Corridors", "median part that stays"),
)


def stability_json(record: Mapping[str, Any]) -> str:
    """Write ``stability.json``; a figure that is not known is null."""
    return report_json(record)


def stability_page(record: Mapping[str, Any]) -> str:
    """Write ``stability.html``: self-contained, no script, nothing fetched."""
    choices = [{**one, "words": _words(one)} for one in record["choices"]]
    schools = [
        {**one, "least_words": _words(one["least_by"]) if one["least_by"] else "–"}
        for one in sorted(
            record["schools"], key=lambda s: (not s["is_carried"], str(s["school_id"]))
        )
    ]
    carried = [one for one in schools if one["is_carried"]]
    return render_page(
        "stability.html.j2",
        record=record,
        reference=_reference(record["reference"]),
        choices=choices,
        schools=schools,
        n_carried=len(carried),
        corridors_key="carried_corridors" if carried else "all_corridors",
        chart=_chart(choices, "carried_corridors" if carried else "all_corridors"),
        caveats=[(_SEVERITIES.get(name, name), text) for name, text in record["caveats"].items()],
    )


def _reference(reference: Mapping[str, Any]) -> str:
    origin = "with" if reference["score_discovered"] else "without"
    severity = _SEVERITIES.get(reference["severity"], reference["severity"])
    return (
        f"severity by {severity}, a half-life of {reference['half_life_days']:g} days, "
        f"{origin} what police discovered, {reference['n_scored']:,} incidents"
    )


def _words(choice: Mapping[str, Any]) -> str:
    value = str(choice["value"])
    if choice["kind"] == "severity":
        value = _SEVERITIES.get(value, value)
    elif choice["kind"] == "category":
        value = value.replace("_", " ")
    return _KINDS[choice["kind"]] + value


def _chart(choices: Sequence[Mapping[str, Any]], key: str) -> dict[str, Any]:
    """Lay out a dot for each choice and measure: 1 is at the right, no change at all."""
    panels = []
    for number, (label, under) in enumerate(_MEASURES):
        left = _LEFT_PX + number * (_PANEL_PX + _GAP_PX)
        marks = [
            {
                "y": _TOP_PX + row * _ROW_PX,
                # Below 0 there is no room: such a rank is drawn at the edge, and in the table.
                "x": round(left + max(float(value), 0.0) * _PANEL_PX, 1),
                "text": f"{value:.2f}",
            }
            for row, one in enumerate(choices)
            if (value := _values(one, key)[number]) is not None
        ]
        panels.append({"x": left, "end": left + _PANEL_PX, "label": label, "under": under,
                       "marks": marks})  # fmt: skip
    return {
        "names": [
            {"y": _TOP_PX + row * _ROW_PX, "text": _short(one["words"])}
            for row, one in enumerate(choices)
        ],
        "panels": panels,
        "left": _LEFT_PX,
        "top": _TOP_PX,
        "color": _COLOR,
        "width": _LEFT_PX + len(_MEASURES) * (_PANEL_PX + _GAP_PX) + 20,
        "height": _TOP_PX + len(choices) * _ROW_PX + 8,
        "description": "; ".join(_described(one, key) for one in choices),
    }


def _short(text: str) -> str:
    """Keep the end of a long file name: that is what tells one from another."""
    if len(text) <= _SHOWN_CHARS:
        return text
    head = _KINDS["source"]
    return f"{head}…{text[-(_SHOWN_CHARS - len(head) - 1) :]}"


def _values(choice: Mapping[str, Any], key: str) -> tuple[float | None, ...]:
    """Give the figures in the order of the measures."""
    top = choice["top_overlap"]
    return choice["kendall_tau_b"], top["0.01"], top["0.05"], choice[key]["median_overlap"]


def _described(choice: Mapping[str, Any], key: str) -> str:
    said = ["not known" if value is None else f"{value:.2f}" for value in _values(choice, key)]
    return (
        f"{choice['words']}: tau-b {said[0]}, top 1 % {said[1]}, top 5 % {said[2]}, "
        f"corridors {said[3]}"
    )
