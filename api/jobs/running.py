"""Run a worker in this process."""

from __future__ import annotations

import os
import signal
import sys
from threading import Event, Thread

from api.jobs.worker import Worker
from api.settings import Settings
from api.store import Store

__all__ = ["work"]


def work(settings: Settings, *, with_parent: bool = False) -> None:
    """Do jobs until SIGTERM or SIGINT.

    Parameters
    ----------
    settings
        Where the jobs are.
    with_parent
        End, too, when whoever started this process ends: its end of our input is closed then.
    """
    stop = Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda _number, _frame: stop.set())
    if with_parent:
        Thread(target=_wait_for_end, args=(stop,), daemon=True).start()
    store = Store(settings.database_url)
    store.upgrade()
    try:
        Worker(store, settings, stop).run()
    finally:
        store.close()


def _wait_for_end(stop: Event) -> None:
    # not through a buffer: its lock would be held while the interpreter ends
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop.set()
