"""Why a street or a corridor has its score, in words, tables and files. Internal: exact figures.

No incident can be found here by its id, but small numbers can: nothing of this leaves.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from corridors.domain.reasons import DIMENSIONS, Part
from corridors.outputs.internal import report_json
from corridors.outputs.pages import render_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from corridors.domain.reasons import Explained, Interval, Without

__all__ = [
    "corridor_reasons_json",
    "explained_record",
    "reasons_page",
    "segment_reasons_parquet",
    "tell_explained",
]

_DIMENSIONS = {
    "category": "kind of incident",
    "half_hour": "time",
    "month": "month",
    "weekday": "weekday",
    "origin": "origin",
    "source": "file",
}
_WEEKDAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_NAME_CHARACTERS = 44
_MOST_FILES = 8
_TOLD_UP_TO = 0.95
"""What would leave more than this of a score changes nothing worth telling."""
SEGMENT_UNIT = "weighted incidents a day for each kilometre"
CORRIDOR_UNIT = "weighted incidents a day"


def segment_reasons_parquet(table: pd.DataFrame) -> bytes:
    """Write ``internal/segment_reasons.parquet``: one row a segment, dimension and part over 0."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def corridor_reasons_json(record: Mapping[str, Any]) -> str:
    """Write ``internal/corridor_reasons.json``; a figure that is not known is null."""
    return report_json(record)


def explained_record(explained: Explained) -> dict[str, Any]:
    """Give an explanation as plain values, parts by dimension."""
    return {
        "value": explained.score.value,
        "low": explained.score.low,
        "high": explained.score.high,
        "n_separate": explained.n,
        "n_enough": explained.n_enough,
        "one_place_share": explained.one_place_share,
        "long_interval_share": explained.long_interval_share,
        "assumed_day_share": explained.assumed_day_share,
        "parts": {
            dimension: [
                {"part": part.name, "amount": part.amount, "share": part.share}
                for part in explained.parts
                if part.dimension == dimension
            ]
            for dimension in DIMENSIONS
        },
        "without": [
            {
                "kind": one.kind,
                "name": one.name,
                "left_share": one.left_share,
                "n_left": one.n_left,
                "is_too_few": one.is_too_few,
            }
            for one in explained.withouts
        ],
    }


def tell_explained(
    title: str,
    facts: Sequence[str],
    explained: Explained | None,
    unit: str,
    category_names: Mapping[str, str],
) -> str:
    """Tell an explanation in plain sentences and a small table, for a terminal.

    Parameters
    ----------
    title
        Whose score it is.
    facts
        Sentences to begin with, such as the grade's reasons.
    explained
        None where there is nothing to explain: then the facts alone are told.
    unit
        In words, such as `SEGMENT_UNIT`.
    category_names
        By category.
    """
    lines = [title, "=" * len(title), "", *facts]
    if explained is not None:
        lines += ["", *_score_sentences(explained, unit)]
        if explained.score.value > 0:
            lines += ["", "Where it comes from", *_part_lines(explained, category_names)]
            lines += ["", "What would change it (the same streets, not tested again)"]
            lines += [f"  {words}" for words in _without_words(explained, category_names)]
            lines += ["", "How sure", *(f"  {one}" for one in _sure_sentences(explained))]
    return "\n".join(lines) + "\n"


def _score_sentences(explained: Explained, unit: str) -> list[str]:
    score = explained.score
    ends = f"{_number(score.low)} to {_number(score.high)}"
    if score.value > 0:
        return [f"{_number(score.value)} {unit} (95 % interval {ends})."]
    return [f"Nothing that scores was recorded within reach: 0 {unit} (95 % interval {ends})."]


def _part_lines(explained: Explained, category_names: Mapping[str, str]) -> list[str]:
    rows = []
    for dimension in DIMENSIONS:
        for number, part in enumerate(_told_parts(explained, dimension)):
            label = _DIMENSIONS[dimension] if number == 0 else ""
            rows.append((label, _part_name(part, category_names), part.share, part.amount))
    width = max((len(name) for _, name, _, _ in rows), default=0)
    return [
        f"  {label:<17} {name:<{width}} {_percent(share):>9} {_number(amount):>10}"
        for label, name, share, amount in rows
    ]


def _told_parts(explained: Explained, dimension: str) -> list[Part]:
    """Give the parts of a dimension: what has no order of its own by size, many files in one."""
    parts = [part for part in explained.parts if part.dimension == dimension]
    if dimension in ("category", "origin", "source"):
        parts.sort(key=lambda part: -part.amount)
    if dimension == "source" and len(parts) > _MOST_FILES:
        rest = parts[_MOST_FILES - 1 :]
        name = f"{len(rest)} other files"
        amount, share = sum(one.amount for one in rest), sum(one.share for one in rest)
        return [*parts[: _MOST_FILES - 1], Part(dimension, name, amount, share)]
    return parts


