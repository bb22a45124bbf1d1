"""Contents of files, in pieces: one is never whole in memory, and erasing one leaves nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO
from uuid import uuid4

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from api.store.tables_work import FilePieceRow

__all__ = ["Files", "Stored"]

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored."""

    file_id: str
    sha256: str
    n_bytes: int


class Files:
    """Contents within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, content: bytes | BinaryIO) -> Stored:
        """Store a content; a file is read from where it stands."""
        source = BytesIO(content) if isinstance(content, bytes) else content
        file_id, digest, n_bytes, piece = uuid4().hex, hashlib.sha256(), 0, 0
        while (part := source.read(_PIECE_BYTES)) or piece == 0:
            values = {"file_id": file_id, "piece": piece, "content": part}
            self._session.execute(insert(FilePieceRow), [values])
            digest.update(part)
            n_bytes, piece = n_bytes + len(part), piece + 1
        return Stored(file_id, digest.hexdigest(), n_bytes)

    def pieces(self, file_id: str) -> Iterator[bytes]:
        """Give a content piece by piece; nothing where it was erased."""
        n_pieces = self._session.scalar(select(func.count()).where(FilePieceRow.file_id == file_id))
        for piece in range(n_pieces or 0):
            yield self._session.scalars(
                select(FilePieceRow.content).where(
                    FilePieceRow.file_id == file_id, FilePieceRow.piece == piece
                )
            ).one()

    def content(self, file_id: str) -> bytes | None:
        """Give a content whole; None where it was erased."""
        parts = list(self.pieces(file_id))
        return b"".join(parts) if parts else None

    def erase(self, file_id: str) -> None:
        """Delete a content."""
        self._session.execute(delete(FilePieceRow).where(FilePieceRow.file_id == file_id))
