"""What administrators do with the accounts of their area, and what nobody may do alone.

Administrators of the organisation that answers for the area see to everybody in it. Those of
another organisation see to their own people, and may make them partners or administrators only.
Whoever works in another area too belongs to both: here only their roles here can be changed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from api.accounts.links import make_link, send_link
from api.accounts.words import reset_words, self_grant_words
from api.errors import Conflict, NotAllowed, NotFound
from api.passwords import Passwords
from api.rights import Role
from api.settings import Settings
from api.store import Unit
from api.store.records import Account, Area

__all__ = [
    "RESET_VALID_S",
    "Manager",
    "close",
    "find_managed",
    "list_managed",
    "reset",
    "set_roles",
    "state_of",
    "tell_others",
]

RESET_VALID_S = 24 * 3600
_OF_GUESTS = frozenset({Role.PARTNER, Role.ADMINISTRATOR})
_ELSEWHERE = "This account holds roles in another area too."


@dataclass(frozen=True, slots=True)
class Manager:
    """An administrator at work."""

    area: Area
    account: Account
    settings: Settings

    @property
    def is_host(self) -> bool:
        """Tell whether they are of the organisation that answers for the area."""
        return self.account.organisation_id == self.area.organisation_id

    @property
    def may_give(self) -> frozenset[Role]:
        """Give the roles that they may give and take."""
        return frozenset(Role) if self.is_host else _OF_GUESTS

    @property
    def is_mailed(self) -> bool:
        """Tell whether links go by message; otherwise they are shown once."""
        return self.settings.mail is not None and self.settings.mail.server is not None

    def sees(self, account: Account) -> bool:
        """Tell whether an account is theirs to see."""
        is_here = bool(account.roles.get(self.area.area_id))
        return is_here and (self.is_host or account.organisation_id == self.account.organisation_id)


def list_managed(unit: Unit, manager: Manager) -> list[Account]:
    """List the accounts that an administrator sees to."""
    return [one for one in unit.accounts.of_area(manager.area.area_id) if manager.sees(one)]


def find_managed(unit: Unit, manager: Manager, account_id: int) -> Account:
    """Give an account that an administrator sees to.

    Raises
    ------
    NotFound
        When there is none of that number in the area, or it is another organisation's.
    """
    found = unit.accounts.get(account_id)
    if found is None or not manager.sees(found):
        raise NotFound
    return found


def state_of(settings: Settings, account: Account, area_id: str) -> str:
    """Name the state of an account that somebody looked at, so that a stale form is told."""
    roles = ",".join(sorted(account.roles.get(area_id, ())))
    text = f"state:{account.account_id}:{account.password_hash}:{account.is_active}:{roles}"
    return hmac.new(settings.secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:20]


def set_roles(
    unit: Unit, manager: Manager, account_id: int, seen: str, roles: Iterable[Role], reason: str
) -> frozenset[Role]:
    """Give an account exactly these roles in the area; none takes it out of the area.

    Parameters
    ----------
    unit
        A transaction that writes.
    manager, account_id
        Who does it, to whom.
    seen
        The state that was looked at, as `state_of` names it.
    roles, reason
        What they are from now on, and why: the log keeps it.

    Returns
    -------
    frozenset of Role
        What they were before.

    Raises
    ------
    NotAllowed
        When the administrator may not give or take one of them.
    Conflict
        When the account changed meanwhile, or the area would have no administrator.
    """
    account = _looked_at(unit, manager, account_id, seen)
    before, after = account.roles.get(manager.area.area_id, frozenset()), frozenset(roles)
    if not (before ^ after) <= manager.may_give:
        raise NotAllowed(
            "Administrators of a partner's organisation give the roles partner and administrator.",
            "Ask an administrator of the organisation that answers for the area.",
        )
    if before == after:
        raise Conflict("These are the roles already.", "Nothing needs to be done.")
    if Role.ADMINISTRATOR in before - after:
        _check_not_last(unit, manager, account)
    unit.accounts.grant(account_id, manager.area.area_id, after)
    is_self = account_id == manager.account.account_id
    unit.log.write(
        "give_roles",
        f"account:{account_id}",
        area_id=manager.area.area_id,
        reason=reason,
        details={"roles": sorted(after), "before": sorted(before), "is_self": is_self},
    )
    if is_self and after - before:
        tell_others(unit, manager, after)
    return before


def close(
    unit: Unit, manager: Manager, account_id: int, seen: str, reason: str, *, is_active: bool
) -> None:
    """Close an account, so that its sessions and links end at once; or open it again.

    Raises
    ------
    NotAllowed
        When it holds roles that the administrator may not give, or roles in another area.
    Conflict
        When the account changed meanwhile, or the area would have no administrator.
    """
    account = _looked_at(unit, manager, account_id, seen)
    _check_within_reach(manager, account)
    _check_only_here(manager, account, "Take its roles here away instead.")
    if not is_active and Role.ADMINISTRATOR in account.roles[manager.area.area_id]:
        _check_not_last(unit, manager, account)
    unit.accounts.set_active(account_id, is_active=is_active)
    unit.sign_ins.remove_all(account_id)
    unit.links.end_all(account_id)
    unit.log.write(
        "open_account" if is_active else "close_account",
        f"account:{account_id}",
        area_id=manager.area.area_id,
        reason=reason,
    )


def reset(
    unit: Unit, manager: Manager, passwords: Passwords, account_id: int, seen: str, reason: str
) -> str | None:
    """End an account's password and sessions, and make a link to choose a new one.

    Returns
    -------
    str or None
        The link's token, to be shown once; None where it went by message.

    Raises
    ------
    NotAllowed
        When it holds roles that the administrator may not give, or roles in another area, or signs
        in by the directory.
    Conflict
        When the account changed meanwhile, or is closed.
    """
    account = _looked_at(unit, manager, account_id, seen)
    _check_within_reach(manager, account)
    _check_only_here(manager, account, "Its owner can ask for a new password when signing in.")
    if unit.accounts.has_directory(account_id):
        raise NotAllowed(
            "This account signs in by the directory: it has no password here.",
            "Reset it in the directory.",
        )
    if not account.is_active:
        raise Conflict("This account is closed.", "Open it first.")
    # nobody knows this one, and no directory takes the account for one that waits
    unit.accounts.set_password(account_id, passwords.hash(secrets.token_urlsafe(32)))
    unit.sign_ins.remove_all(account_id)
    token = make_link(unit, account_id, RESET_VALID_S)
    unit.log.write(
        "reset_password",
        f"account:{account_id}",
        area_id=manager.area.area_id,
        reason=reason,
        details={"by_message": manager.is_mailed},
    )
    if not manager.is_mailed:
        return token
    words = reset_words(manager.area.name, RESET_VALID_S // 3600)
    send_link(unit, account, token, "password", words)
    return None


def _looked_at(unit: Unit, manager: Manager, account_id: int, seen: str) -> Account:
    unit.areas.lock(manager.area.area_id)
    account = find_managed(unit, manager, account_id)
    if not hmac.compare_digest(
        seen.encode("utf-8", "surrogatepass"),
        state_of(manager.settings, account, manager.area.area_id).encode(),
    ):
        raise Conflict("The account has changed meanwhile.", "Load its page again.")
    return account


def _check_within_reach(manager: Manager, account: Account) -> None:
    """Refuse to touch who may do more than the administrator may give: a link would lend it."""
    if not account.roles.get(manager.area.area_id, frozenset()) <= manager.may_give:
        raise NotAllowed(
            "This account holds roles that are not yours to give.",
            "Ask an administrator of the organisation that answers for the area.",
        )


def _check_only_here(manager: Manager, account: Account, mend: str) -> None:
    if any(held for area_id, held in account.roles.items() if area_id != manager.area.area_id):
        raise NotAllowed(_ELSEWHERE, mend)


def _check_not_last(unit: Unit, manager: Manager, account: Account) -> None:
    """Keep an administrator of the organisation that answers for the area, where there is one."""
    others = [
        one
        for one in unit.accounts.of_area(manager.area.area_id)
        if one.is_active
        and one.account_id != account.account_id
        and Role.ADMINISTRATOR in one.roles[manager.area.area_id]
    ]
    host = manager.area.organisation_id
    if account.organisation_id == host:
        others = [one for one in others if one.organisation_id == host]
    if not others and account.is_active:
        raise Conflict(
            "This is the last administrator of the area.", "Make somebody else one first."
        )


def tell_others(unit: Unit, manager: Manager, roles: Iterable[Role]) -> None:
    """Let nobody raise themselves unseen: the other administrators get a message.

    Parameters
    ----------
    unit
        A transaction that writes.
    manager, roles
        Who set what they are themselves, and to what.
    """
    if manager.settings.mail is None:
        return
    subject, body = self_grant_words(manager.area.name, [str(one) for one in roles])
    for one in unit.accounts.of_area(manager.area.area_id):
        is_administrator = Role.ADMINISTRATOR in one.roles[manager.area.area_id]
        if is_administrator and one.is_active and one.account_id != manager.account.account_id:
            key = f"own roles:{one.account_id}:{unit.now.isoformat()}:{body}"
            unit.messages.add(key, "roles", one.email, subject, body)