def _part_name(part: Part, category_names: Mapping[str, str]) -> str:
    name = part.name
    if part.dimension == "category":
        name = category_names.get(name, name)
    elif part.dimension == "weekday":
        name = _WEEKDAYS.get(name, name)
    # Of a long path the end tells more than the beginning.
    return name if len(name) <= _NAME_CHARACTERS else f"…{name[1 - _NAME_CHARACTERS :]}"


def _without_words(explained: Explained, category_names: Mapping[str, str]) -> list[str]:
    """Say what would be left, most telling first; what is all there is, or next to nothing, not."""
    alone = {
        dimension
        for dimension in ("category", "source")
        if sum(part.dimension == dimension for part in explained.parts) == 1
    }
    told = [
        one
        for one in explained.withouts
        if one.kind not in alone and (one.left_share <= _TOLD_UP_TO or one.kind == "place")
    ]
    order = ("category", "source", "last_months", "place")
    told.sort(key=lambda one: (order.index(one.kind), one.left_share))
    is_enough = explained.n >= explained.n_enough
    return [
        f"Without {_what_words(one, category_names)}: {_percent(one.left_share)} left, "
        f"{_incidents(one.n_left)}"
        f"{f', fewer than {explained.n_enough}' if is_enough and one.is_too_few else ''}."
        for one in told
    ]


def _what_words(one: Without, category_names: Mapping[str, str]) -> str:
    if one.kind == "category":
        return category_names.get(one.name, one.name)
    if one.kind == "last_months":
        return "the last month" if one.name == "1" else f"the last {one.name} months"
    return "the heaviest single place" if one.kind == "place" else one.name


def _sure_sentences(explained: Explained) -> list[str]:
    n, enough = explained.n, explained.n_enough
    few = f", fewer than the {enough} that a corridor needs" if n < enough else ""
    sentences = [
        f"{_incidents(n)} on these streets{few}.",
        f"{_percent(explained.one_place_share)} of the figure comes from one place.",
    ]
    if explained.long_interval_share > 0:
        share = _percent(explained.long_interval_share)
        sentences.append(f"{share} of it is known only to a long interval of time.")
    if explained.assumed_day_share > 0:
        share = _percent(explained.assumed_day_share)
        sentences.append(f"{share} of the days were taken for teaching days without being known.")
    return [*sentences, *_width_sentence(explained.score)]


def _width_sentence(score: Interval) -> list[str]:
    if not score.value > 0:
        return []
    low, high = score.low / score.value, score.high / score.value
    return [f"By chance alone the level could be {low:.2g} to {high:.2g} times what it is."]


def reasons_page(
    title: str,
    schools: Sequence[tuple[str, Sequence[str], Explained | None]],
    category_names: Mapping[str, str],
) -> str:
    """Write ``internal/reasons.html``: every tested corridor taken apart, on one page.

    Parameters
    ----------
    title
        Of the page.
    schools
        Heading, sentences and explanation of each school.
    category_names
        By category.
    """
    return render_page(
        "reasons.html.j2",
        title=title,
        unit=CORRIDOR_UNIT,
        schools=[
            {
                "heading": heading,
                "facts": list(facts),
                "score": _score_sentences(explained, CORRIDOR_UNIT) if explained else [],
                "dimensions": _page_parts(explained, category_names) if explained else [],
                "withouts": _without_words(explained, category_names) if explained else [],
                "sure": _sure_sentences(explained) if explained else [],
            }
            for heading, facts, explained in schools
        ],
    )


def _page_parts(explained: Explained, category_names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": _DIMENSIONS[dimension],
            "parts": [
                {
                    "name": _part_name(part, category_names),
                    "share": _percent(part.share),
                    "amount": _number(part.amount),
                    "width": round(100 * part.share, 1),
                }
                for part in _told_parts(explained, dimension)
            ],
        }
        for dimension in DIMENSIONS
    ]


def _number(value: float) -> str:
    """Give three digits that mean something, never an exponent."""
    if value == 0 or value >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}" if value >= 0.001 else f"{value:.6f}"


def _percent(share: float) -> str:
    return "under 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def _incidents(n: float) -> str:
    """Say a number of incidents, of which some may lie here in part."""
    number = f"{n:.0f}" if abs(n - round(n)) < 0.05 else f"{n:.1f}"
    return f"{number} separate incident{'' if number == '1' else 's'}"
