"""Start the service, or show one plan folder."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.area_name import DEMO_AREA
from api.folder.released_folder import ReleasedFolder
from api.folder.settings import FolderSettings
from api.jobs.beside import worker_beside
from api.settings import Settings
from api.store import Store
from corridors.errors import BadInput, Problem

__all__ = ["serve", "serve_service"]


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
    # loaded only here: the service starts without it
    app = import_module("api.folder.app").create_folder_app(FolderSettings(folder=folder))
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
    )


def serve_service(
    settings: Settings,
    *,
    host: str,
    port: int,
    tell: Callable[[str], object],
    with_worker: bool = True,
) -> None:
    """Bring the database up to date, load the demonstration where asked for, and serve.

    Parameters
    ----------
    settings
        From `api.settings.read_settings`. A demonstration loads the fictional borough, once.
    host, port
        Where to listen.
    tell
        Says where it listens, and what takes a while.
    with_worker
        Whether a worker runs beside it; without, workers are started elsewhere.
    """
    app = create_app(settings)
    store = Store(settings.database_url)
    store.upgrade()
    with store.reading() as unit:
        is_loaded = bool(unit.plans.published(DEMO_AREA.area_id))
    store.close()
    if settings.is_demo and not is_loaded:
        # it plans, in a process of its own: what that loads does not stay in this one
        done = subprocess.run([sys.executable, "-m", "api.admin", "load-demo"], check=False)
        if done.returncode:
            sys.exit(done.returncode)
    tell(f"Serving at {settings.base_url} (stop with Ctrl-C)")
    # asked to stop, the server passes the signal on once it has ended: the worker ends too then
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    with worker_beside() if with_worker else nullcontext():
        _run(app, settings, host, port)


def _run(app: FastAPI, settings: Settings, host: str, port: int) -> None:
    # what was made so far stays: never looking through it again keeps answers quick
    gc.enable()
    gc.freeze()
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )
