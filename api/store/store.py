"""The store: transactions in which the repositories work, and nothing outside of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib import import_module

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from api.errors import Conflict, Unavailable
from api.store.accounts import Accounts, Areas
from api.store.answers import Answers
from api.store.audit import AuditLog
from api.store.changes import Changes
from api.store.comments import Comments
from api.store.engine import BUSY_TIMEOUT_MS, make_engine, writing_engine
from api.store.features import Features
from api.store.files import Files
from api.store.inputs import Inputs, Mappings
from api.store.jobs import Jobs
from api.store.links import Links
from api.store.messages import Messages
from api.store.migrating import MigrationState, migration_state, upgrade
from api.store.plans import Plans
from api.store.records import Actor
from api.store.retention import Retention, Tasks
from api.store.sign_ins import ApiKeys, SignIns, Throttles
from api.store.subscriptions import Subscriptions
from api.store.uploads import Uploads
from api.store.work_records import ChangeKind

__all__ = ["NOBODY", "Store", "Unit"]

NOBODY = Actor("visitor")
_COMPACT_TIMEOUT_MS = 500
_PUBLISHED = "SELECT plan_id FROM plan WHERE status = 'published' ORDER BY plan_id"


class Unit:
    """One transaction: everything in it is kept, or nothing."""

    def __init__(self, session: Session, now: datetime, actor: Actor) -> None:
        self.now = now
        self._session = session
        self.log = AuditLog(session, actor, now)
        self.areas = Areas(session, now)
        self.accounts = Accounts(session, now)
        self.sign_ins = SignIns(session, now)
        self.keys = ApiKeys(session, now)
        self.throttles = Throttles(session, now)
        self.plans = Plans(session, now, self.log, actor.name)
        self.features = Features(session)
        self.answers = Answers(session, now, self.log, actor.name)
        self.comments = Comments(session, now, self.log, actor.name)
        self.links = Links(session, now)
        self.subscriptions = Subscriptions(session, now)
        self.messages = Messages(session, now)
        self._add_work(session, now, actor.name)

    def _add_work(self, session: Session, now: datetime, actor: str) -> None:
        contents = Files(session)
        self.inputs = Inputs(session, now, self.log, actor, contents)
        self.mappings = Mappings(session, now, self.log, actor)
        self.uploads = Uploads(session, now, self.log, actor, contents, self.inputs)
        self.changes = Changes(
            session, now, self.log, actor, self._check_change, self._check_statement
        )
        self.jobs = Jobs(session, now, self.log, actor)
        self.retention = Retention(session, now, self.log, contents)
        self.tasks = Tasks(session, now)

    def _check_change(
        self, area_id: str, kind: ChangeKind, document: Mapping[str, object], reason: str
    ) -> None:
        # reading the area's material takes a second to load: only where something is changed
        import_module("api.changing").check_change(self, area_id, kind, document, reason)

    def _check_statement(
        self,
        area_id: str,
        organisation_id: int,
        kind: ChangeKind,
        document: Mapping[str, object],
        reason: str,
    ) -> None:
        module = import_module("api.changing")
        module.check_statement(self, area_id, organisation_id, kind, document, reason)

    @contextmanager
    def part(self) -> Iterator[None]:
        """Begin a part of the transaction that is taken back alone where it ends with an error."""
        with self._session.begin_nested():
            yield


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

    def published_state(self) -> str:
        """Name the plans that hold: another name as soon as anything is published or replaced.

        Raises
        ------
        Unavailable
            When the database does not answer.
        """
        # asked at each public request, so by the driver alone: a quarter of the time
        driver = self._engine.dialect.import_dbapi()
        try:
            with _told(), closing(self._engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute(_PUBLISHED)
                return ",".join(str(one) for (one,) in cursor.fetchall())
        except driver.Error as error:
            what = "The database does not answer."
            raise Unavailable(what, "Try again in a minute.") from error

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

    def compact(self) -> bool:
        """Take what was erased out of the write-ahead log too; a database server does it itself.

        Returns
        -------
        bool
            Whether it is out. While somebody reads it cannot be taken out: call it again later.
        """
        if self.kind != "sqlite":
            return True
        with _told(), self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            # others wait meanwhile: rather give up soon and do it another time
            cursor.execute(f"PRAGMA busy_timeout = {_COMPACT_TIMEOUT_MS}")
            try:
                (is_busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except self._engine.dialect.loaded_dbapi.OperationalError:
                return False
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        return not is_busy

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
