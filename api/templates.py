"""Pages: one environment, everything escaped, a missing value is an error."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape

from api.navigation import navigation_of
from api.team.names import inner_words
from api.team.words import local_words

__all__ = ["StaticFile", "day_words", "render", "static_file", "times_words"]

_PAGES = Path(__file__).parent / "pages"
_STATIC = _PAGES / "static"
_LEAFLET = Path(str(files("corridors.outputs"))) / "static" / "leaflet-1.9.4"
_CSS, _SCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
_SERVED = {
    "govuk-frontend-6.3.0.min.css": (_STATIC / "govuk-frontend-6.3.0/govuk-frontend.min.css", _CSS),
    "service.css": (_STATIC / "service.css", _CSS),
    "team-progress.js": (_STATIC / "team-progress.js", _SCRIPT),
    "released-map.css": (_STATIC / "released-map.css", _CSS),
    "plan-map.css": (_STATIC / "plan-map.css", _CSS),
    "plan-map.js": (_STATIC / "plan-map.js", _SCRIPT),
    "leaflet-1.9.4.css": (_LEAFLET / "leaflet.css", _CSS),
    "leaflet-1.9.4.js": (_LEAFLET / "leaflet.js", _SCRIPT),
}
_MACROS = "govuk_frontend_jinja/"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of ours, as it is sent."""

    content: bytes
    packed: bytes
    """The same under gzip."""
    media_type: str
    version: str


def render(template: str, **values: object) -> str:
    """Fill a template of ``api/pages``."""
    return _environment().get_template(template).render(**values)


def static_file(name: str) -> StaticFile | None:
    """Give a file by its name in addresses; None where there is none of that name."""
    return _static_file(name) if name in _SERVED else None


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
def _static_file(name: str) -> StaticFile:
    path, media_type = _SERVED[name]
    content = path.read_bytes()
    version = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(content, gzip.compress(content, mtime=0), media_type, version)


def _static_url(name: str) -> str:
    return f"/static/{name}?v={_static_file(name).version}"


class _Environment(jinja2.Environment):
    """Ours, where a missing value is an error; GOV.UK's macros count on missing values being empty.

    A template keeps the environment that it was made in: macros from the other one may be imported.
    """

    def get_template(
        self, name: str | jinja2.Template, *args: Any, **values: Any
    ) -> jinja2.Template:
        """Give a template; one of GOV.UK's from their own environment."""
        if isinstance(name, str) and name.startswith(_MACROS):
            return _macros().get_template(name)
        return super().get_template(name, *args, **values)


@cache
def _macros() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PrefixLoader(
            {_MACROS.rstrip("/"): jinja2.PackageLoader("govuk_frontend_jinja")}
        ),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _environment() -> jinja2.Environment:
    environment = _Environment(
        loader=jinja2.FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static_url"] = _static_url
    environment.globals["navigation_of"] = navigation_of
    environment.filters["day_words"] = day_words
    environment.filters["with_code"] = _with_code
    environment.filters["inner_words"] = inner_words
    environment.filters["local_words"] = local_words
    return environment
