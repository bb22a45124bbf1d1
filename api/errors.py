"""What the service refuses on purpose, and how it says so.

::

    ServiceError
    ├── BadRequest          a part of the request cannot be used
    ├── NotSignedIn         nobody is signed in, or the key is not known
    ├── NotAllowed          signed in, but not for this
    ├── NotFound            there is no such thing, or it is another organisation's
    ├── Conflict            somebody else was quicker: says what changed
    ├── MissingCondition    an edit that does not say which version it starts from
    ├── TooLarge            the body is larger than the service reads
    ├── WrongContentType    the body is not of a kind that is read here
    ├── TooMany             too many requests or attempts: says when to come back
    └── Unavailable         the store, or the directory, does not answer

`api.problems` holds the one table from these to a status. A message names what and the mend; it
never quotes what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BadRequest",
    "Change",
    "Conflict",
    "MissingCondition",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "ServiceError",
    "SettingsError",
    "TooLarge",
    "TooMany",
    "Unavailable",
    "WrongContentType",
]


class ServiceError(Exception):
    """The root of the tree.

    Parameters
    ----------
    what
        What is wrong, in one sentence.
    mend
        What the reader can do about it.
    where
        The part of the request that holds the problem; empty where it is no part of it.
    """

    def __init__(self, what: str, mend: str = "", *, where: str = "") -> None:
        self.what = what
        self.mend = mend
        self.where = where
        super().__init__(f"{what} {mend}".rstrip())


class BadRequest(ServiceError):  # noqa: N818 -- the name says what it is
    """A part of the request cannot be used."""


class NotSignedIn(ServiceError):  # noqa: N818 -- the name says what it is
    """Nobody is signed in, or the key is not known."""


class NotAllowed(ServiceError):  # noqa: N818 -- the name says what it is
    """Signed in, but not for this."""


class NotFound(ServiceError):  # noqa: N818 -- the name says what it is
    """There is no such thing here, or it is another organisation's: nobody can tell which."""

    def __init__(self, what: str = "There is nothing here by that name.", mend: str = "") -> None:
        super().__init__(what, mend)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is no longer as the editor saw it."""

    what: str
    """The part: a path such as ``patrols`` or ``status``."""
    by: str
    """Who changed it, by role or name of account; empty where not known."""


class Conflict(ServiceError):  # noqa: N818 -- the name says what it is
    """Somebody else was quicker.

    Parameters
    ----------
    what, mend
        As for every error.
    changes
        What is no longer as the editor saw it.
    """

    def __init__(self, what: str, mend: str, changes: tuple[Change, ...] = ()) -> None:
        super().__init__(what, mend)
        self.changes = changes


class MissingCondition(ServiceError):  # noqa: N818 -- the name says what it is
    """An edit that does not say which version it starts from."""


class TooLarge(ServiceError):  # noqa: N818 -- the name says what it is
    """The body is larger than the service reads."""


class WrongContentType(ServiceError):  # noqa: N818 -- the name says what it is
    """The body is not of a kind that is read here."""


class TooMany(ServiceError):  # noqa: N818 -- the name says what it is
    """Too many requests or attempts.

    Parameters
    ----------
    what, mend
        As for every error.
    retry_after_s
        Seconds until the next one is looked at.
    """

    def __init__(self, what: str, mend: str, *, retry_after_s: int) -> None:
        super().__init__(what, mend)
        self.retry_after_s = retry_after_s


class Unavailable(ServiceError):  # noqa: N818 -- the name says what it is
    """The store, or the directory, does not answer."""


class SettingsError(Exception):
    """The service cannot start as it is set up; the message says what to set."""
