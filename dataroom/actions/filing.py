"""What an organisation's directory does with its own people's accounts (SCIM): it files, describes and ends them.

A directory says who may sign in, under which address and name; never in which role or tier, which the sign-in and
colleagues say. Somebody filed before their first sign-in is an invited person like any other.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from pydantic import Field
from sqlalchemy import ColumnElement, and_, func, not_, or_, select

from dataroom.actions.departures import end_account, matters_of, open_account
from dataroom.actions.invitations import await_person, has_address
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views_people import AccountPage, AccountView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid, NotFound
from dataroom.model import AuditPerson, Organisation, User
from dataroom.model.people import AWAITED, SET_ASIDE

STALE = "stale"
Address = Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
External = Annotated[str, Field(min_length=1, max_length=255)]


class Sought(Params):
    """Which accounts are sought, all of them without a condition; `start` counts from 1."""

    email: Annotated[str | None, Field(max_length=320)] = None
    external_id: Annotated[str | None, Field(max_length=255)] = None
    active: bool | None = None
    start: Annotated[int, Field(ge=1, le=2**31)] = 1
    count: Annotated[int, Field(ge=0, le=200)] = 100


class Filed(Params):
    """Somebody as the directory describes them."""

    email: Address
    name: Name | None = None
    external_id: External | None = None
    active: bool = True


class Change(Params):
    """What of an account becomes different; `known` holds the versions one of which it must still be."""

    email: Address | None = None
    name: Name | None = None
    external_id: External | None = None
    forget_external_id: bool = False
    active: bool | None = None
    known: Annotated[tuple[str, ...], Field(max_length=20)] = ()


@action("account.list", on=None, kind="Person", lists=User, performer="directory")
def list_accounts(work: Work, _target: None, params: Sought) -> AccountPage:
    """The accounts of the own organisation that meet all conditions, oldest first."""
    criteria = [work.narrowed(User), _shown(), *_wanted(work, params)]
    total = work.rows(select(func.count()).select_from(User).where(*criteria))[0][0]
    query = select(User).where(*criteria).order_by(User.created_at, User.id)
    page = work.rows(query.offset(params.start - 1).limit(params.count))
    rows = work.confirmed(User, work.record.act, page, lambda row: row[0].id)
    return AccountPage(tuple(account_view(work, row[0]) for row in rows), int(total))


def _wanted(work: Work, params: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if params.email is not None:
        found.append(has_address(params.email))
    if params.external_id is not None:
        found.append(User.external_id == params.external_id)
    if params.active is not None:
        may = or_(User.active.is_(True), and_(User.invited_until.is_not(None), User.invited_until > work.now))
        found.append(may if params.active else not_(may))
    return found


def _shown() -> ColumnElement[bool]:
    """Leaves out what the directory has deleted, and accounts set aside with a former identity provider."""
    return and_(User.removed_at.is_(None), not_(User.subject.contains(SET_ASIDE, autoescape=True)))


@action("account.read", on=User, performer="directory")
def read(work: Work, user: User, params: Nothing) -> AccountView:
    """One account."""
    return account_view(work, _present(user))


@action("account.create", on=None, kind="Person", performer="directory")
def create(work: Work, _target: None, params: Filed) -> AccountView:
    """Files somebody of the own organisation, who is awaited from then on; or files again whom it had deleted."""
    _refuse_foreign(work, params.email)
    user = _deleted(work, params.email)
    if user is None:
        user = await_person(work, params.email)
        user.departed_at = work.now
    user.removed_at, user.filed_at = None, user.filed_at or work.now
    user.external_id = params.external_id
    user.name = params.name or user.name
    if params.active:
        open_account(work, user)
    return _filed(work, user)


def _deleted(work: Work, email: str) -> User | None:
    """Whom the directory had deleted under this address; `Conflict` when somebody has it."""
    rows = work.all(
        User, User.organisation_id == work.organisation, has_address(email), order=(User.created_at.desc(),)
    )
    closed = {row[0] for row in work.rows(select(AuditPerson.id).where(AuditPerson.state != "active"))}
    rows = [row for row in rows if SET_ASIDE not in row.subject]
    if any(row.removed_at is None or row.id in closed for row in rows):
        raise Conflict("Somebody of the organisation has this address.", code="uniqueness")
    return rows[0] if rows else None


@action("account.change", on=User, performer="directory")
def change(work: Work, user: User, params: Change) -> AccountView:
    """Describes an account anew, opens it or ends it with everything it had."""
    _refuse_stale(work, _present(user), params.known)
    if params.email is not None and params.email.lower() != user.email.lower():
        _refuse_foreign(work, params.email)
        taken = (User.organisation_id == user.organisation_id, User.id != user.id, has_address(params.email))
        if work.one(User, *taken, _shown()) is not None:
            raise Conflict("Somebody else of the organisation has this address.", code="uniqueness")
        if user.subject.startswith(AWAITED):
            _keep_awaited(work, user)
            user.name = params.email if user.name == user.email else user.name
        user.email = params.email
    user.name = params.name or user.name
    user.external_id = None if params.forget_external_id else params.external_id or user.external_id
    user.filed_at = user.filed_at or work.now
    if params.active is not None:
        (open_account if params.active else end_account)(work, user)
    return _filed(work, user)


def _keep_awaited(work: Work, user: User) -> None:
    """What colleagues gave to whoever has an address goes to nobody with another."""
    if matters_of(work, user):
        raise Conflict("Colleagues have given this person a part under this address.", code="mutability")


class Removal(Params):
    """`known` holds the versions one of which the account must still be."""

    known: Annotated[tuple[str, ...], Field(max_length=20)] = ()


@action("account.remove", on=User, performer="directory")
def remove(work: Work, user: User, params: Removal) -> AccountView:
    """Ends an account with everything it had; the directory does not see it any more, and may file it again."""
    _refuse_stale(work, _present(user), params.known)
    end_account(work, user)
    user.filed_at, user.removed_at = user.filed_at or work.now, work.now
    return _filed(work, user)


def account_view(work: Work, user: User) -> AccountView:
    """How a directory sees an account; `version` changes with it."""
    awaited = user.subject.startswith(AWAITED)
    active = user.active or (user.invited_until is not None and user.invited_until > work.now)
    shown = (str(user.id), user.email, user.name, user.external_id, active, "" if awaited else user.role)
    version = hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:24]
    return AccountView(
        id=user.id,
        email=user.email,
        name=user.name,
        external_id=user.external_id,
        active=active,
        role=None if awaited else user.role,
        created_at=user.created_at,
        version=version,
    )


def _present(user: User) -> User:
    if user.removed_at is not None or SET_ASIDE in user.subject:
        raise NotFound()
    return user


def _refuse_stale(work: Work, user: User, known: tuple[str, ...]) -> None:
    if known and account_view(work, user).version not in known:
        raise Conflict("The account has changed since.", code=STALE)


def _refuse_foreign(work: Work, email: str) -> None:
    if email.rpartition("@")[2].lower() not in work.get(Organisation, work.organisation).mail_domains:
        raise Invalid("userName: this is no address of your organisation")


def _filed(work: Work, user: User) -> AccountView:
    """The account as it is now, told to the log under the person's own key."""
    work.concerns(target=user, owner=work.organisation, person=user.id)
    described = {"name": user.name, "mail": user.email, "external": user.external_id or ""}
    work.state(member=user.id, described=described)
    return account_view(work, user)
