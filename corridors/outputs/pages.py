"""One Jinja environment for every page: everything is escaped, and a missing value is an error."""

from __future__ import annotations

from functools import cache

import jinja2

__all__ = ["render_page"]


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("corridors.outputs"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render_page(template: str, **values: object) -> str:
    """Fill a template of ``corridors/outputs/templates``."""
    return _environment().get_template(template).render(**values)
