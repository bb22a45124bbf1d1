"""How something that changes seldom is answered: with a tag, and not again to who has it."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache

from fastapi import Request
from fastapi.responses import Response

__all__ = ["PUBLIC_FOR_A_MINUTE", "TEAM_ONLY", "answer_bytes", "page_policy"]

PUBLIC_FOR_A_MINUTE = "public, max-age=60"
TEAM_ONLY = "private, no-cache"
_SCRIPT = re.compile(rb"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)


def answer_bytes(
    request: Request, content: bytes, media_type: str, cache: str, **headers: str
) -> Response:
    """Answer with the content, or 304 where ``If-None-Match`` names its tag.

    Parameters
    ----------
    request
        Read for ``If-None-Match``.
    content, media_type
        What is answered.
    cache
        ``Cache-Control``.
    headers
        Others, underscores for hyphens.
    """
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {"ETag": etag, "Cache-Control": cache, **named}
    wanted = request.headers.get("if-none-match", "")
    if etag in (tags := {one.strip().removeprefix("W/") for one in wanted.split(",")}) or (
        "*" in tags
    ):
        return Response(status_code=304, headers=kept)
    return Response(content, media_type=media_type, headers=kept)


@lru_cache(maxsize=256)
def page_policy(page: bytes) -> str:
    """Give the Content-Security-Policy of a released page that brings its own scripts.

    Each script is named by its hash. A hash stays true when a page comes out of a cache, where a
    nonce would not; and unlike a nonce it allows that one text and no other.
    """
    hashes = [
        "'sha256-" + base64.b64encode(hashlib.sha256(found["code"]).digest()).decode() + "'"
        for found in _SCRIPT.finditer(page)
        if b"application/json" not in found["attributes"]
    ]
    scripts = " ".join(hashes) or "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
