"""Where the bundled data are: beside a checkout, or inside the installed package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from corridors.errors import Problem, SourceError

__all__ = ["bundled_path"]


def bundled_path(relative: str) -> Path:
    """Give the path of a bundled file or folder.

    Parameters
    ----------
    relative
        Path below the bundled data, such as ``"reference/aims.toml"`` or ``"demo/area.toml"``.

    Returns
    -------
    Path
        In a checkout below the repository's ``data``, else below ``corridors/_data``.

    Raises
    ------
    SourceError
        When neither holds it: the installation is incomplete.
    """
    package = Path(str(files("corridors")))
    in_package = package / "_data" / relative
    in_checkout = package.parent / "data" / relative
    # A checkout is told by its pyproject: beside an installed package `data` is anybody's.
    if (package.parent / "pyproject.toml").is_file() and in_checkout.exists():
        return in_checkout
    if in_package.exists():
        return in_package
    raise SourceError(
        Problem(
            relative,
            "This bundled file is missing.",
            "Install safer-corridors again: the installation is incomplete.",
        )
    )
