"""Who and what the log names, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from api.store import Unit

__all__ = ["ACTIONS", "Actors", "action_words", "details_words"]

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "add_change": "Asked for a change of plans",
        "add_plan": "Kept a new version of a plan",
        "answer_plan": "Answered on a protocol",
        "ask_agreement": "Asked for agreement",
        "ask_job": "Asked for work in the background",
        "cancel_patrol": "Cancelled a patrol",
        "check_audit": "Checked the chain of the log",
        "close_account": "Closed an account",
        "comment": "Commented on a corridor",
        "end_job": "Work in the background ended",
        "export_audit": "Exported the log",
        "export_plan": "Exported the exact plan",
        "erase": "Erased incident-level rows",
        "give_roles": "Gave or took roles",
        "make_key": "Made an API key",
        "open_account": "Opened an account again",
        "publish_plan": "Published a plan",
        "put_input": "Kept an input file",
        "read_audit": "Read the log",
        "read_evidence": "Read exact figures by street",
        "read_plan": "Read the exact plan",
        "reset_password": "Ended a password",
        "revoke_key": "Revoked an API key",
        "save_mapping": "Saved the columns of a source",
        "set_area_document": "Changed the area file",
        "withdraw_change": "Took a change of plans back",
    }
)
_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "command": "Somebody at the server itself",
        "visitor": "Somebody not signed in",
        "worker": "The service itself",
    }
)


class Actors:
    """Whom the log means by a name such as ``account:7``.

    Parameters
    ----------
    unit
        Where accounts are looked up.
    """

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._names: dict[str, str] = {}

    def name(self, actor: str) -> str:
        """Give a name for people; what is not known stays as it is written."""
        if actor not in self._names:
            self._names[actor] = self._look_up(actor)
        return self._names[actor]

    def _look_up(self, actor: str) -> str:
        kind, _, number = actor.partition(":")
        if kind == "account" and number.isdigit():
            account = self._unit.accounts.get(int(number))
            if account is not None:
                organisation = self._unit.areas.organisation_name(account.organisation_id)
                return f"{account.shown_name}, {organisation}"
        if kind == "key" and number.isdigit():
            return f"API key {number}"
        return _OTHERS.get(kind, actor)


def action_words(action: str) -> str:
    """Say what was done."""
    return ACTIONS.get(action) or action.replace("_", " ").capitalize()


def details_words(details: str) -> str:
    """Say the details of an entry in a line: versions, counts and hashes."""
    found = json.loads(details)
    return "; ".join(f"{key.replace('_', ' ')}: {_value(found[key])}" for key in sorted(found))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "none"
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text
