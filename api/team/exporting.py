"""A plan as files to take away: a table that no spreadsheet takes for formulas, and the notices."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from api.team.plan_view import PlanView

__all__ = ["FORMATS", "patrols_csv", "safe_cell", "zip_of"]

FORMATS = {
    "plan.json": ("The whole plan for software (plan.json)", "application/json"),
    "patrols.csv": ("The patrols as a table (CSV)", "text/csv; charset=utf-8"),
    "corridors.geojson": ("The released corridors for a map (GeoJSON)", "application/geo+json"),
    "notices.zip": ("All notices and calendars (zip)", "application/zip"),
}
"""Name of each export, what it is called, and its media type."""

_HEADER = (
    *("date", "day", "times", "school", "streets", "lead", "posts", "aim", "police"),
    *("police_min", "protocol"),
)
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_YEAR_ONE = (1980, 1, 1, 0, 0, 0)


def safe_cell(text: str) -> str:
    """Put a quote before what a spreadsheet would take for a formula.

    Examples
    --------
    >>> safe_cell("=1+1")
    "'=1+1"
    >>> safe_cell("Mill Lane")
    'Mill Lane'
    """
    plain = text.replace("\r", " ").replace("\n", " ").replace("\0", "")
    begins = plain.lstrip(" \u00a0\ufeff").startswith(_BEGINS_FORMULA)
    return f"'{plain}" if begins or text[:1] in {"\t", "\r", "\n"} else plain


def patrols_csv(view: PlanView) -> bytes:
    """Write one row a patrol, with posts and never a person; a byte order mark for spreadsheets."""
    text = StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for day in view.days:
        for one in day.patrols:
            posts = [f"{post.post_id} ({post.role}, {post.organisation})" for post in one.posts]
            cells = (
                one.on.isoformat(),
                one.day,
                one.times,
                one.school,
                "; ".join(one.streets),
                one.posts[0].role if one.posts else "",
                "; ".join(posts),
                one.aim,
                one.police,
                str(one.police_min),
                one.protocol_id or "",
            )
            writer.writerow([safe_cell(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def zip_of(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Pack files; the same files give the same bytes."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, content in sorted(files):
            info = ZipInfo(name, _YEAR_ONE)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return packed.getvalue()
