"""Processes that are there to be killed: a worker, and a web server. Started by test_killed."""

from __future__ import annotations

import multiprocessing
import multiprocessing.context
import socket
from dataclasses import replace
from pathlib import Path
from threading import Event

import uvicorn

import api.jobs.worker
from api.app import create_app
from api.jobs.worker import Worker
from api.services import Seams
from api.settings import Settings
from api.store import Store
from tests.api.conftest import QUICK, TEST_SETTINGS
from tests.api.small_work import made_up

__all__ = ["LEASE_S", "context", "killed_settings", "serve", "work"]

LEASE_S = 0.4
"""Short, so that a killed worker is soon replaced."""


def context() -> multiprocessing.context.ForkServerContext:
    """Give the way to start a process in a moment: everything is loaded once, before."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([__name__])
    return found


def killed_settings(url: str, port: int) -> Settings:
    """Give the settings: plain HTTP on this machine, and the demonstration's day."""
    return replace(
        TEST_SETTINGS, database_url=url, is_demo=True, base_url=f"http://127.0.0.1:{port}"
    )


def work(url: str, folder: str) -> None:
    """Do jobs until killed. With a folder, planning puts that in the place of the plan."""
    if folder:
        vars(api.jobs.worker)["run_task"] = made_up(Path(folder))
    store = Store(url)
    lease_s = LEASE_S if folder else 10 * LEASE_S
    Worker(store, killed_settings(url, 1), Event(), lease_s=lease_s, poll_s=0.01, periodic=()).run()


def serve(url: str, listening: socket.socket) -> None:
    """Serve until killed."""
    port = listening.getsockname()[1]
    app = create_app(killed_settings(url, port), Seams(passwords=QUICK))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    server.run(sockets=[listening])
