"""The released map within our page: its parts, each named by its hash, and nothing else acts."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from api.released_map import map_parts

if TYPE_CHECKING:
    from tests.api.conftest import World

PAGE = """<!doctype html><html><head><style>a { color: red }</style>
<noscript><style>.map { display: none }</style></noscript></head><body>
<main class="page"><h1>Map &amp; list</h1><noscript><p>Needs a script.</p></noscript></main>
<script type="application/json" id="map-data">{"a": "<b>"}</script>
<script>first()</script><script>second()</script></body></html>"""


def hashed(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def test_each_part_is_named_and_none_is_lost() -> None:
    parts = map_parts(PAGE)
    assert parts.content == "<h1>Map &amp; list</h1><noscript><p>Needs a script.</p></noscript>"
    assert parts.scripts == ("first()", "second()")
    assert parts.styles == ("a { color: red }",)
    assert parts.without_script == ".map { display: none }"
    assert parts.data == ((' type="application/json" id="map-data"', '{"a": "<b>"}'),)
    for text in ("first()", "second()", "a { color: red }", ".map { display: none }"):
        assert hashed(text) in parts.policy
    assert "unsafe" not in parts.policy


def test_what_the_page_holds_is_what_the_policy_names(world: World) -> None:
    answer = world.visitor().get("/areas/north/map")
    policy = answer.headers["content-security-policy"]
    scripts = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert scripts == ["1"]
    assert f"script-src {hashed('1')};" in policy
    assert "Safer Corridors" in answer.text, "within our own page"
    again = world.visitor().get(
        "/areas/north/map", headers={"if-none-match": answer.headers["etag"]}
    )
    assert (again.status_code, again.headers["content-security-policy"]) == (304, policy)


def test_a_page_without_scripts_allows_none() -> None:
    assert "script-src 'none'" in map_parts("<main></main>").policy
    assert map_parts("").content == ""
