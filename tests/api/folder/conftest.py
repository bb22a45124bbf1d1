"""The service over the demo's plan folder, asked without a socket."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from api.folder.app import create_folder_app
from api.folder.settings import FolderSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[..., httpx.Response]


def asking(folder: Path) -> Ask:
    """Give a function that asks the service over a folder."""
    app = create_folder_app(FolderSettings(folder=folder))

    def ask(path: str, method: str = "GET", **headers: str) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://plan") as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, headers=named)

        # In a thread of its own: the browser tests keep an event loop running in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(answer())).result()

    return ask


@pytest.fixture
def ask(demo_folder: Path) -> Ask:
    return asking(demo_folder)
