"""How values lie in the store: UTC times, and JSON written one way only."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator

__all__ = ["UtcDateTime", "canonical_json", "sha256_of", "without_words"]

_WORDS = frozenset({"categories", "columns", "discovered", "guess"})
"""Of an upload's report and settings: what is told in the words of the file."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in, UTC in the store, aware UTC times out. A naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring an aware time to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time without its zone cannot be stored"
            raise ValueError(message)
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give an aware UTC time."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def canonical_json(value: object) -> str:
    """Write JSON so that equal values are equal text: sorted keys, no spaces, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256_of(content: bytes | str) -> str:
    """Give the SHA-256 of bytes, or of a text's UTF-8, in hexadecimal."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()


def without_words(text: str) -> str:
    """Drop what an upload's report or settings hold of the file's own words, as canonical JSON."""
    return canonical_json({key: one for key, one in json.loads(text).items() if key not in _WORDS})
