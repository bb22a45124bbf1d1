"""Run one task in a child process, with limits: whatever it reads cannot take the worker down."""

from __future__ import annotations

import json
import logging
import multiprocessing
import multiprocessing.context
import os
import resource
import signal
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from corridors.errors import BadInput, CorridorsError, OutputError

__all__ = ["Limits", "TaskDied", "TaskFailed", "TaskStopped", "as_problems", "run_task", "warm_up"]

_TASKS = "api.jobs.tasks"
_NICE = 10
_POLL_S = 0.2
_log = logging.getLogger("api.jobs")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use; None is without limit."""

    memory_bytes: int | None = None
    cpu_s: int | None = None


class TaskFailed(Exception):  # noqa: N818 -- the name says what it is
    """It cannot be done, and this is why: problems in words."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(one["what"] for one in problems))


class TaskDied(Exception):  # noqa: N818 -- the name says what it is
    """The child ended without a word: killed, or out of memory."""

    def __init__(self, exit_code: int | None) -> None:
        self.exit_code = exit_code
        super().__init__(f"the child ended with {exit_code}")


class TaskStopped(Exception):  # noqa: N818 -- the name says what it is
    """The worker was asked to stop, and the child was ended."""


def as_problems(error: BadInput) -> list[dict[str, str]]:
    """Write problems as JSON has them."""
    return [{"where": one.where, "what": one.what, "mend": one.mend} for one in error.problems]


def run_task(
    name: str,
    arguments: Mapping[str, Any],
    limits: Limits,
    *,
    tell: Callable[[str, float | None], object],
    keep_on: Callable[[], bool],
) -> dict[str, Any]:
    """Run a function of `api.jobs.tasks` in a child process.

    Parameters
    ----------
    name, arguments
        The function, and what it is called with (as JSON can hold it).
    limits
        What the child may use.
    tell
        Called with words and share as the child goes on.
    keep_on
        Asked several times a second; where it says no, or raises, the child is ended.

    Raises
    ------
    TaskFailed, TaskDied, TaskStopped
        See there.
    """
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(
        target=_in_child, args=(theirs, name, json.dumps(dict(arguments)), limits), daemon=True
    )
    child.start()
    theirs.close()
    try:
        return _listen(child, ours, tell, keep_on)
    finally:
        child.kill()
        child.join()
        child.close()
        ours.close()


def warm_up() -> None:
    """Load what children need before the first of them is made, in a process of its own."""
    _context()
    forkserver.ensure_running()


def _context() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_TASKS])
    return context


def _listen(
    child: BaseProcess,
    ours: Connection,
    tell: Callable[[str, float | None], object],
    keep_on: Callable[[], bool],
) -> dict[str, Any]:
    while True:
        if not keep_on():
            raise TaskStopped
        ready = wait([ours, child.sentinel], timeout=_POLL_S)
        if ours not in ready and not ours.poll():
            if ready:
                child.join()
                raise TaskDied(child.exitcode)
            continue
        try:
            message = json.loads(ours.recv_bytes())
        except EOFError:
            child.join()
            raise TaskDied(child.exitcode) from None
        if "done" in message:
            done: dict[str, Any] = message["done"]
            return done
        if "problems" in message:
            raise TaskFailed(message["problems"])
        tell(message["words"], message["share"])


def _in_child(connection: Connection, name: str, arguments: str, limits: Limits) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit(limits)

    def send(**message: object) -> None:
        connection.send_bytes(json.dumps(message).encode())

    def tell(words: str, share: float | None) -> None:
        send(words=words, share=share)

    try:
        function = getattr(import_module(_TASKS), name)
        send(done=function(tell, **json.loads(arguments)))
    except BadInput as error:
        send(problems=as_problems(error))
    except Exception as error:  # noqa: BLE001 -- told in words, whatever it is
        send(problems=[_told(error, limits)])


def _told(error: Exception, limits: Limits) -> dict[str, str]:
    """Say in words what went wrong, without what the error itself may quote."""
    if isinstance(error, MemoryError) and limits.memory_bytes:
        what = f"It needs more than {limits.memory_bytes >> 20:,} MB of memory to be read."
        return {"where": "job", "what": what, "mend": "Split the file, by month for instance."}
    if isinstance(error, OSError | OutputError):
        reason = getattr(error, "strerror", None) or getattr(error.__cause__, "strerror", None)
        what = f"The machine could not write what was made: {reason or 'an error of its disk'}."
        return {"where": "job", "what": what, "mend": "Make room on its disk, and ask again."}
    if isinstance(error, CorridorsError):
        return {"where": "job", "what": str(error), "mend": ""}
    places = "".join(traceback.format_tb(error.__traceback__)[-5:])
    _log.error("a fault of ours: %s at\n%s", type(error).__name__, places)
    what = f"A fault of ours ({type(error).__name__}). It was noted."
    return {"where": "job", "what": what, "mend": "Ask again; where it comes again, tell us."}


def _limit(limits: Limits) -> None:
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.memory_bytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    if limits.cpu_s is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 5))


def _end_with_parent() -> None:
    """End when the worker was killed: nobody waits for what comes of it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
