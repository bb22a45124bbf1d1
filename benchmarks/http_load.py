"""An open loop of requests: each leaves at its time, whether or not the ones before have answered.

A closed loop (a client that waits for its answer before it asks again) slows down with the
server and hides what people would have waited. Here latency counts from the moment at which a
request should have left.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Loaded", "joined", "load"]


@dataclass(frozen=True)
class Loaded:
    """What one run measured."""

    latency_ms: NDArray[np.float64]
    n_wrong: int
    n_bytes: int

    def row(self) -> str:
        """Say it in one line."""
        p50, p95, p99, most = np.percentile(self.latency_ms, [50, 95, 99, 100])
        return (
            f"p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  max {most:7.1f} ms, "
            f"{self.latency_ms.size} requests, {self.n_wrong} not 200, "
            f"{self.n_bytes / max(1, self.latency_ms.size) / 1024:.1f} KiB each"
        )


def joined(parts: Sequence[Loaded]) -> Loaded:
    """Put several runs together."""
    return Loaded(
        np.concatenate([one.latency_ms for one in parts]),
        sum(one.n_wrong for one in parts),
        sum(one.n_bytes for one in parts),
    )


async def load(
    port: int, paths: Sequence[str], *, per_s: float, seconds: float, connections: int = 64
) -> Loaded:
    """Ask for the paths in turn at a steady rate.

    Parameters
    ----------
    port
        On this machine.
    paths
        Asked for in turn.
    per_s, seconds
        The rate, and for how long.
    connections
        Kept open; a request waits for a free one, and its wait counts.
    """
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    wanted = [
        (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n"
            "Accept: */*\r\n\r\n"
        ).encode()
        for path in paths
    ]
    n = round(per_s * seconds)
    latency_ms, wrong = np.full(n, np.nan), 0
    n_bytes = 0
    start = time.perf_counter() + 0.1

    async def one(number: int) -> None:
        nonlocal wrong, n_bytes
        due = start + number / per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        reader, writer = await free.get()
        writer.write(wanted[number % len(wanted)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        body = await reader.readexactly(length)
        latency_ms[number] = (time.perf_counter() - due) * 1000
        free.put_nowait((reader, writer))
        wrong += not head.startswith(b"HTTP/1.1 200")
        n_bytes += len(body)

    await asyncio.gather(*(one(number) for number in range(n)))
    while not free.empty():
        free.get_nowait()[1].close()
    return Loaded(latency_ms, wrong, n_bytes)
