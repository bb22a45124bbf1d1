"""The released map within our own page: its parts, and the policy that lets no others act.

Each script and style is named by its hash. A hash stays true when a page comes out of a cache,
where a nonce would not; and unlike a nonce it allows that one text and no other.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["MapParts", "map_parts"]

_PART = re.compile(r"<(script|style)([^>]*)>(.*?)</\1>", re.DOTALL)
_NOSCRIPT = re.compile(r"<noscript>\s*<style>(.*?)</style>\s*</noscript>", re.DOTALL)
_MAIN = re.compile(r"<main[^>]*>(.*?)</main>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MapParts:
    """What a released map is made of."""

    content: str
    """Of its ``main`` element, scripts taken out."""
    styles: tuple[str, ...]
    without_script: str
    """The style for readers whose browser runs no script."""
    data: tuple[tuple[str, str], ...]
    """Blocks of data: attributes and text."""
    scripts: tuple[str, ...]
    policy: str


@lru_cache(maxsize=16)
def map_parts(page: str) -> MapParts:
    """Take a released map apart."""
    without_script = "".join(found[1] for found in _NOSCRIPT.finditer(page))
    bare = _NOSCRIPT.sub("", page)
    main = _MAIN.search(bare)
    styles, data, scripts = [], [], []
    for found in _PART.finditer(bare):
        if found[1] == "style":
            styles.append(found[3])
        elif "application/json" in found[2]:
            data.append((found[2], found[3]))
        else:
            scripts.append(found[3])
    policy = (
        f"default-src 'none'; script-src {_hashes(scripts)}; "
        f"style-src 'self' {_hashes([*styles, without_script])}; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return MapParts(
        content=_PART.sub("", main[1]) if main else "",
        styles=tuple(styles),
        without_script=without_script,
        data=tuple(data),
        scripts=tuple(scripts),
        policy=policy,
    )


def _hashes(texts: list[str]) -> str:
    return (
        " ".join(
            "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
            for text in texts
        )
        or "'none'"
    )
