"""Start the service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import uvicorn

from api.app import create_app
from api.released_folder import ReleasedFolder
from api.settings import Settings
from corridors.errors import BadInput, Problem

__all__ = ["serve"]


def serve(folder: Path, *, host: str, port: int, tell: Callable[[str], object]) -> None:
    """Serve the public part of a plan folder until stopped.

    Raises
    ------
    BadInput
        When the folder holds no plan.
    """
    if not ReleasedFolder(folder).is_there():
        raise BadInput(
            Problem(
                str(folder),
                "This folder holds no plan.",
                "Make one first: corridors plan AREA.toml --week MONDAY --out DIR.",
            )
        )
    tell(f"Serving {folder} at http://{host}:{port} (stop with Ctrl-C)")
    uvicorn.run(
        create_app(Settings(folder=folder)),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
    )
