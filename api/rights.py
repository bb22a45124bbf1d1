"""Who may do what: one table, role by action. Every route declares its action."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["PUBLIC", "RIGHTS", "SELF", "Action", "Role", "allowed_actions", "may"]


class Role(StrEnum):
    """What somebody is in one area. Several may be held at once."""

    ANALYST = "analyst"
    PLANNER = "planner"
    APPROVER = "approver"
    PARTNER = "partner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What a route does. Its name is what the audit log calls it."""

    READ_PUBLIC = "read_public"
    """What is published, and what every visitor needs: no sign-in."""
    SIGN_IN = "sign_in"
    USE_ACCOUNT = "use_account"
    """One's own account: see it, sign out. Whoever is signed in, whatever the role."""
    LIST_PLANS = "list_plans"
    READ_RELEASED = "read_released"
    """The disclosure-controlled view of a plan that is not published yet."""
    READ_PLAN = "read_plan"
    """The exact plan, internal."""
    READ_EVIDENCE = "read_evidence"
    """Exact figures by street. A reason is asked for, and the reading is logged."""
    READ_WORK = "read_work"
    """The team's own pages: uploads as they were read, jobs, changes. No incident is shown."""
    UPLOAD_INPUT = "upload_input"
    """Incidents, streets, schools, the roster; the columns of a new force."""
    MAKE_PLAN = "make_plan"
    CHANGE_PLAN = "change_plan"
    """Corridor, aim, mix or roster of a draft, with a reason."""
    ASK_AGREEMENT = "ask_agreement"
    EXPORT_PLAN = "export_plan"
    """The exact plan as files, to take away. Logged."""
    PUBLISH_PLAN = "publish_plan"
    CANCEL_PATROL = "cancel_patrol"
    """One announced patrol, at once and for everybody."""
    ANSWER_PLAN = "answer_plan"
    """Agree, decline, propose a change; say what one's own posts will and will not do."""
    COMMENT = "comment"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_KEYS = "manage_keys"
    READ_AUDIT = "read_audit"
    SUBSCRIBE = "subscribe"
    """Ask for e-mail about a school's patrols, confirm it, stop it: no sign-in."""


PUBLIC = frozenset({Action.READ_PUBLIC, Action.SIGN_IN, Action.SUBSCRIBE})
"""Needs nobody to be signed in."""

SELF = frozenset({Action.USE_ACCOUNT})
"""Needs somebody, whatever the role and area."""

_TEAM = frozenset(
    {
        Action.LIST_PLANS,
        Action.READ_RELEASED,
        Action.READ_PLAN,
        Action.READ_EVIDENCE,
        Action.READ_WORK,
        Action.EXPORT_PLAN,
        Action.COMMENT,
    }
)
_PLANNING = frozenset({Action.MAKE_PLAN, Action.CHANGE_PLAN, Action.ASK_AGREEMENT})

RIGHTS: dict[Role, frozenset[Action]] = {
    Role.ANALYST: _TEAM | {Action.UPLOAD_INPUT, Action.MAKE_PLAN, Action.CHANGE_PLAN},
    Role.PLANNER: _TEAM | _PLANNING | {Action.UPLOAD_INPUT},
    Role.APPROVER: _TEAM | _PLANNING | {Action.PUBLISH_PLAN, Action.CANCEL_PATROL},
    Role.PARTNER: frozenset(
        {Action.LIST_PLANS, Action.READ_RELEASED, Action.ANSWER_PLAN, Action.COMMENT}
    ),
    Role.AUDITOR: frozenset({Action.READ_AUDIT}),
    Role.ADMINISTRATOR: frozenset({Action.MANAGE_ACCOUNTS, Action.MANAGE_KEYS}),
}


def allowed_actions(roles: Iterable[Role]) -> frozenset[Action]:
    """Give everything that somebody with these roles may do in the area that they hold for."""
    found = PUBLIC | SELF
    for role in roles:
        found |= RIGHTS[role]
    return found


def may(roles: Iterable[Role], action: Action) -> bool:
    """Tell whether one of the roles allows the action."""
    return action in allowed_actions(roles)
