"""How a released file is answered: with a tag, and with nothing if the reader has it already."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from api.folder.released_folder import ReleasedFile, ReleasedFolder

__all__ = ["Folder", "answer_file"]


def _folder(request: Request) -> ReleasedFolder:
    folder: ReleasedFolder = request.app.state.folder
    return folder


Folder = Annotated[ReleasedFolder, Depends(_folder)]


def answer_file(request: Request, file: ReleasedFile, media_type: str) -> Response:
    """Answer with the file, or 304 where ``If-None-Match`` names its tag."""
    headers = {"ETag": file.etag, "Cache-Control": "public, max-age=60"}
    tags = [tag.strip().removeprefix("W/") for tag in _wanted(request).split(",")]
    if file.etag in tags or "*" in tags:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=media_type, headers=headers)


def _wanted(request: Request) -> str:
    return request.headers.get("if-none-match", "")
