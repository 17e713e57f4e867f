"""How much somebody may ask: allowances of actions, shared by all processes, and caps on files on their way.

An allowance is a bucket that holds a quota and fills again evenly within a window. It is one row; a process takes
from it in lots of a twentieth, so nineteen actions of twenty write nothing for it. All processes together never let
through more than the row gave out; what a process took and did not use is lost after a window. Places for downloads
are rows, too: a process that dies leaves them behind, and they are free again after a while.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dataroom.actions.context import Principal, Services
from dataroom.errors import TooMany, Unavailable
from dataroom.ids import new_id
from dataroom.model import Allowance, Outgoing

log = logging.getLogger("dataroom.limits")
WINDOW = 60
LOTS = 20
TOLD_EVERY = timedelta(minutes=10)
KEPT = timedelta(days=1)
TIDIED_EVERY = timedelta(hours=1)
REMEMBERED = 10_000
PLACE = timedelta(minutes=10)
"""How long a file may stand still before its place is somebody else's."""
RENEWED = timedelta(minutes=1)
EXPORTS = frozenset({"audit.export", "audit.give", "production.export"})


@dataclass(frozen=True)
class Left:
    """What is left of an allowance: `quota` in `window` seconds, `left` now, full again in `full` seconds."""

    limit: str
    quota: int
    window: int
    left: int
    full: int


class Spent(TooMany):
    """Nothing is left. `tell` is true once in a while: then the audit log is told."""

    def __init__(self, limit: str, seconds: int, tell: bool):
        detail = f"Too many requests at once; wait {seconds} second{'s' if seconds > 1 else ''}."
        super().__init__(detail, facts={"limit": limit, "retry_after": seconds})
        self.tell = tell


@dataclass
class _Lot:
    """What a process holds of an allowance; nothing more is asked of the database before `closed_until`."""

    left: int
    until: datetime
    beyond: int = 0
    closed_until: datetime | None = None


