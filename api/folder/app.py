"""`create_folder_app(settings)`: nothing happens at import."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from api.folder.problems import install_problems
from api.folder.released_folder import ReleasedFolder
from api.folder.routes import corridors, health, pages
from api.folder.settings import FolderSettings
from corridors import __version__

__all__ = ["create_folder_app"]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # The pages carry their own strict policy; this one adds what a page cannot say of itself.
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}


def create_folder_app(settings: FolderSettings) -> FastAPI:
    """Build the service over one plan folder.

    Parameters
    ----------
    settings
        Where the folder is.
    """
    app = FastAPI(
        title="Safer Corridors",
        version=__version__,
        summary="The released corridors of one week.",
        # The stock pages load scripts from a third party.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.folder = ReleasedFolder(settings.folder)
    install_problems(app)

    @app.middleware("http")
    async def add_headers(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    for module in (corridors, health, pages):
        app.include_router(module.router)
    return app
