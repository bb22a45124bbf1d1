"""One's own password: changed by who knows it, or asked for anew by who forgot it."""

from __future__ import annotations

from math import ceil

from api.accounts.links import make_link, send_link
from api.accounts.words import forgotten_words
from api.errors import BadRequest, NotAllowed, TooMany
from api.passwords import Passwords, check_password
from api.sessions import hash_of_token
from api.settings import Settings
from api.signing_in import (
    FORGET_S,
    FREE_BY_ACCOUNT,
    FREE_BY_ADDRESS,
    LONGEST_WAIT_S,
    throttled_subject,
)
from api.store import Store, Unit
from api.store.accounts import normal_email
from api.store.records import Account, Actor

__all__ = ["FORGOTTEN_VALID_S", "ask_for_link", "change_password"]

FORGOTTEN_VALID_S = 3600
_FREE_ASKS = 3
_LONGEST_WAIT_S = 24 * 3600


def change_password(
    store: Store,
    passwords: Passwords,
    settings: Settings,
    account: Account,
    session_token: str,
    current: str,
    new: str,
) -> None:
    """Change a password by the one that held; every other session of the account ends.

    A wrong one counts as a failure to sign in: who finds a browser open cannot try on and on.

    Raises
    ------
    BadRequest
        When the current one is wrong, or the new one too easy or the same.
    NotAllowed
        When the account signs in by the directory.
    TooMany
        When it failed too often just now.
    """
    check_password(new, account.email)
    actor = Actor(f"account:{account.account_id}", account.organisation_id)
    subject = throttled_subject(settings, "account", normal_email(account.email))
    with store.writing(actor) as unit:
        if unit.accounts.has_directory(account.account_id):
            raise NotAllowed(
                "You sign in by your directory: you have no password here.",
                "Change it in the directory.",
            )
        _wait(unit, [subject])
        unit.throttles.fail(
            subject, n_free=FREE_BY_ACCOUNT, longest_s=LONGEST_WAIT_S, forget_s=FORGET_S
        )
    if not passwords.verify(account.password_hash, current):
        raise BadRequest("The current password is wrong.", "Try again.", where="current")
    if new == current:
        raise BadRequest("This is the password that you have.", "Choose another.", where="password")
    hashed = passwords.hash(new)
    with store.writing(actor) as unit:
        unit.throttles.clear(subject)
        unit.accounts.set_password(account.account_id, hashed)
        unit.sign_ins.remove_others(account.account_id, hash_of_token(session_token))
        unit.links.end_all(account.account_id)
        unit.log.write("change_password", actor.name)


def ask_for_link(store: Store, settings: Settings, email: str, address: str) -> None:
    """Send a link to whoever forgot their password, where there is such an account.

    Nothing tells whether there is one: the answer is the same, and an address that is asked for
    too often gets no message without a word of it.

    Raises
    ------
    TooMany
        When this network address asked too often.
    """
    by_address = throttled_subject(settings, "forgotten from", address)
    by_email = throttled_subject(settings, "forgotten", normal_email(email))
    with store.writing(Actor("visitor")) as unit:
        _wait(unit, [by_address])
        is_let = unit.throttles.blocked_until([by_email]) is None
        for subject, n_free in ((by_address, FREE_BY_ADDRESS), (by_email, _FREE_ASKS)):
            unit.throttles.fail(
                subject, n_free=n_free, longest_s=_LONGEST_WAIT_S, forget_s=FORGET_S
            )
        account = unit.accounts.by_email(email)
        unit.log.write(
            "forgot_password", f"account:{account.account_id}" if account else "account:unknown"
        )
        if account is None or not is_let or not _has_password(unit, account):
            return
        token = make_link(unit, account.account_id, FORGOTTEN_VALID_S)
        send_link(unit, account, token, "password", forgotten_words(FORGOTTEN_VALID_S // 60))


def _has_password(unit: Unit, account: Account) -> bool:
    """Tell whether an account may set a password: open, and not of a directory."""
    return account.is_active and not unit.accounts.has_directory(account.account_id)


def _wait(unit: Unit, subjects: list[str]) -> None:
    until = unit.throttles.blocked_until(subjects)
    if until is not None:
        wait_s = max(1, ceil((until - unit.now).total_seconds()))
        raise TooMany("Too many attempts.", f"Try again in {wait_s} seconds.", retry_after_s=wait_s)
