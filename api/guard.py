"""At the door: headers on every answer; bodies and rates are looked at before anything else."""

from __future__ import annotations

import errno
import re
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from math import ceil
from time import monotonic

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BadRequest, NotFound, TooLarge, TooMany, Unavailable, WrongContentType
from api.problems import answer_error
from api.settings import Settings

__all__ = ["Guard", "RateLimit", "depth_of"]

_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}
_HSTS = "max-age=31536000; includeSubDomains"
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_MULTIPART = "multipart/form-data"
_RAW = ("application/octet-stream", "text/csv")
_UPLOAD = re.compile(r"/api/v1/areas/[^/]+/uploads")
_UPLOAD_FORM = re.compile(r"/team/[^/]+/uploads/new")
_FORM_AROUND_FILE = 100_000
_PARTS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
_ADDRESSES = 10_000


class RateLimit:
    """A bucket for each address: it fills steadily and each request takes one.

    Parameters
    ----------
    per_s, burst
        How fast a bucket fills, and how much it holds.
    clock
        Seconds that never go back.
    """

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> int:
        """Take one; give the seconds to wait where there is none, else 0."""
        now = self._clock()
        left, since = self._buckets.pop(address, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._per_s)
        is_enough = left >= 1
        self._buckets[address] = (left - 1 if is_enough else left, now)
        if len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        return 0 if is_enough else max(1, ceil((1 - left) / self._per_s))


def depth_of(body: bytes, limit: int) -> int:
    """Give how deep brackets nest in a JSON text, counting no further than one over the limit."""
    depth = deepest = 0
    for found in _PARTS.finditer(body):
        mark = found.group()[:1]
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > limit:
                break
        elif mark in b"]}":
            depth -= 1
    return deepest


class Guard:
    """The outermost layer of the service."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._rate = RateLimit(settings.requests_per_s, settings.request_burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let through with the body already read and looked at."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._settings.is_secure:
                    headers.setdefault("strict-transport-security", _HSTS)
                if message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                    # what is still on its way is not read: nothing can follow it
                    headers["connection"] = "close"
            await send(message)

        is_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal is_started
            is_started = True
            await send_with_headers(message)

        try:
            self._check_rate(scope)
            _check_address(scope)
            await self._app(scope, await self._take(scope, receive), send_and_note)
        except Exception as error:  # faults too are answered in one shape, with every header
            if is_started:
                raise
            response = answer_error(Request(scope), _told(error))
            await response(scope, receive, send_with_headers)

    def _check_rate(self, scope: Scope) -> None:
        client = scope.get("client")
        wait_s = self._rate.take(client[0] if client else "")
        if wait_s:
            raise TooMany(
                "Too many requests from your address.",
                f"Wait {wait_s} seconds.",
                retry_after_s=wait_s,
            )

    async def _take(self, scope: Scope, receive: Receive) -> Receive:
        if _is_upload(scope):
            return self._counted(scope, receive)
        body = await self._read(scope, receive)
        self._check_body(scope, body)
        return _replay(body, receive)

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        """Let an upload through as it comes; the route reads it, and no further than the limit."""
        limit = self._settings.max_upload_bytes
        mend = f"Send at most {limit:,} bytes: split the file, by month for instance."
        wanted = (_MULTIPART,) if _UPLOAD_FORM.fullmatch(scope["path"]) else _RAW
        if _kind_of(scope) not in wanted:
            raise WrongContentType(
                "The body is of another kind than is read here.", f"Send {' or '.join(wanted)}."
            )
        if _MULTIPART in wanted:
            limit += _FORM_AROUND_FILE
        if _told_length(scope, mend) > limit:
            raise TooLarge("The file is too large.", mend)
        size = 0

        async def give() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                raise TooLarge("The file is too large.", mend)
            return message

        return give

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        """Read a body up to the limit; what says that it is longer is not read at all."""
        limit = self._settings.max_body_bytes
        mend = f"Send at most {limit:,} bytes."
        told = _told_length(scope, mend)
        if told > limit:
            raise TooLarge("The body is too large.", mend)
        parts: list[bytes] = []
        size, is_more = 0, scope["method"] not in {"GET", "HEAD"} or told > 0
        while is_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise TooLarge("The body is too large.", mend)
            is_more = message.get("more_body", False)
        return b"".join(parts)

    def _check_body(self, scope: Scope, body: bytes) -> None:
        if not body or scope["method"] in {"GET", "HEAD", "DELETE"}:
            return
        wanted = _JSON if scope["path"].startswith("/api/") else _FORM
        if _kind_of(scope) != wanted:
            raise WrongContentType(
                "The body is of another kind than is read here.", f"Send {wanted}."
            )
        limit = self._settings.max_json_depth
        if wanted == _JSON and depth_of(body, limit) > limit:
            raise BadRequest("The JSON is nested too deeply.", f"Nest at most {limit} levels.")


def _told(error: Exception) -> Exception:
    """Tell a full disk, which is no fault of ours, from a fault of ours."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Unavailable("The machine has no room for what was sent.", "Try again later.")
    return error


def _is_upload(scope: Scope) -> bool:
    paths = (_UPLOAD, _UPLOAD_FORM)
    return scope["method"] == "POST" and any(one.fullmatch(scope["path"]) for one in paths)


def _kind_of(scope: Scope) -> str:
    return Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()


def _told_length(scope: Scope, mend: str) -> int:
    told = Headers(scope=scope).get("content-length", "0")
    if not (told.isascii() and told.isdigit() and len(told) < 20):
        raise BadRequest("The length of the body is not a number.", mend)
    return int(told)


def _replay(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def _check_address(scope: Scope) -> None:
    """Refuse an address with a NUL in it: no name here holds one, and databases stumble on it."""
    if b"%00" in scope.get("raw_path", b"") or "\0" in scope["path"]:
        raise NotFound
    if b"%00" in scope.get("query_string", b""):
        raise BadRequest("The address holds a character that is not allowed.", "Leave it out.")
