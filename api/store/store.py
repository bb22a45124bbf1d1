"""The store: transactions in which the repositories work, and nothing outside of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from api.errors import Conflict, Unavailable
from api.store.accounts import Accounts, Areas
from api.store.audit import AuditLog
from api.store.engine import make_engine, writing_engine
from api.store.features import Features
from api.store.migrating import MigrationState, migration_state, upgrade
from api.store.plans import Plans
from api.store.records import Actor
from api.store.sign_ins import ApiKeys, SignIns, Throttles

__all__ = ["NOBODY", "Store", "Unit"]

NOBODY = Actor("visitor")


class Unit:
    """One transaction: everything in it is kept, or nothing."""

    def __init__(self, session: Session, now: datetime, actor: Actor) -> None:
        self.now = now
        self.log = AuditLog(session, actor, now)
        self.areas = Areas(session, now)
        self.accounts = Accounts(session, now)
        self.sign_ins = SignIns(session, now)
        self.keys = ApiKeys(session, now)
        self.throttles = Throttles(session, now)
        self.plans = Plans(session, now, self.log, actor.name)
        self.features = Features(session)


class Store:
    """What must be remembered, behind one address.

    Parameters
    ----------
    url
        ``sqlite:///PATH`` or ``postgresql+psycopg://…``.
    clock
        Gives the present moment, aware.
    """

    def __init__(self, url: str, clock: Callable[[], datetime] | None = None) -> None:
        self._engine = make_engine(url)
        self._writing = writing_engine(self._engine)
        self._clock = clock or (lambda: datetime.now(UTC))

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    def upgrade(self) -> None:
        """Bring the database to the tables of this version."""
        upgrade(self._engine)

    def migration_state(self) -> MigrationState:
        """Say how far the database is.

        Raises
        ------
        Unavailable
            When it does not answer.
        """
        with _told():
            return migration_state(self._engine)

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """Begin a transaction that reads; whatever it writes is not kept.

        Raises
        ------
        Unavailable
            When the database does not answer.
        """
        with _told(), Session(self._engine) as session:
            yield Unit(session, self._clock(), NOBODY)

    @contextmanager
    def writing(self, actor: Actor) -> Iterator[Unit]:
        """Begin a transaction that writes; it is kept when the block ends without an error.

        Parameters
        ----------
        actor
            Who writes: the log names them.

        Raises
        ------
        Conflict
            When another transaction took what can be there once only.
        Unavailable
            When the database does not answer or cannot write; nothing of the block is kept.
        """
        with _told(), Session(self._writing) as session, session.begin():
            yield Unit(session, self._clock(), actor)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    """Tell errors of the driver in words of the service; the driver's own hold data."""
    try:
        yield
    except IntegrityError as error:
        what = "Somebody else was quicker: what you wanted to make is there already."
        raise Conflict(what, "Load it again.") from error
    except OperationalError as error:
        what = "The database does not answer or cannot write."
        raise Unavailable(what, "Try again in a minute.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            what = "The database went away."
            raise Unavailable(what, "Try again in a minute.") from error
        raise
