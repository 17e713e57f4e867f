"""What a restore changes in the rows of a backup while it loads them: nothing destroyed since gets its key back.

Three things are newer than the backup: lists of tombstones, the key service, and the survivors' sheets. A content on a
list of tombstones loses its key. A scope that the key service of today does not open was shredded or destroyed: its
survivors get their keys from a sheet, and everything else in it counts as disposed of. So the rows never state a
content that cannot be opened, and never hold a key that was to be gone.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dataroom.actions.personal import cleared
from dataroom.actions.survivors import Sheet, SheetKey, SheetScope
from dataroom.actions.tombstones import Tombstones
from dataroom.adapters.backup_folder import Backup
from dataroom.adapters.backup_tables import Row
from dataroom.cli.backup_checking import place_in, rows_in
from dataroom.errors import KeyDestroyed, Tampered
from dataroom.vault.keys import Kms, kek_of, new_key, scope_key, unwrap_dek

GONE = "(disposed of)"


@dataclass
class Plan:
    """Ids of what loses its key, what gets another, and how scopes change; `now` in microseconds since 1970."""

    now: int
    closed: set[uuid.UUID] = field(default_factory=set)
    documents: dict[uuid.UUID, int] = field(default_factory=dict)
    revived: dict[uuid.UUID, SheetKey] = field(default_factory=dict)
    scopes: dict[uuid.UUID, Row] = field(default_factory=dict)
    further: list[Row] = field(default_factory=list)
    stale: set[uuid.UUID] = field(default_factory=set)
    redactions: set[uuid.UUID] = field(default_factory=set)
    stored: dict[str, str] = field(default_factory=dict)
    forgotten: set[uuid.UUID] = field(default_factory=set)

    def changed(self, table: str, row: Row) -> Row | None:
        """The row as it is loaded; None for one that is not."""
        change = _CHANGES.get(table)
        return change(self, row) if change else row


def make_plan(backup: Backup, kms: Kms, buried: Tombstones, sheets: list[Sheet]) -> Plan:
    """Looks at every scope and every content of the backup; changes nothing but fresh keys for emptied scopes."""
    plan = Plan(now=int(datetime.now(UTC).timestamp() * 1_000_000))
    scopes = {row["id"]: row for row in rows_in(backup, "key_scope")}
    open_ones = {one: _kek(kms, row["kms_key"], row["kek_blob"]) for one, row in scopes.items()}
    shut = {one for one, row in scopes.items() if row["state"] == "active" and open_ones[one] is None}
    shut |= {one for one in buried.scopes if one in scopes}
    found = _Found(kms, sheets)
    left: dict[uuid.UUID, int] = {}
    for row in rows_in(backup, "version"):
        version, scope = row["id"], row["scope_id"]
        left.setdefault(row["document_id"], 0)
        if row["wrapped_dek"] is None:
            continue
        if version in buried.versions or row["document_id"] in buried.documents:
            plan.closed.add(version)
            plan.stale.add(scope)
            continue
        if scope in shut:
            key = None if scope in buried.scopes else found.key(row)
            if key is None:
                plan.closed.add(version)
                continue
            plan.revived[version] = key
        left[row["document_id"]] += 1
    _close_documents(backup, plan, buried, left)
    _change_scopes(plan, kms, scopes, shut, buried, found)
    _forget_people(backup, plan, kms, buried)
    return plan


@dataclass
class _Found:
    """What the sheets know, asked of the key service once a scope."""

    kms: Kms
    sheets: list[Sheet]
    used: dict[uuid.UUID, SheetScope] = field(default_factory=dict)
    _keks: dict[tuple[uuid.UUID, int, bytes], bytes | None] = field(default_factory=dict)

    def scope(self, scope: uuid.UUID) -> SheetScope | None:
        """The newest statement of a scope whose key still opens."""
        for sheet in self.sheets:
            one = sheet.scopes.get(scope)
            if one is not None and self._kek(one) is not None:
                return one
        return None

    def key(self, row: Row) -> SheetKey | None:
        """The newest wrapped key of a content that opens, of whichever scope."""
        for sheet in self.sheets:
            key = sheet.versions.get(row["id"])
            one = sheet.scopes.get(key.scope) if key else None
            kek = self._kek(one) if one else None
            if key is None or one is None or kek is None or self.scope(one.id) != one:
                continue
            try:
                unwrap_dek(kek_of(kek, key.epoch), key.scope, key.epoch, place_in(row), key.wrapped)
            except Tampered:
                continue
            self.used[one.id] = one
            return key
        return None

    def _kek(self, one: SheetScope) -> bytes | None:
        slot = (one.id, one.epoch, one.kek_blob)
        if slot not in self._keks:
            self._keks[slot] = _kek(self.kms, one.kms_key, one.kek_blob)
        return self._keks[slot]


def _kek(kms: Kms, name: str, blob: bytes | None) -> bytes | None:
    """What is in a blob (one KEK, or two during a renewal), or None when the key service says it is gone.

    That it does not answer is an error.
    """
    if blob is None:
        return None
    try:
        return kms.unwrap(name, blob)
    except (KeyDestroyed, Tampered):
        return None


def _close_documents(backup: Backup, plan: Plan, buried: Tombstones, left: Mapping[uuid.UUID, int]) -> None:
    for row in rows_in(backup, "document"):
        if row["state"] == "disposed":
            continue
        if row["id"] in buried.documents:
            plan.documents[row["id"]] = buried.documents[row["id"]]
        elif left.get(row["id"]) == 0:
            plan.documents[row["id"]] = plan.now
    for row in rows_in(backup, "redaction"):
        if row["version_id"] in plan.closed:
            plan.redactions.add(row["id"])


def _change_scopes(
    plan: Plan, kms: Kms, scopes: Mapping[uuid.UUID, Row], shut: set[uuid.UUID], buried: Tombstones, found: _Found
) -> None:
    for one in shut:
        newer = None if one in buried.scopes else found.scope(one)
        if newer is not None:
            plan.scopes[one] = {"epoch": newer.epoch, "kek_blob": newer.kek_blob}
        elif one not in buried.scopes and kms.exists(scopes[one]["kms_key"]):
            fresh = kms.wrap(scopes[one]["kms_key"], new_key())
            plan.scopes[one] = {"epoch": scopes[one]["epoch"] + 1, "kek_blob": fresh}
        else:
            plan.scopes[one] = {"state": "tombstone", "kek_blob": None, "stale_at": None, "destroy_at": None}
    for one, row in found.used.items():
        if one in scopes:
            continue
        plan.further.append(
            {
                "id": one,
                "matter_id": row.matter,
                "organisation_id": row.organisation,
                "tier": row.tier,
                "epoch": row.epoch,
                "kms_key": row.kms_key,
                "kek_blob": row.kek_blob,
                "state": "active",
                "created_at": row.created_at,
                "stale_at": None,
                "destroy_at": None,
            }
        )


def _forget_people(backup: Backup, plan: Plan, kms: Kms, buried: Tombstones) -> None:
    """People whom a list says were forgotten, or whose key the key service says was destroyed.

    A key that is merely missing forgets nobody: it may be the key service that is the wrong one.
    """
    already = {row["id"] for row in rows_in(backup, "audit_person") if row["state"] == "tombstone"}
    for row in rows_in(backup, "user_account"):
        one = row["id"]
        if one not in already and (one in buried.persons or kms.was_destroyed(scope_key(one))):
            plan.forgotten.add(one)


def _user(plan: Plan, row: Row) -> Row:
    return row | cleared(row["id"]) if row["id"] in plan.forgotten else row


def _person(plan: Plan, row: Row) -> Row:
    """Closed at once; the errand owed with it records that the person is forgotten."""
    due = {"state": "shredding", "kek_blob": None, "destroy_at": plan.now}
    return row | due if row["id"] in plan.forgotten else row


def _sealed(plan: Plan, row: Row) -> Row | None:
    return None if row["person_id"] in plan.forgotten else row


def _version(plan: Plan, row: Row) -> Row:
    """Without the folder of a document that was disposed of since; backups before revision 0017 do not have it here."""
    if row["document_id"] in plan.documents and "folder" in row:
        row = row | {"folder": ""}
    if row["id"] in plan.closed:
        return row | {"wrapped_dek": None, "state": "destroyed", "title": None}
    if row["id"] in plan.revived:
        key = plan.revived[row["id"]]
        row = row | {"wrapped_dek": key.wrapped, "scope_id": key.scope, "scope_epoch": key.epoch}
    stored = plan.stored.get(row["object_key"])
    return row | {"object_version": stored} if stored else row


def _document(plan: Plan, row: Row) -> Row:
    if row["id"] not in plan.documents:
        return row
    gone = {"state": "disposed", "disposed_at": plan.documents[row["id"]]}
    return row | gone | {"title": GONE, "file_name": GONE, "folder": ""}


def _scope(plan: Plan, row: Row) -> Row:
    changed = row | plan.scopes.get(row["id"], {})
    if row["id"] in plan.stale and changed["state"] == "active":
        changed["stale_at"] = plan.now
    return changed


def _redaction(plan: Plan, row: Row) -> Row:
    if row["id"] not in plan.redactions:
        return row
    state = row["state"] if row["state"] == "released" else "discarded"
    return row | {"title": GONE, "result_title": GONE, "remark": "", "report": None, "state": state}


def _mark(plan: Plan, row: Row) -> Row | None:
    return None if row["redaction_id"] in plan.redactions else row


def _disclosure(plan: Plan, row: Row) -> Row:
    closed = row["version_id"] in plan.closed and row["withdrawn_at"] is None
    return row | {"withdrawn_at": plan.now} if closed else row


def _term(plan: Plan, row: Row) -> Row | None:
    """A dictionary's term under a key that ended is lost; sheets hold contents alone."""
    return None if row["scope_id"] in plan.scopes else row


def _token(plan: Plan, row: Row) -> Row:
    """Whoever held a token, or a directory, is given a new one: it may have been revoked after the backup."""
    return row | {"revoked_at": plan.now} if row["revoked_at"] is None else row


def _authenticator(plan: Plan, row: Row) -> Row:
    """Likewise a person's own key: its holder enrols it anew."""
    return row | {"removed_at": plan.now} if row["removed_at"] is None else row


def _errand(plan: Plan, row: Row) -> Row:
    return row | {"taken_until": None}


_CHANGES: Mapping[str, Any] = {
    "version": _version,
    "document": _document,
    "key_scope": _scope,
    "redaction": _redaction,
    "mark": _mark,
    "disclosure": _disclosure,
    "term": _term,
    "token": _token,
    "directory": _token,
    "authenticator": _authenticator,
    "errand": _errand,
    "user_account": _user,
    "audit_person": _person,
    "audit_sealed": _sealed,
}
CHANGED_TABLES = frozenset(_CHANGES)
"""The tables in whose rows a restore changes anything."""
