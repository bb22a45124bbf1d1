"""Pages: one environment, everything escaped, a missing value is an error."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape

__all__ = ["day_words", "render", "static_file", "times_words"]

_PAGES = Path(__file__).parent / "pages"
_STATIC = {"service.css": "text/css; charset=utf-8"}


def render(template: str, **values: object) -> str:
    """Fill a template of ``api/pages``."""
    return _environment().get_template(template).render(**values)


def static_file(name: str) -> tuple[bytes, str, str] | None:
    """Give a file's bytes, media type and version; None where there is none of that name."""
    return _static_file(name) if name in _STATIC else None


def day_words(day: date) -> str:
    """Write a day as people say it: Monday 23 November 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def times_words(starts_at: datetime, ends_at: datetime, timezone: str) -> str:
    """Write from when to when, on the area's clocks: 3:30pm to 4:45pm."""
    zone = ZoneInfo(timezone)
    return f"{_clock(starts_at.astimezone(zone))} to {_clock(ends_at.astimezone(zone))}"


def _with_code(text: str) -> Markup:
    """Show what stands in backquotes as code; everything is escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part)
        for n, part in enumerate(parts)
    )


def _clock(moment: datetime) -> str:
    hour = moment.hour % 12 or 12
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{hour}{minutes}{'am' if moment.hour < 12 else 'pm'}"


@cache
def _static_file(name: str) -> tuple[bytes, str, str]:
    content = (_PAGES / "static" / name).read_bytes()
    return content, _STATIC[name], hashlib.sha256(content).hexdigest()[:12]


def _static_url(name: str) -> str:
    return f"/static/{name}?v={_static_file(name)[2]}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static_url"] = _static_url
    environment.filters["day_words"] = day_words
    environment.filters["with_code"] = _with_code
    return environment
