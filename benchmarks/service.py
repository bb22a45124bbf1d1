"""The service under load: 200 requests a second on one worker, beside a bare Starlette app.

Run: ``python -m benchmarks.service [--planning] [--memory] [--start-up]``

The public school page and the corridors as GeoJSON are asked for in an open loop. The peer
answers the same bytes from memory with Starlette alone, under the same server, in the same run:
what it takes is the cost of the machine, the client and the server, and the ratio is ours.
``--planning`` plans the demonstration's week in another process meanwhile; ``--memory`` asks
20,000 times and tells the resident memory on the way; ``--start-up`` tells how long it takes from
the command to the first answer. Nothing here is asserted on: the machine has other work to do.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import numpy as np

from api.demonstration import load_demo
from api.store import Store
from benchmarks.http_load import Loaded, joined, load

PAGE = "/areas/haverness/schools/H001"
ITEMS = "/api/v1/collections/corridors/items"
_BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
bodies = {path: open(name, "rb").read() for path, name in zip(sys.argv[2::2], sys.argv[3::2])}
async def answer(request):
    return Response(bodies[request.url.path], media_type="text/html")
app = Starlette(routes=[Route(path, answer) for path in bodies])
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-s", type=float, default=200.0)
    parser.add_argument("--turns", type=int, default=10, help="of two seconds each")
    parser.add_argument("--planning", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--start-up", action="store_true")
    parser.add_argument("--database", type=Path, help="a store with the demonstration in it")
    asked = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    with TemporaryDirectory() as folder:
        database = Path(folder) / "store.sqlite"
        _make_demonstration(database, asked.database)
        if asked.start_up:
            _tell_start_up(database)
        with _service(database) as (port, process):
            if asked.memory:
                _tell_memory(port, process)
            else:
                _tell_latency(port, Path(folder), asked)


def _tell_latency(port: int, folder: Path, asked: argparse.Namespace) -> None:
    with _bare(port, folder) as bare_port:
        ports = (port, bare_port)
        for name, paths in (
            ("school page", [PAGE]),
            ("corridors", [ITEMS]),
            ("both", [PAGE, ITEMS]),
        ):
            _tell(name, *_in_turn(ports, paths, asked))
        if asked.planning:
            with _planning():
                _tell("both, a week being planned", *_in_turn(ports, [PAGE, ITEMS], asked))


def _in_turn(
    ports: tuple[int, int], paths: Sequence[str], asked: argparse.Namespace
) -> tuple[Loaded, Loaded]:
    """Ask ours and the peer in short turns: whatever else the machine does, it does to both."""
    found: tuple[list[Loaded], list[Loaded]] = ([], [])
    for turn in range(asked.turns + 1):
        for port, kept in zip(ports, found, strict=True):
            one = asyncio.run(load(port, paths, per_s=asked.per_s, seconds=2))
            if turn:  # the first is for warming up
                kept.append(one)
    return joined(found[0]), joined(found[1])


def _tell(name: str, ours: Loaded, peer: Loaded) -> None:
    ratio = np.median(ours.latency_ms) / np.median(peer.latency_ms)
    print(f"{name}\n  ours {ours.row()}\n  bare {peer.row()}\n  ratio of medians {ratio:.2f}")


def _tell_memory(port: int, process: subprocess.Popen[bytes]) -> None:
    paths = [PAGE, ITEMS, "/", "/areas/haverness", f"/api/v1{PAGE}/calendar.ics"]
    print("requests  resident MiB")
    for n in range(0, 20_001, 2_500):
        if n:
            asyncio.run(load(port, paths, per_s=400, seconds=2_500 / 400))
        print(f"{n:8}  {_resident_mib(process.pid):.1f}")


def _tell_start_up(database: Path) -> None:
    times, cpu_s = [], []
    for _ in range(5):
        start = time.perf_counter()
        with _service(database) as (_, process):
            times.append(time.perf_counter() - start)
            cpu_s.append(_cpu_s(process.pid))
    print(
        f"start-up to the first answer: median {np.median(times):.2f} s, of "
        f"{[round(one, 2) for one in sorted(times)]}; of a core {np.median(cpu_s):.2f} s"
    )


def _cpu_s(pid: int) -> float:
    """Give the time that a process had a core; unlike the clock it hardly knows of the others."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def _make_demonstration(database: Path, kept: Path | None) -> None:
    """Load the demonstration, or take a copy of a store that has it."""
    if kept is not None:
        shutil.copy(kept, database)
        return
    store = Store(f"sqlite:///{database}")
    store.upgrade()
    load_demo(store, print)
    store.close()


@contextmanager
def _service(database: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Start the service as `make serve` does, without its worker beside it."""
    port = _free_port()
    environ = {
        **os.environ,
        "SAFER_CORRIDORS_DEMO": "1",
        "SAFER_CORRIDORS_DATABASE_URL": f"sqlite:///{database}",
        "SAFER_CORRIDORS_BASE_URL": f"http://127.0.0.1:{port}",
        # one address asks for everything here
        "SAFER_CORRIDORS_REQUESTS_PER_S": "100000",
    }
    command = [sys.executable, "-m", "api.admin", "serve", "--port", str(port)]
    with _started(command, port, environ) as process:
        yield port, process


@contextmanager
def _bare(port: int, folder: Path) -> Iterator[int]:
    bodies = []
    for number, path in enumerate((PAGE, ITEMS)):
        name = folder / f"body-{number}"
        # as it is sent: packed, and not unpacked by the client
        with httpx2.stream("GET", f"http://127.0.0.1:{port}{path}") as answer:
            name.write_bytes(b"".join(answer.iter_raw()))
        bodies += [path, str(name)]
    bare_port = _free_port()
    command = [sys.executable, "-c", _BARE, str(bare_port), *bodies]
    with _started(command, bare_port, dict(os.environ), PAGE):
        yield bare_port


@contextmanager
def _started(
    command: Sequence[str], port: int, environ: dict[str, str], path: str = "/"
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        while process.poll() is None:
            try:
                httpx2.get(f"http://127.0.0.1:{port}{path}", timeout=60)
                break
            except httpx2.TransportError:
                time.sleep(0.01)
        if process.poll() is not None:
            raise SystemExit("the server did not start")
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def _planning() -> Iterator[None]:
    """Plan the demonstration's week again and again, niced and in other processes."""
    with TemporaryDirectory() as folder:
        code = (
            "import itertools, os, subprocess, sys\n"
            "os.nice(10)\n"
            "for n in itertools.count():\n"
            "    subprocess.run([sys.executable, '-m', 'corridors', 'demo', '--out', "
            "f'{sys.argv[1]}/{n}'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        )
        process = subprocess.Popen([sys.executable, "-c", code, folder], start_new_session=True)  # noqa: S603
        time.sleep(5)
        try:
            yield
        finally:
            os.killpg(process.pid, 15)
            process.wait(20)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


if __name__ == "__main__":
    main()