class Meter:
    """Counts for one process; its numbers come from rows that all processes share."""

    def __init__(self, services: Services):
        self._services = services
        config = services.config
        self._quotas = {"person": config.limit_person, "token": config.limit_token, "address": config.limit_address}
        self._places = {"download": config.limit_downloads, "export": config.limit_exports}
        self._held: OrderedDict[str, _Lot] = OrderedDict()
        self._lock = threading.Lock()
        self._tidied: datetime | None = None

    def admit(self, who: Principal) -> tuple[Left, ...]:
        """Counts one action of a person and of the token they came with; raises `Spent`."""
        return tuple(self._spend(limit, name) for limit, name in _names(who))

    def knock(self, address: str) -> Left:
        """Counts one attempt of an address that has not said who it is, or could not prove it; raises `Spent`."""
        return self._spend("address", _network(address))

    def left(self, who: Principal) -> tuple[Left, ...]:
        """What this process knows to be left, without counting."""
        with self._lock:
            held = [(limit, self._held.get(f"{limit}:{name}")) for limit, name in _names(who)]
            return tuple(self._told(limit, lot) for limit, lot in held if lot is not None)

    def place(self, who: Principal, action: str) -> Place:
        """A place for a file on its way to a person; `TooMany` when all theirs are taken."""
        kind = "export" if action in EXPORTS else "download"
        assert who.user is not None  # noqa: S101 - asked for people alone
        for number in range(self._places[kind]):
            place = Place(self._services, who.user, kind, number)
            if place.take():
                return place
        known = {"limit": kind, "most": self._places[kind], "retry_after": 5}
        raise TooMany("As many files as you may have at once are on their way; let one finish.", facts=known)

    def _spend(self, limit: str, name: str) -> Left:
        key, now = f"{limit}:{name}", self._services.clock.now()
        with self._lock:
            lot = self._held.get(key)
            if lot is not None and lot.left > 0 and lot.until > now:
                lot.left -= 1
                self._held.move_to_end(key)
                return self._told(limit, lot)
            if lot is not None and lot.closed_until is not None and now < lot.closed_until:
                raise Spent(limit, _seconds(lot.closed_until - now), tell=False)
        granted, beyond, tell = self._draw(limit, key, now)
        with self._lock:
            until = now + timedelta(seconds=WINDOW)
            lot = self._held[key] = _Lot(max(granted - 1, 0), until, beyond)
            self._held.move_to_end(key)
            while len(self._held) > REMEMBERED:
                self._held.popitem(last=False)
            if granted:
                return self._told(limit, lot)
            wait = timedelta(seconds=max(1, math.ceil(WINDOW / self._quotas[limit])))
            lot.closed_until = now + wait
        if tell:
            log.warning("limit reached", extra={"limit": limit, "who": name})
        raise Spent(limit, _seconds(wait), tell)

    def _draw(self, limit: str, key: str, now: datetime) -> tuple[int, int, bool]:
        """Takes a lot from the row: how many, how many stay there, and whether the log is to be told of none."""
        quota = self._quotas[limit]
        with self._services.database.writing() as session:
            row = session.scalars(select(Allowance).where(Allowance.name == key).with_for_update()).first()
            if row is None:
                self._tidy(session, now)
                row = Allowance(name=key, level=quota, at=now)
                with suppress(IntegrityError), session.begin_nested():
                    session.add(row)
                row = session.scalars(select(Allowance).where(Allowance.name == key).with_for_update()).one()
            level, row.at = filled(row.level, row.at, now, quota)
            granted = min(level, max(1, quota // LOTS))
            row.level = level - granted
            tell = not granted and (row.told_at is None or row.told_at + TOLD_EVERY <= now)
            row.told_at = now if tell else row.told_at
            return granted, row.level, tell

    def _tidy(self, session: Session, now: datetime) -> None:
        """Forgets, once an hour, allowances nobody has drawn on for a day: they are full."""
        if self._tidied is None or self._tidied + TIDIED_EVERY <= now:
            self._tidied = now
            session.execute(delete(Allowance).where(Allowance.at < now - KEPT))

    def _told(self, limit: str, lot: _Lot) -> Left:
        quota = self._quotas[limit]
        left = lot.beyond + lot.left
        return Left(limit, quota, WINDOW, left, math.ceil((quota - left) * WINDOW / quota))


class Place:
    """A place for one file, as a row that its holder renews while bytes move."""

    def __init__(self, services: Services, user: uuid.UUID, kind: str, number: int):
        self._services, self._holder, self._renewed = services, new_id(), services.clock.now()
        self._row = (Outgoing.user_id == user, Outgoing.kind == kind, Outgoing.number == number)
        self._values = {"user_id": user, "kind": kind, "number": number}

    def take(self) -> bool:
        """Whether the place was free and is this file's now."""
        now = self._services.clock.now()
        mine = {"holder": self._holder, "until": now + PLACE}
        with self._services.database.writing() as session:
            taken = session.execute(update(Outgoing).where(*self._row, Outgoing.until <= now).values(**mine))
            if taken.rowcount:  # type: ignore[attr-defined]
                return True
            if session.scalars(select(Outgoing.holder).where(*self._row)).first() is not None:
                return False
            with suppress(IntegrityError), session.begin_nested():
                session.add(Outgoing(**self._values, **mine))
                session.flush()
                return True
        return False

    def renew(self) -> None:
        """Keeps the place while bytes move; `Unavailable` when it was lost because they stood still."""
        now = self._services.clock.now()
        if now - self._renewed < RENEWED:
            return
        with self._services.database.writing() as session:
            held = update(Outgoing).where(*self._row, Outgoing.holder == self._holder, Outgoing.until > now)
            if not session.execute(held.values(until=now + PLACE)).rowcount:  # type: ignore[attr-defined]
                raise Unavailable("The file stood still for too long; ask for it again.")
        self._renewed = now

    def free(self) -> None:
        """Gives the place back; if that fails it is free by itself later."""
        with suppress(Unavailable), self._services.database.writing() as session:
            session.execute(delete(Outgoing).where(*self._row, Outgoing.holder == self._holder))


class Held:
    """The pieces of a file, which hold a place until they end, break off or are closed."""

    def __init__(self, pieces: Iterator[bytes], place: Place):
        self._pieces, self._place, self._over = pieces, place, False

    def __iter__(self) -> Held:
        return self

    def __next__(self) -> bytes:
        try:
            self._place.renew()
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the pieces and frees the place."""
        if self._over:
            return
        self._over = True
        try:
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()
        finally:
            self._place.free()


def filled(level: int, since: datetime, now: datetime, quota: int) -> tuple[int, datetime]:
    """What a bucket of `quota` holds now that held `level` at `since`, and the moment that is exact for."""
    each = timedelta(seconds=WINDOW) / quota
    more = max(0, (now - since) // each)
    if level + more >= quota:
        return quota, now
    return level + more, since + more * each


def _names(who: Principal) -> list[tuple[str, str]]:
    names = [("person", str(who.user))] if who.user is not None and not who.arriving else []
    return [*names, *([("token", who.via)] if who.via else [])]


def _network(address: str) -> str:
    """What counts as one address: of IPv6 the network of a household or server, whoever has one has all of it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def _seconds(span: timedelta) -> int:
    return max(1, math.ceil(span.total_seconds()))
