"""The zip that police.uk gives: its street files as one table, read piece by piece and no further.

Of the archive only names and sizes are believed as far as they are checked; nothing is unpacked
to a disk, and reading stops at the limit whatever the archive says of its sizes.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from api.errors import BadRequest, TooLarge

__all__ = ["is_zip", "table_of_zip"]

_PIECE = 1 << 20
_IN_MEMORY = 1 << 22
_MOST_FILES = 2_000
_MOST_DIRECTORY_BYTES = 1_000_000
_END_MARK, _END_BYTES = b"PK\x05\x06", 22  # the record at the end, which tells the directory's size
_END_SPAN = _END_BYTES + (1 << 16)  # it has a comment of its own
_LONGEST_HEADER = 10_000
_MEND = "Send the zip as police.uk gives it, or its street files as CSV."


def is_zip(name: str) -> bool:
    """Tell by its name whether a file is an archive."""
    return name.casefold().endswith(".zip")


def table_of_zip(content: BinaryIO, limit: int) -> tuple[str, IO[bytes]]:
    """Put the street files of an archive together.

    Parameters
    ----------
    content
        The archive.
    limit
        The most bytes that may come out of it.

    Returns
    -------
    str
        A name for the table.
    file
        The table, to be read from its start; whoever asked closes it.

    Raises
    ------
    BadRequest
        When it is no archive, or holds no street files, or their columns differ.
    TooLarge
        When more comes out of it than the limit.
    """
    _check_directory(content)
    try:
        with ZipFile(content) as archive:
            members = _street_files(archive)
            return _name_of(members), _joined(archive, members, limit)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        what = "This zip cannot be read: it is damaged, encrypted or no zip."
        raise BadRequest(what, _MEND, where="file") from error


def _check_directory(content: BinaryIO) -> None:
    """Refuse a directory that is too large before it is read: each entry of it costs memory."""
    size = content.seek(0, os.SEEK_END)
    content.seek(max(0, size - _END_SPAN))
    tail = content.read(_END_SPAN)
    content.seek(0)
    last = tail[-_END_BYTES:]
    is_plain = last[:4] == _END_MARK and last[-2:] == b"\0\0"
    end = last if is_plain else tail[max(0, tail.rfind(_END_MARK)) :][:_END_BYTES]
    if end[:4] == _END_MARK and int.from_bytes(end[12:16], "little") > _MOST_DIRECTORY_BYTES:
        raise BadRequest("This zip holds too many files.", _MEND, where="file")


def _street_files(archive: ZipFile) -> list[ZipInfo]:
    """List the street files in order of their names; of one lone table, that one."""
    infos = [one for one in archive.infolist() if not one.is_dir()]
    if len(infos) > _MOST_FILES:
        raise BadRequest("This zip holds too many files.", _MEND, where="file")
    tables = [one for one in infos if one.filename.casefold().endswith(".csv")]
    streets = [one for one in tables if one.filename.casefold().endswith("-street.csv")]
    chosen = streets or (tables if len(tables) == 1 else [])
    if not chosen:
        raise BadRequest("This zip holds no street files.", _MEND, where="file")
    return sorted(chosen, key=lambda one: one.filename)


def _name_of(members: list[ZipInfo]) -> str:
    if len(members) == 1:
        return members[0].filename.rpartition("/")[2]
    first, last = (one.filename.rpartition("/")[2][:7] for one in (members[0], members[-1]))
    return f"police-uk-{first}-to-{last}.csv"


def _joined(archive: ZipFile, members: list[ZipInfo], limit: int) -> IO[bytes]:
    table: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 -- given away open
    try:
        size, columns = 0, b""
        for member in members:
            with archive.open(member) as file:
                header = file.readline(_LONGEST_HEADER).removeprefix(b"\xef\xbb\xbf").strip()
                if columns and header != columns:
                    what = "The street files of this zip do not have the same columns."
                    raise BadRequest(what, "Send them one by one.", where="file")
                first = b"" if columns else header + b"\n"
                columns = header
                for part in _parts(file, first):
                    size += len(part)
                    if size > limit:
                        mend = f"Send at most {limit:,} bytes unpacked: fewer months at once."
                        raise TooLarge("What this zip holds is too large.", mend, where="file")
                    table.write(part)
        table.seek(0)
    except BaseException:
        table.close()
        raise
    return table


def _parts(file: IO[bytes], first: bytes) -> Iterator[bytes]:
    """Give a file's rows in pieces, ended by a line's end."""
    if first:
        yield first
    last = b""
    while part := file.read(_PIECE):
        yield part
        last = part
    if last and not last.endswith(b"\n"):
        yield b"\n"
