"""Organisations, areas, accounts and the roles that they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.rights import Role
from api.store.records import Account, Area
from api.store.tables import AccountRow, AreaRow, GrantRow, OrganisationRow

__all__ = ["Accounts", "Areas", "normal_email"]


def normal_email(email: str) -> str:
    """Write an address of an account one way only."""
    return email.strip().casefold()


class Areas:
    """Organisations and areas."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def add_organisation(self, name: str) -> int:
        """Give the id of an organisation by its name; make it where there is none."""
        found = self._session.scalars(
            select(OrganisationRow).where(OrganisationRow.name == name)
        ).first()
        if found is None:
            found = OrganisationRow(name=name)
            self._session.add(found)
            self._session.flush()
        return found.organisation_id

    def organisation_name(self, organisation_id: int) -> str:
        """Give the name of an organisation, as rosters and protocols write it."""
        return self._session.get_one(OrganisationRow, organisation_id).name

    def add(self, area: Area) -> None:
        """Add an area, or bring its name, CRS and time zone up to date."""
        row = self._session.get(AreaRow, area.area_id)
        if row is None:
            row = AreaRow(area_id=area.area_id, created_at=self._now)
            self._session.add(row)
        row.organisation_id = area.organisation_id
        row.name, row.crs, row.timezone = area.name, area.crs, area.timezone
        self._session.flush()

    def lock(self, area_id: str) -> None:
        """Let one transaction at a time change who is what in an area. SQLite has one writer."""
        self._session.execute(
            select(AreaRow.area_id).where(AreaRow.area_id == area_id).with_for_update()
        )

    def get(self, area_id: str) -> Area | None:
        """Give one area."""
        row = self._session.get(AreaRow, area_id)
        return None if row is None else _area(row)

    def all(self) -> list[Area]:
        """List all areas by name."""
        return [_area(row) for row in self._session.scalars(select(AreaRow).order_by(AreaRow.name))]


class Accounts:
    """Accounts and grants."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def add(
        self,
        *,
        organisation_id: int,
        email: str,
        shown_name: str,
        password_hash: str | None = None,
        directory: tuple[str, str] | None = None,
    ) -> int:
        """Make an account: with a password, or with issuer and subject of a directory."""
        row = AccountRow(
            organisation_id=organisation_id,
            email=normal_email(email),
            shown_name=shown_name,
            password_hash=password_hash,
            issuer=directory[0] if directory else None,
            subject=directory[1] if directory else None,
            is_active=True,
            created_at=self._now,
        )
        self._session.add(row)
        self._session.flush()
        return row.account_id

    def grant(self, account_id: int, area_id: str, roles: Iterable[Role]) -> None:
        """Give an account exactly these roles in an area."""
        self._session.execute(
            delete(GrantRow).where(GrantRow.account_id == account_id, GrantRow.area_id == area_id)
        )
        for role in sorted(set(roles)):
            self._session.add(GrantRow(account_id=account_id, area_id=area_id, role=str(role)))
        self._session.flush()

    def get(self, account_id: int) -> Account | None:
        """Give one account."""
        return self._full(self._session.get(AccountRow, account_id))

    def by_email(self, email: str) -> Account | None:
        """Give the account of an address."""
        return self._full(
            self._session.scalars(
                select(AccountRow).where(AccountRow.email == normal_email(email))
            ).first()
        )

    def by_directory(self, issuer: str, subject: str) -> Account | None:
        """Give the account that a directory knows by this subject."""
        return self._full(
            self._session.scalars(
                select(AccountRow).where(AccountRow.issuer == issuer, AccountRow.subject == subject)
            ).first()
        )

    def of_area(self, area_id: str) -> list[Account]:
        """List everybody who holds a role in an area, by what they are called."""
        rows = self._session.scalars(
            select(AccountRow)
            .where(
                AccountRow.account_id.in_(
                    select(GrantRow.account_id).where(GrantRow.area_id == area_id)
                )
            )
            .order_by(AccountRow.shown_name, AccountRow.account_id)
        )
        return [one for one in map(self._full, rows) if one is not None]

    def has_directory(self, account_id: int) -> bool:
        """Tell whether a directory knows the account, so that it has no password here."""
        return self._session.get_one(AccountRow, account_id).subject is not None

    def waiting(self, email: str) -> Account | None:
        """Give an account that waits for its first sign-in by a directory."""
        found = self._session.scalars(
            select(AccountRow).where(
                AccountRow.email == normal_email(email),
                AccountRow.password_hash.is_(None),
                AccountRow.subject.is_(None),
            )
        ).first()
        return self._full(found)

    def bind_directory(self, account_id: int, issuer: str, subject: str) -> None:
        """Note by which subject a directory knows an account that waits for its first sign-in."""
        row = self._session.get_one(AccountRow, account_id)
        row.issuer, row.subject = issuer, subject
        self._session.flush()

    def set_password(self, account_id: int, password_hash: str) -> None:
        """Keep a new hash: of a new password, or of the same by a stronger method."""
        self._session.get_one(AccountRow, account_id).password_hash = password_hash
        self._session.flush()

    def set_active(self, account_id: int, *, is_active: bool) -> None:
        """Close an account, or open it again."""
        self._session.get_one(AccountRow, account_id).is_active = is_active
        self._session.flush()

    def _full(self, row: AccountRow | None) -> Account | None:
        if row is None:
            return None
        roles: dict[str, set[Role]] = defaultdict(set)
        grants = select(GrantRow).where(GrantRow.account_id == row.account_id)
        for grant in self._session.scalars(grants):
            roles[grant.area_id].add(Role(grant.role))
        return Account(
            account_id=row.account_id,
            organisation_id=row.organisation_id,
            email=row.email,
            shown_name=row.shown_name,
            password_hash=row.password_hash,
            is_active=row.is_active,
            roles={area_id: frozenset(held) for area_id, held in roles.items()},
        )


def _area(row: AreaRow) -> Area:
    return Area(row.area_id, row.organisation_id, row.name, row.crs, row.timezone)
