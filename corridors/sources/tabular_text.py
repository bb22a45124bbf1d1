"""From bytes to text: byte order marks, UTF-8, and Windows-1252 where nothing else fits."""

from __future__ import annotations

import codecs

import pandas as pd

from corridors.errors import Problem, SourceError

__all__ = ["decode", "fold_text"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 4096


def decode(data: bytes, where: str, encoding: str | None = None) -> tuple[str, str, list[str]]:
    """Decode a file.

    Parameters
    ----------
    data
        The file's bytes.
    where
        How messages call the file.
    encoding
        The encoding that the area file names; None to find out.

    Returns
    -------
    text, encoding, notes

    Raises
    ------
    SourceError
        When the named encoding is unknown or does not fit.
    """
    if encoding is not None:
        return _decode_as(data, where, encoding), encoding, []
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return data.decode(marked, "replace"), marked, []
    wide = _wide_encoding(data)
    if wide:
        note = f"{where} has no byte order mark; read as {wide}."
        return data.decode(wide, "replace"), wide, [note]
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        return _decode_doubtful(data, where)


def _decode_as(data: bytes, where: str, encoding: str) -> str:
    mend = "Name the encoding that the file was written in, such as utf-8, cp1252 or utf-16."
    try:
        # A mark is no part of the text, whatever the encoding was called.
        plain = codecs.lookup(encoding).name == "utf-8"
        return data.decode("utf-8-sig" if plain else encoding)
    except (LookupError, TypeError, ValueError) as error:
        if not isinstance(error, UnicodeError):
            raise SourceError(
                Problem(where, f"There is no encoding called {encoding!r}.", mend)
            ) from None
        start = getattr(error, "start", 0)
        line = data.count(b"\n", 0, start) + 1
        raise SourceError(
            Problem(where, f"The file is not {encoding}: line {line} does not fit.", mend)
        ) from None


def _wide_encoding(data: bytes) -> str | None:
    """Tell UTF-16 without a mark by its zero bytes, of which ordinary text has none."""
    sample = data[:_SAMPLE_BYTES]
    half = len(sample) // 2
    if half < 2 or len(data) % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.8 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.8 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _decode_doubtful(data: bytes, where: str) -> tuple[str, str, list[str]]:
    """Choose between damaged UTF-8 and Windows-1252 by which the other characters are."""
    as_utf8 = data.decode("utf-8", "replace")
    n_damaged = as_utf8.count("\N{REPLACEMENT CHARACTER}")
    n_wide = sum(1 for character in as_utf8 if character > "\x7f") - n_damaged
    if n_wide > n_damaged:
        note = f"{where} is UTF-8 with {n_damaged} damaged characters, shown as a mark."
        return as_utf8, "utf-8", [note]
    note = f"{where} is not UTF-8; read as Windows-1252 (cp1252)."
    return data.decode("cp1252", "replace"), "cp1252", [note]


def fold_text(values: pd.Series) -> pd.Series:
    """Fold line breaks, control characters and runs of white space into single spaces."""
    return values.str.replace(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", regex=True).str.strip()
