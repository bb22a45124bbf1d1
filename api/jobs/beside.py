"""Run a worker as a process beside the web server."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

__all__ = ["worker_beside"]

_STOP_S = 40.0
_AGAIN_S = 2.0
_log = logging.getLogger("api.jobs")


@contextmanager
def worker_beside() -> Iterator[None]:
    """Run a worker in a process of its own while the block runs; where it ends, begin it anew."""
    stop = Event()
    thread = Thread(target=_keep_running, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_STOP_S)


def _keep_running(stop: Event) -> None:
    while not stop.is_set():
        process = subprocess.Popen(
            [sys.executable, "-m", "api.admin", "work", "--with-parent"], stdin=subprocess.PIPE
        )
        while process.poll() is None and not stop.wait(0.3):
            pass
        if process.poll() is None:
            process.terminate()
            process.communicate()
        else:
            _log.warning("the worker ended with %s; it is begun anew", process.returncode)
            stop.wait(_AGAIN_S)
