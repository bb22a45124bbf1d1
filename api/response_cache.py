"""Public answers are made once for each state of what is published, and given to everybody.

The state is the plans that hold, asked of the database at each request: as soon as something is
published, by whatever process, nothing older is given. A minute's change makes answers anew too,
since a patrol that is over is shown no more.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Unavailable
from api.services import Services

__all__ = ["ResponseCache"]

_PATHS = ("/areas/", "/api/v1/areas", "/api/v1/collections", "/docs", "/api/v1/openapi.json")
_EXACT = {"/", "/privacy"}
_FORMS = ("/emails", "/asked")
_LONGEST_KEY, _LARGEST_ANSWER, _LARGEST_CACHE = 500, 4_000_000, 48_000_000
_SMALLEST_PACKED = 1000
_PACKED_KINDS = ("text/", "application/json", "application/geo+json")

Key = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer of status 200, as it is and under gzip (empty where that is of no use)."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    packed: bytes
    etag: str

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed) + 1000


class ResponseCache:
    """A layer around the routes, within one process."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._size = 0
        self._state = ""
        self._under_way: dict[Key, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give a kept answer, or make one and keep it where it is for everybody."""
        key = self._key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        try:
            # a file is read in less time than another thread needs to wake up; a server may be far
            is_near = self._services.store.kind == "sqlite"
            state = self._read_state() if is_near else await to_thread.run_sync(self._read_state)
        except Unavailable:
            await self._app(scope, receive, send)
            return
        self._enter(state)
        kept = self._find(key)
        if kept is None and key in self._under_way:
            # somebody else has asked just now: one answer is made for all who wait
            await self._under_way[key].wait()
            kept = self._find(key)
        if kept is None:
            kept = await self._make(key, state, scope, receive, send)
        if kept is not None:
            await _give(kept, Headers(scope=scope), send)

    def _key(self, scope: Scope) -> Key | None:
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        path, query = scope["path"], scope.get("query_string", b"")
        is_public = path in _EXACT or (path.startswith(_PATHS) and not path.endswith(_FORMS))
        if not is_public or len(path) + len(query) > _LONGEST_KEY:
            return None
        headers = Headers(scope=scope)
        if "authorization" in headers or self._services.sessions.cookie in headers.get(
            "cookie", ""
        ):
            return None
        return path, query

    def _read_state(self) -> str:
        minute = self._services.shown_now().strftime("%Y-%m-%dT%H:%M")
        return f"{self._services.store.published_state()} {minute}"

    def _enter(self, state: str) -> None:
        if state != self._state:
            self._kept.clear()
            self._size = 0
            self._state = state

    def _find(self, key: Key) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    async def _make(
        self, key: Key, state: str, scope: Scope, receive: Receive, send: Send
    ) -> _Kept | None:
        """Make an answer; give it back where it can be kept, else it has been sent already."""
        event = self._under_way.setdefault(key, asyncio.Event())
        taken = _Taken(send)
        try:
            await self._app(_unconditional(scope), receive, taken)
            kept = taken.kept()
            # the state was read before the answer was made: the answer is that new or newer
            if kept is not None and state == self._state:
                self._keep(key, kept)
            return kept
        finally:
            event.set()
            self._under_way.pop(key, None)

    def _keep(self, key: Key, kept: _Kept) -> None:
        old = self._kept.pop(key, None)
        self._size += kept.size - (old.size if old else 0)
        self._kept[key] = kept
        while self._size > _LARGEST_CACHE:
            self._size -= self._kept.popitem(last=False)[1].size


class _Taken:
    """Takes an answer that is for everybody; every other one goes through as it comes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_for_everybody(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))

    def kept(self) -> _Kept | None:
        if self._start is None:
            return None
        body = b"".join(self._parts)
        headers = MutableHeaders(scope=self._start)
        etag = headers.get("etag") or f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        is_packed = (
            headers.get("content-type", "").startswith(_PACKED_KINDS)
            and len(body) >= _SMALLEST_PACKED
        )
        if is_packed:
            headers.add_vary_header("Accept-Encoding")
        for name in ("etag", "content-length"):
            if name in headers:
                del headers[name]
        packed = gzip.compress(body, 6, mtime=0) if is_packed else b""
        return _Kept(tuple(headers.raw), body, packed, etag)


def _is_for_everybody(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        start["status"] == 200
        and headers.get("cache-control", "").startswith("public")
        and "set-cookie" not in headers
        and int(headers.get("content-length", "0")) <= _LARGEST_ANSWER
    )


def _unconditional(scope: Scope) -> Scope:
    """Ask for the whole answer, whatever this one reader has already."""
    headers = [one for one in scope["headers"] if one[0] != b"if-none-match"]
    return {**scope, "headers": headers}


async def _give(kept: _Kept, asked: Headers, send: Send) -> None:
    is_packed = bool(kept.packed) and "gzip" in asked.get("accept-encoding", "")
    # another representation has another tag
    etag = f'{kept.etag[:-1]}-gzip"' if is_packed else kept.etag
    body = kept.packed if is_packed else kept.body
    wanted = {one.strip().removeprefix("W/") for one in asked.get("if-none-match", "").split(",")}
    headers = [*kept.headers, (b"etag", etag.encode())]
    if not wanted.isdisjoint({kept.etag, etag, "*"}):
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    if is_packed:
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
