"""The output folder: all of it or none of it.

Everything is written into a folder beside the wanted one, and takes its place by renaming only
when all is there. A folder that was not made by this software is never replaced.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from corridors.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import TracebackType
    from typing import Self

__all__ = ["MARKER", "OutputFolder", "check_writable"]

MARKER = ".safer-corridors"
_MARKER_TEXT = "Made by Safer Corridors, which may replace what is listed here:\n"
_STAGING = ".corridors-writing"


def check_writable(out: Path, holds: Collection[str] = ()) -> None:
    """Raise `OutputError` now rather than after minutes of work.

    Parameters
    ----------
    out
        The folder that will be made or replaced.
    holds
        What will be in it, if that is known: a folder that holds more is refused.

    Raises
    ------
    OutputError
        When it is a file, holds something that is not ours, or cannot be written.
    """
    out = _resolved(out)
    try:
        if out.exists():
            _check_ours(out, holds)
        parent = next(one for one in (out, *out.parents) if one.exists())
        if not parent.is_dir():
            raise OutputError(f"{out}: {parent} is a file. Give another folder with --out.")
        probe = _free_name(parent, f"{_STAGING}-probe")
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise OutputError(_why(out, error)) from error


class OutputFolder:
    """Write an output folder atomically.

    Parameters
    ----------
    out
        The folder to make, or to replace if it is ours.

    Examples
    --------
    >>> with OutputFolder(Path("out")) as folder:            # doctest: +SKIP
    ...     folder.write_text("public/map.html", "...")
    """

    def __init__(self, out: Path) -> None:
        self.out = _resolved(out)
        self._staging: Path | None = None

    def __enter__(self) -> Self:
        check_writable(self.out)
        try:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            place = self.out if _only_inside(self.out) else self.out.parent
            staging = _free_name(place, f"{_STAGING}-{self.out.name}")
            staging.mkdir()
        except OSError as error:
            raise OutputError(_why(self.out, error)) from error
        self._staging = staging
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        staging = self._folder
        try:
            if kind is None:
                made = sorted(one.name for one in staging.iterdir())
                _check_ours(self.out, made)
                self.write_text(MARKER, _MARKER_TEXT + "".join(f"{name}\n" for name in made))
                if staging.parent == self.out:
                    _swap_inside(staging, self.out)
                else:
                    _swap(staging, self.out)
        except OSError as problem:
            raise OutputError(_why(self.out, problem)) from problem
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            self._staging = None

    @property
    def _folder(self) -> Path:
        if self._staging is None:
            raise OutputError("the output folder is not open")
        return self._staging

    def write_text(self, relative: str, text: str) -> None:
        """Write a UTF-8 file with unix line ends, at a path such as ``public/map.html``."""
        self.write_bytes(relative, text.encode("utf-8", "replace"))

    def write_bytes(self, relative: str, content: bytes) -> None:
        """Write a file at a path such as ``internal/segments.parquet``."""
        path = PurePosixPath(relative)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in relative:
            raise OutputError("a file was about to be written outside the output folder")
        target = self._folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError as error:
            raise OutputError(_why(self.out, error)) from error


def _resolved(out: Path) -> Path:
    return Path(os.path.abspath(out)).resolve()  # noqa: PTH100 -- a folder that is not there yet


def _check_ours(out: Path, holds: Collection[str]) -> None:
    """Refuse a folder that holds more than what we made, or than what will be in it again."""
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out}: this is a file. Give a folder with --out.")
    entries = {one.name for one in out.iterdir() if not one.name.startswith(_STAGING)}
    marker = out / MARKER
    made = set(marker.read_text("utf-8").splitlines()[1:]) if MARKER in entries else set()
    if entries - made - {MARKER}:
        raise OutputError(
            f"{out}: this folder holds something that this software did not make. "
            "Give an empty or a new folder with --out."
        )
    lost = sorted((entries & made) - set(holds)) if holds else []
    if lost:
        raise OutputError(
            f"{out}: this folder holds {', '.join(lost)} of another command, which would be lost. "
            "Give another folder with --out."
        )


def _only_inside(out: Path) -> bool:
    """Tell whether a folder can be filled but not replaced: a mount, or a closed parent."""
    return out.is_dir() and (os.path.ismount(out) or not os.access(out.parent, os.W_OK | os.X_OK))


def _free_name(parent: Path, stem: str) -> Path:
    """Give a name that is not taken, in ordinary permissions unlike those of tempfile."""
    return next(
        path
        for n in range(10_000)
        if not os.path.lexists(path := parent / f"{stem}-{os.getpid()}-{n}")
    )


def _swap(staging: Path, out: Path) -> None:
    if not out.exists():
        staging.rename(out)
        return
    aside = _free_name(out.parent, f"{_STAGING}-old-{out.name}")
    out.rename(aside)
    try:
        staging.rename(out)
    except BaseException:
        aside.rename(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _swap_inside(staging: Path, out: Path) -> None:
    """Replace the content of a folder that cannot itself be renamed; undone if it fails."""
    aside = _free_name(out, f"{_STAGING}-old")
    aside.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for one in [*out.iterdir()]:
            if not one.name.startswith(_STAGING):
                one.rename(aside / one.name)
                moved.append((aside / one.name, one))
        for one in [*staging.iterdir()]:
            one.rename(out / one.name)
            moved.append((out / one.name, one))
    except BaseException:
        for now, before in reversed(moved):
            with suppress(OSError):
                now.rename(before)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _why(out: Path, error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return f"{out}: cannot be written ({reason}). Give another folder with --out, or make room."
