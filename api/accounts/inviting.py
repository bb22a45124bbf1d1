"""Inviting somebody into an area: with a link to choose a password, or by the account they have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api.accounts.links import make_link, send_link
from api.accounts.managing import Manager, tell_others
from api.accounts.words import invitation_words, roles_words
from api.errors import BadRequest, Conflict, NotAllowed
from api.mail.settings import EMAIL
from api.rights import Role
from api.store import Unit
from api.store.partner_records import plain_party
from api.store.records import Account

__all__ = ["INVITED_VALID_S", "Invitation", "Invited", "invite"]

INVITED_VALID_S = 7 * 24 * 3600
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is invited, as what, and why."""

    email: str
    shown_name: str
    organisation: str
    roles: frozenset[Role]
    reason: str


@dataclass(frozen=True, slots=True)
class Invited:
    """What came of an invitation."""

    account_id: int
    token: str | None
    """Of the link, to be shown once; None where it went by message, or none is needed."""
    is_new: bool


def invite(unit: Unit, manager: Manager, asked: Invitation) -> Invited:
    """Make an account with these roles, or give them to the account that is there.

    Raises
    ------
    BadRequest
        When a field cannot be used.
    NotAllowed
        When the administrator may not give one of the roles, or invite this person.
    Conflict
        When the account holds these roles already, or is closed.
    """
    unit.areas.lock(manager.area.area_id)
    organisation = _check(unit, manager, asked)
    account = unit.accounts.by_email(asked.email)
    is_new = account is None
    if account is None:
        account_id = unit.accounts.add(
            organisation_id=unit.areas.add_organisation(organisation),
            email=asked.email,
            shown_name=asked.shown_name or asked.email,
        )
    else:
        account_id = account.account_id
        _check_account(unit, account, organisation)
    area_id = manager.area.area_id
    before = account.roles.get(area_id, frozenset()) if account else frozenset()
    roles = before | asked.roles
    if roles == before:
        raise Conflict("This account holds these roles already.", "Nothing needs to be done.")
    unit.accounts.grant(account_id, area_id, roles)
    is_self = account_id == manager.account.account_id
    unit.log.write(
        "give_roles",
        f"account:{account_id}",
        area_id=area_id,
        reason=asked.reason,
        details={
            "roles": sorted(roles), "before": sorted(before), "is_new": is_new, "is_self": is_self,
        },
    )  # fmt: skip
    if is_self:
        tell_others(unit, manager, roles)
    return Invited(account_id, _tell(unit, manager, account_id, roles), is_new)


def _check(unit: Unit, manager: Manager, asked: Invitation) -> str:
    """Check every field; give the organisation as it is written here."""
    if len(asked.email) > 254 or not EMAIL.fullmatch(asked.email):
        raise BadRequest("This is no email address.", "Write it as ann@example.org.", where="email")
    for value, where in ((asked.shown_name, "shown_name"), (asked.organisation, "organisation")):
        if len(value) > _LONGEST_NAME or not value.isprintable():
            raise BadRequest("This is too long or cannot be shown.", "Shorten it.", where=where)
    if not asked.roles:
        raise BadRequest("No role is chosen.", "Choose at least one.", where="roles")
    if not asked.roles <= manager.may_give:
        raise NotAllowed(
            "You may give the roles partner and administrator.",
            "Ask an administrator of the organisation that answers for the area.",
        )
    own = unit.areas.organisation_name(manager.account.organisation_id)
    if not manager.is_host:
        return own
    if len(asked.organisation) < 2:
        raise BadRequest("The organisation is missing.", "Name it.", where="organisation")
    return _known(unit, manager, asked.organisation)


def _known(unit: Unit, manager: Manager, name: str) -> str:
    """Write an organisation of the area as it is written already, so that there are no two."""
    written = {
        plain_party(one): one
        for account in unit.accounts.of_area(manager.area.area_id)
        for one in [unit.areas.organisation_name(account.organisation_id)]
    }
    return written.get(plain_party(name), " ".join(name.split()))


def _check_account(unit: Unit, account: Account, organisation: str) -> None:
    theirs = unit.areas.organisation_name(account.organisation_id)
    if plain_party(theirs) != plain_party(organisation):
        # an account has one organisation, and answers for no other
        raise NotAllowed(
            "This address cannot be invited for this organisation.", "Use another address."
        )
    if not account.is_active:
        raise Conflict("This address belongs to an account that is closed.", "Open it first.")


def _tell(unit: Unit, manager: Manager, account_id: int, roles: Iterable[Role]) -> str | None:
    """Send or give the link that is needed; whoever can sign in already gets a message alone."""
    account = unit.accounts.get(account_id)
    if account is None:
        return None
    named = [str(one) for one in roles]
    can_sign_in = account.password_hash is not None or unit.accounts.has_directory(account_id)
    if can_sign_in:
        if manager.settings.mail is not None:
            subject, body = roles_words(manager.area.name, named)
            key = f"roles:{account_id}:{unit.now.isoformat()}:{body}"
            unit.messages.add(key, "roles", account.email, subject, body)
        return None
    is_elsewhere = any(
        held for area_id, held in account.roles.items() if area_id != manager.area.area_id
    )
    if is_elsewhere and not manager.is_mailed:
        return None  # whoever sees the link could act in the other area: its own one holds
    is_within_reach = account.roles.get(manager.area.area_id, frozenset()) <= manager.may_give
    if not is_within_reach and not manager.is_mailed:
        return None  # likewise: an earlier invitation gave more than this administrator may give
    token = make_link(unit, account_id, INVITED_VALID_S)
    if not manager.is_mailed:
        return token
    words = invitation_words(manager.area.name, named, INVITED_VALID_S // 86_400)
    send_link(unit, account, token, "invitation", words)
    return None
