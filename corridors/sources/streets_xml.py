"""Look through an XML file before anything else opens it: whole, bounded, no entities.

OSMnx and networkx read XML with parsers that expand entities, so a file of a few hundred bytes can
fill the memory, or pull in another file. An entity needs a document type declaration, and neither
OSM XML nor GraphML has one: a file that declares one is refused, in whatever encoding, because
the same parser (expat) that would expand it is the one that finds it. `defusedxml` does the same,
at the price of a Python call for every element.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast
from xml.parsers import expat

from corridors.errors import Problem, SourceError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_EXPANDED_BYTES", "check_xml"]

MAX_EXPANDED_BYTES = 2 * 1024**3
"""Largest XML, once expanded, that is read. A ``.osm.pbf`` of that size holds ten times more."""

_CHUNK_BYTES = 1 << 20


class _DoctypeError(Exception):
    """The file declares a document type."""


def check_xml(path: Path, *, root: str, where: str) -> None:
    """Check that a file is whole, well-formed XML with the right root and no declarations.

    Parameters
    ----------
    path
        The file; ``.bz2`` and ``.gz`` are expanded on the way and never written.
    root
        Name of the root element, such as ``osm``.
    where
        How messages name the file.

    Raises
    ------
    SourceError
        If the file is truncated, not XML, of another kind, too large once expanded, or has a
        document type declaration.
    """
    parser = _parser(root, where)
    n_bytes = 0
    try:
        with _open(path) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                n_bytes += len(chunk)
                if n_bytes > MAX_EXPANDED_BYTES:
                    _refuse_size(where)
                parser.Parse(chunk)
        parser.Parse(b"", True)  # noqa: FBT003 -- expat takes no keyword
    except _DoctypeError:
        _refuse(
            where,
            "declares an XML document type or entities, which a map never needs.",
            "Get the file again from a source you trust; a plain export has no DOCTYPE line.",
        )
    except (EOFError, zlib.error) as err:
        _refuse_damaged(where, "its compressed content ends too early", err)
    except expat.ExpatError as err:
        at = f"it stops being XML at line {err.lineno}, column {err.offset + 1}"
        _refuse_damaged(where, at, err)
    except OSError as err:
        # bz2 and gzip raise OSError for broken content as well as for a broken disk.
        _refuse_damaged(where, "it cannot be expanded or read to its end", err)


def _parser(root: str, where: str) -> expat.XMLParserType:
    parser = expat.ParserCreate()

    def on_doctype(*_: object) -> None:
        raise _DoctypeError

    def on_first_element(name: str, _attributes: object) -> None:
        if name != root:
            _refuse(
                where,
                f"is XML, but not of the kind its name promises (no <{root}> at its start).",
                "Check the ending of its name, or export the streets again.",
            )
        parser.StartElementHandler = None

    parser.StartDoctypeDeclHandler = on_doctype
    parser.EntityDeclHandler = on_doctype
    parser.StartElementHandler = on_first_element
    return parser


def _open(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".bz2":
        return cast("BinaryIO", bz2.open(path, "rb"))
    if path.suffix.lower() == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def _refuse(where: str, what: str, mend: str) -> NoReturn:
    raise SourceError(Problem(where, what, mend))


def _refuse_size(where: str) -> NoReturn:
    _refuse(
        where,
        f"expands to more than {MAX_EXPANDED_BYTES / 1e9:.1f} GB.",
        "Cut it to the area (osmium extract), or give it as .osm.pbf.",
    )


def _refuse_damaged(where: str, what: str, cause: Exception) -> NoReturn:
    mend = "Download or copy it again."
    raise SourceError(Problem(where, f"is damaged: {what}.", mend)) from cause
