"""The public part of a plan folder. Nothing outside it can be named, let alone read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NotReleased", "ReleasedFile", "ReleasedFolder", "ReleasedNotice"]


class NotReleased(LookupError):  # noqa: N818 -- the name says what it is
    """The folder holds no such released file."""


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """The bytes of one released file, and the tag that changes with them."""

    content: bytes
    etag: str


_KEYS = ("file", "name", "patrols")


@dataclass(frozen=True, slots=True)
class ReleasedNotice:
    """One school: the name of its notice's file, its own name, and how many patrols it has."""

    file: str
    name: str
    patrols: int


class ReleasedFolder:
    """Read released files by name.

    Parameters
    ----------
    folder
        The plan folder. It may be replaced as a whole while it is served.
    """

    def __init__(self, folder: Path) -> None:
        self._public = folder / "public"

    def is_there(self) -> bool:
        """Tell whether there is anything to serve."""
        return (self._public / "map.html").is_file()

    def schools(self) -> list[ReleasedNotice]:
        """List the schools, each with the name of its notice."""
        listed = json.loads(self.read("schools.json").content)
        return [ReleasedNotice(**{key: one[key] for key in _KEYS}) for one in listed]

    def corridor_count(self) -> int:
        """Count the corridors that were released."""
        return len(json.loads(self.read("corridors.geojson").content)["features"])

    def read(self, name: str) -> ReleasedFile:
        """Read ``map.html``, ``corridors.geojson`` or ``schools.json``.

        Raises
        ------
        NotReleased
            When it is not there.
        """
        return self._read(self._public / name)

    def read_notice(self, name: str, ending: str) -> ReleasedFile:
        """Read a notice or a calendar by the name that `schools` gives.

        Raises
        ------
        NotReleased
            When there is none of that name: names are looked up, never joined to a path.
        """
        if name not in {school.file for school in self.schools()}:
            raise NotReleased
        return self._read(self._public / "notices" / f"{name}{ending}")

    def _read(self, path: Path) -> ReleasedFile:
        try:
            if path.is_symlink() or not path.resolve().is_relative_to(self._public.resolve()):
                raise NotReleased
            content = path.read_bytes()
        except OSError as error:
            raise NotReleased from error
        return ReleasedFile(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
