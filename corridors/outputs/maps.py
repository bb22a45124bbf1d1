"""The maps: Folium builds them, and our own page holds them. Nothing else knows Folium.

A stock Folium page asks ten servers for its scripts, names its parts at random and runs scripts it
finds in names. Here the scripts are ours and inline, a Content-Security-Policy allows those only
(by hash), names reach the page as data and are shown as text, and parts are numbered.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from corridors.domain.released import ATTRIBUTION
from corridors.outputs.pages import render_page
from corridors.outputs.picture import public_picture
from corridors.outputs.picture_internal import internal_picture
from corridors.outputs.words import internal_page, public_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from corridors.domain.network import StreetNetwork
    from corridors.domain.plan import Plan
    from corridors.domain.released import ReleasedPlan
    from corridors.outputs.picture import Picture, Stroke

__all__ = ["draw_internal_map", "draw_public_map"]


def draw_public_map(released: ReleasedPlan) -> str:
    """Draw the public map: one self-contained page, readable without its map.

    Parameters
    ----------
    released
        What may leave, and nothing else.

    Returns
    -------
    str
        HTML. The same release gives the same bytes.
    """
    return _draw("map.html.j2", public_picture(released), public_page(released))


def draw_internal_map(
    plan: Plan,
    network: StreetNetwork,
    gates: Mapping[str, tuple[float, float]],
    *,
    segment_intensity: NDArray[np.float64],
    covered: NDArray[np.bool_],
    crs: str,
    released: ReleasedPlan | None = None,
) -> str:
    """Draw the exact map for the team: ten bands of intensity, corridors, candidates, gates.

    Parameters
    ----------
    plan
        The exact plan.
    network
        The streets, in ``crs``.
    gates
        School id to easting and northing in ``crs``.
    segment_intensity
        ``(n_segments,)`` weighted incidents per km and day.
    covered
        ``(n_segments,)`` whether the sources have data there at all.
    crs
        The area's projected CRS.
    released
        Where there is one, its base map is used again, which saves a second on a large town.
    """
    picture, bands = internal_picture(
        plan,
        network,
        gates,
        segment_intensity=segment_intensity,
        covered=covered,
        crs=crs,
        released=released,
    )
    page = internal_page(plan, bands)
    page["credit"] = ATTRIBUTION if released is None else released.attribution
    return _draw("map_internal.html.j2", picture, page)


class _Lines(MacroElement):
    """One stroke over one set of lines, decoded in the page."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.polyline(
            corridorsMap.lines({{ this.stroke.lines|tojavascript }}),
            {{ this.options|tojavascript }}
        ).addTo({{ this._parent.get_name() }});
        {%- if this.stroke.grows %}
        corridorsMap.grow({{ this.get_name() }}, {{ this.stroke.weight }}, {{ this.stroke.least }});
        {%- endif %}
        {%- if this.text_key %}
        corridorsMap.describe({{ this.get_name() }}, {{ this.text_key|tojavascript }});
        {%- endif %}
        {%- if this.stroke.corridor_id is not none %}
        corridorsMap.know({{ this.get_name() }}, {{ this.stroke.corridor_id|tojavascript }});
        {%- endif %}
        {% endmacro %}
        """
    )

    def __init__(self, stroke: Stroke, text_key: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Lines"
        self.stroke = stroke
        self.text_key = text_key
        self.options: dict[str, Any] = {
            "color": stroke.color,
            "weight": stroke.weight,
            "opacity": 1,
            "interactive": bool(stroke.text),
        }
        if stroke.dash:
            self.options["dash_array"] = stroke.dash
            self.options["line_cap"] = "butt"


class _Describe(MacroElement):
    """A popup and a tooltip made of text nodes, for the parent layer."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        corridorsMap.describe({{ this._parent.get_name() }}, {{ this.key|tojavascript }});
        {% endmacro %}
        """
    )

    def __init__(self, key: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Describe"
        self.key = key


class _Finish(MacroElement):
    """Names, line widths by zoom, and the buttons of the list."""

    _template = Template(
        "{% macro script(this, kwargs) %}corridorsMap.finish({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Finish"


def _build(picture: Picture) -> tuple[Figure, dict[str, list[str]]]:
    west, south, east, north = picture.bounds
    the_map = folium.Map(
        location=[round((south + north) / 2, 5), round((west + east) / 2, 5)],
        tiles=None,
        zoom_start=15,
        prefer_canvas=True,
        control_scale=True,
        attribution_control=False,
        zoom_snap=0.5,
        zoom_delta=0.5,
        max_zoom=19,
        min_zoom=9,
    )
    texts: dict[str, list[str]] = {}
    for stroke in picture.strokes:
        key = f"t{len(texts)}" if stroke.text else ""
        if key:
            texts[key] = list(stroke.text)
        _Lines(stroke, key).add_to(the_map)
    for dot in picture.dots:
        key = f"t{len(texts)}"
        texts[key] = list(dot.text)
        marker = folium.CircleMarker(
            location=[dot.latitude, dot.longitude],
            radius=8,
            color="#14181f" if not dot.has_patrol else "#ffffff",
            weight=2.5,
            fill=True,
            fill_color="#14181f" if dot.has_patrol else "#ffffff",
            fill_opacity=1.0,
            bubbling_mouse_events=False,
        )
        _Describe(key).add_to(marker)
        marker.add_to(the_map)
    folium.FitBounds([[south, west], [north, east]], padding=(28, 28), max_zoom=17).add_to(the_map)
    _Finish().add_to(the_map)
    figure = cast("Figure", the_map.get_root())
    _number(figure)
    return figure, texts


def _elements(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():  # noqa: SLF001 -- branca has no public walk
        yield from _elements(child)


def _number(figure: Figure) -> None:
    """Replace branca's random ids by numbers, so that equal maps are equal bytes."""
    for n, element in enumerate(_elements(figure)):
        element._id = f"{n}"  # noqa: SLF001 -- branca offers no other way


def _draw(template: str, picture: Picture, page: dict[str, Any]) -> str:
    figure, texts = _build(picture)
    figure.render()  # fills the figure's parts; its own page, with its links, is not used
    folium_script = re.sub(r"\n\s*(?=\n)", "", figure.script.render())
    leaflet_css, leaflet_js, page_css, map_js = _static()
    data = {
        "lines": picture.lines,
        "texts": texts,
        "dots": [[dot.latitude, dot.longitude, dot.name] for dot in picture.dots],
        "names": picture.names,
    }
    scripts = [leaflet_js, map_js + "\n" + folium_script]
    return render_page(
        template,
        leaflet_css=leaflet_css,
        page_css=page_css,
        scripts=scripts,
        script_hashes=[_hash(script) for script in scripts],
        map_html=figure.html.render().strip(),
        map_data=_script_json(data),
        **page,
    )


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _script_json(data: object) -> str:
    """JSON that cannot end its script element, open a comment or break a line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache
def _static() -> tuple[str, str, str, str]:
    """Read Leaflet and our own files; Leaflet's pictures are not used and not asked for."""
    static = files("corridors.outputs") / "static"
    css, leaflet, page_css, own = (
        (static / name).read_text("utf-8").replace("\r\n", "\n")
        for name in (
            "leaflet-1.9.4/leaflet.css",
            "leaflet-1.9.4/leaflet.js",
            "page.css",
            "map.js",
        )
    )
    css = re.sub(r"\s*(?:background-image|behavior):\s*url\([^)]*\);", "", css)
    return css, re.sub(r"\n//# sourceMappingURL=\S+\s*$", "", leaflet), page_css, own
