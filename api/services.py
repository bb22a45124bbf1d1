"""What every route works with, made once when the service starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib import import_module
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from api.passwords import Passwords
from api.sessions import Sessions
from api.settings import DEMO_SHOWN_ON, Settings
from api.store import Store

if TYPE_CHECKING:
    import httpx2

    from api.directory import Directory

__all__ = ["Given", "Seams", "Services", "make_services"]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Seams:
    """What tests put in the place of the world: the clock, the cost of hashing, the network."""

    clock: Callable[[], datetime] = _now
    passwords: Passwords | None = None
    transport: httpx2.BaseTransport | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """What every route works with."""

    settings: Settings
    store: Store
    sessions: Sessions
    passwords: Passwords
    directory: Directory | None
    clock: Callable[[], datetime]

    def shown_now(self) -> datetime:
        """Give the moment that pages are shown for; the demonstration's borough never ages."""
        if self.settings.is_demo:
            return datetime.combine(DEMO_SHOWN_ON, datetime.min.time(), UTC)
        return self.clock()

    def shown_day(self, timezone: str) -> date:
        """Give the day, on an area's own calendar."""
        return self.shown_now().astimezone(ZoneInfo(timezone)).date()


def make_services(settings: Settings, seams: Seams) -> Services:
    """Make them; the store is opened when it is first asked."""
    if settings.is_demo and not settings.secret:
        settings = replace(settings, secret=token_urlsafe(48))
    store = Store(settings.database_url, seams.clock)
    return Services(
        settings=settings,
        store=store,
        sessions=Sessions(settings, store),
        passwords=seams.passwords or Passwords(),
        directory=_directory(settings, store, seams.transport),
        clock=seams.clock,
    )


def _directory(
    settings: Settings, store: Store, transport: httpx2.BaseTransport | None
) -> Directory | None:
    if settings.directory is None:
        return None
    # loaded only where it is set up: it takes a while
    found: Directory = import_module("api.directory").Directory(settings, store, transport)
    return found


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Given = Annotated[Services, Depends(_services)]
"""The services, as a route asks for them."""
