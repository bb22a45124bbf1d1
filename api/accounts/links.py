"""A link by which somebody sets a password: who has it can, once, for a while."""

from __future__ import annotations

import re
import secrets
from enum import StrEnum

from api.mail.words import ADDRESS
from api.passwords import Passwords, check_password
from api.sessions import hash_of_token
from api.store import Store, Unit
from api.store.records import Account, Actor

__all__ = ["LinkState", "find_link", "link_path", "make_link", "send_link", "set_by_link"]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class LinkState(StrEnum):
    """What became of a link."""

    GOOD = "good"
    USED = "used"
    OVER = "over"
    """Its time has passed, or a newer one was made."""
    UNKNOWN = "unknown"
    """Never made here: cut off in the message, or tampered with."""


def make_link(unit: Unit, account_id: int, valid_s: int) -> str:
    """Make a link and give its token; the store keeps the hash alone."""
    token = secrets.token_urlsafe(32)
    unit.links.add(hash_of_token(token), account_id, valid_s=valid_s)
    return token


def link_path(token: str) -> str:
    """Give the path of a link."""
    return f"/password/set/{token}"


def send_link(unit: Unit, account: Account, token: str, kind: str, words: tuple[str, str]) -> None:
    """Queue the message with a link.

    Parameters
    ----------
    unit
        The transaction in which the link was made.
    account, token
        Whose link it is.
    kind
        For the list of messages: ``invitation`` or ``password``.
    words
        Subject and text; ``{link}`` in the text becomes the link.
    """
    subject, text = words
    body = text.replace("{link}", ADDRESS + link_path(token))
    unit.messages.add(f"{kind}:{hash_of_token(token)}", kind, account.email, subject, body)


def find_link(unit: Unit, token: str) -> tuple[LinkState, Account | None]:
    """Tell what became of a link, and whose it is where it is good."""
    found = unit.links.find(hash_of_token(token)) if _TOKEN.fullmatch(token) else None
    if found is None:
        return LinkState.UNKNOWN, None
    if found.used_at is not None:
        return LinkState.USED, None
    account = unit.accounts.get(found.account_id)
    if found.expires_at <= unit.now or account is None or not account.is_active:
        return LinkState.OVER, None
    if unit.accounts.has_directory(account.account_id):  # its first sign-in was there
        return LinkState.OVER, None
    return LinkState.GOOD, account


def set_by_link(store: Store, passwords: Passwords, token: str, password: str) -> LinkState:
    """Set a password by a link, which is used up by it; every session of the account ends.

    Returns
    -------
    LinkState
        ``good`` where it was done; otherwise nothing was.

    Raises
    ------
    BadRequest
        When the password is too easy; the link stays good.
    """
    with store.reading() as unit:
        state, account = find_link(unit, token)
    if account is None:
        return state
    check_password(password, account.email)
    hashed = passwords.hash(password)  # takes a while: not within a transaction
    actor = Actor(f"account:{account.account_id}", account.organisation_id)
    with store.writing(actor) as unit:
        state, account = find_link(unit, token)
        if account is None:
            return state
        if not unit.links.use(hash_of_token(token)):  # somebody else was quicker
            return LinkState.USED
        unit.accounts.set_password(account.account_id, hashed)
        unit.sign_ins.remove_all(account.account_id)
        unit.log.write("set_password", actor.name, details={"by": "link"})
    return LinkState.GOOD
