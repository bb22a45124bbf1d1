"""Making an API key: for an organisation in one area, shown once."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from api.access import KEY_ACTIONS, Caller
from api.errors import NotAllowed, NotFound
from api.rights import Action
from api.sessions import hash_of_token
from api.store import Unit
from api.store.records import ApiKey, Area

__all__ = ["key_actions_of", "make_key"]


def key_actions_of(area: Area, organisation_id: int) -> frozenset[Action]:
    """Give what keys of an organisation may do: partners' no more than partners themselves."""
    is_host = area.organisation_id == organisation_id
    return KEY_ACTIONS if is_host else KEY_ACTIONS - {Action.READ_PLAN}


def make_key(
    unit: Unit, caller: Caller, area_id: str, name: str, actions: Collection[str], days: int
) -> tuple[str, ApiKey]:
    """Make a key; the store keeps its hash alone.

    Parameters
    ----------
    unit
        A transaction that writes.
    caller
        An administrator who is signed in: the key is their organisation's.
    area_id, name, actions, days
        Where it is for, what it is called, what it may do, and for how long.

    Returns
    -------
    tuple of str and ApiKey
        The key itself, to be shown once, and what is kept of it.

    Raises
    ------
    NotFound
        When nobody is signed in.
    NotAllowed
        When the organisation does not answer for the area, and wants more than partners see.
    """
    area = unit.areas.get(area_id)
    if caller.account is None or area is None:
        raise NotFound
    if not set(actions) <= {str(one) for one in key_actions_of(area, caller.organisation_id)}:
        raise NotAllowed(
            "Keys of a partner's organisation read what is released, and no exact plan.",
            "Leave read_plan out.",
        )
    key = f"sck_{secrets.token_urlsafe(32)}"
    named = sorted(set(actions))
    key_id = unit.keys.add(
        area_id=area_id,
        organisation_id=caller.organisation_id,
        name=name,
        key_hash=hash_of_token(key),
        actions=KEY_ACTIONS & {Action(one) for one in named},
        created_by=caller.account.account_id,
        expires_at=unit.now + timedelta(days=days),
    )
    unit.log.write(
        "make_key", f"key:{key_id}", area_id=area_id, details={"actions": named, "days": days}
    )
    (made,) = (
        one for one in unit.keys.of_area(area_id, caller.organisation_id) if one.key_id == key_id
    )
    return key, made
