"""The parameters table of ``docs/area-file.md``, written from the parameters themselves.

``python -m corridors.sources.area_docs docs/area-file.md`` brings the document up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from corridors.domain.parameters import describe_parameters

__all__ = ["BEGIN", "END", "parameters_table", "with_parameters_table"]

BEGIN = "<!-- parameters: begin -->"
END = "<!-- parameters: end -->"


def parameters_table() -> str:
    """Write every parameter as a Markdown table: name, default, unit, range, what it rests on."""
    lines = ["| key | default | unit | range or choices | rests on |", "|---|---|---|---|---|"]
    for entry in describe_parameters():
        cells = (
            f"`{entry['name']}`",
            _default(entry["default"]),
            entry["unit"],
            _allowed(entry),
            entry["source"],
        )
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines)


def with_parameters_table(text: str) -> str:
    """Give a document with the table between its two marks written anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{parameters_table()}\n{END}{after}"


def _default(value: Any) -> str:
    if value is None:
        return ""
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def _allowed(entry: dict[str, Any]) -> str:
    if entry["choices"]:
        return ", ".join(f"`{choice}`" for choice in entry["choices"])
    if isinstance(entry["default"], bool):
        return "`true`, `false`"
    if entry["low"] is None:
        return ""
    return f"{entry['low']} to {entry['high']}"


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(with_parameters_table(document.read_text("utf-8")), "utf-8")
