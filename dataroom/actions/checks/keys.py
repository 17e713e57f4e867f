"""Keys held against rows: KEKs that must unwrap, content keys that must open, keys that must be gone; deep reading."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions.backups import RESTORE
from dataroom.actions.checks.findings import WARNING, Finding, Report
from dataroom.actions.context import Services
from dataroom.actions.disposals import CERTIFICATE_KEY
from dataroom.actions.identity import secret_key
from dataroom.actions.outside import LOG_KEY
from dataroom.actions.personal import openings
from dataroom.actions.sealing import place_of, versions_of
from dataroom.actions.witnessing import WITNESS_KEY
from dataroom.audit.entry import name_of, value_of
from dataroom.errors import Invalid, KeyDestroyed, Tampered
from dataroom.model import AuditEntry, AuditPerson, Certificate, Disposal, Errand, Issuer, KeyScope, Version
from dataroom.vault.keys import kek_of, scope_key, unwrap_dek
from dataroom.vault.sealed import HEADER_BYTES, open_stream
from dataroom.vault.store import Missing, Stored

PAGE = 500


@dataclass
class _Scope:
    """One scope under check."""

    services: Services
    row: KeyScope
    deep: bool
    out: Report
    found: list[Finding] = field(default_factory=list)

    def wrong(self, kind: str, thing: str, text: str) -> None:
        self.found.append(Finding(kind, thing, text))


def check_keys(services: Services, matter: uuid.UUID | None, deep: bool, out: Report) -> None:
    """Every scope and the content keys under it; `deep` also reads every content. One page of rows in memory."""
    with services.database.reading() as session:
        query = select(KeyScope.id).order_by(KeyScope.matter_id, KeyScope.id)
        scopes = list(session.scalars(query.where(KeyScope.matter_id == matter) if matter else query))
    for number, scope in enumerate(scopes):
        out.say(f"scope {number + 1} of {len(scopes)}")
        out.looked_at["scopes"] += 1
        found = _check_scope(services, scope, deep, out)
        if found:
            found = _check_scope(services, scope, deep, Report(out.say))
        out.extend(found)


def _check_scope(services: Services, scope: uuid.UUID, deep: bool, out: Report) -> list[Finding]:
    """The findings about one scope; asked again before they are believed, as keys may be renewed meanwhile."""
    with services.database.reading() as session:
        row = session.get(KeyScope, scope)
        if row is None:
            return []
        session.expunge_all()
    one = _Scope(services, row, deep, out)
    kek = _kek(one)
    for version in _versions(services, scope):
        out.looked_at["content keys"] += 1
        dek = _check_version(one, version, kek)
        if deep and dek is not None:
            _read(one, version, dek)
    return one.found


def _kek(one: _Scope) -> bytes | None:
    row, kms, thing = one.row, one.services.kms, f"key_scope {one.row.id}"
    if row.kms_key != scope_key(row.id):
        one.wrong("scope-key-name", thing, "The row names a key that is not this scope's.")
    if row.state == "tombstone":
        if row.kek_blob is not None:
            one.wrong("tombstone-kek", thing, "The scope was destroyed, but its wrapped key is in the row.")
        if kms.exists(scope_key(row.id)) and not _owed(one.services, "scope.forget", row.id):
            one.wrong("tombstone-key", thing, "The scope was destroyed, but the key service still has its key.")
        return None
    if row.kek_blob is None:
        one.wrong("scope-key-missing", thing, "The scope has no wrapped key and is no tombstone.")
        return None
    try:
        return kms.unwrap(scope_key(row.id), row.kek_blob)
    except Tampered:
        one.wrong("scope-key-blob", thing, "The wrapped key of the scope does not open under the scope's key.")
    except KeyDestroyed:
        if row.state == "active":
            one.wrong("scope-key-gone", thing, "The key service no longer has this scope's key, though it is in use.")
    return None


def _owed(services: Services, kind: str, target: uuid.UUID) -> bool:
    with services.database.reading() as session:
        query = select(Errand.payload).where(Errand.kind == kind, Errand.done_at.is_(None))
        return any(payload.get("target") == str(target) for payload in session.scalars(query))


def _versions(services: Services, scope: uuid.UUID) -> Iterator[Version]:
    last = (0, uuid.UUID(int=0))
    while True:
        with services.database.reading() as session:
            page = list(session.scalars(versions_of(scope, last).limit(PAGE)))
            session.expunge_all()
        yield from page
        if len(page) < PAGE:
            return
        last = (page[-1].scope_epoch, page[-1].id)


def _check_version(one: _Scope, version: Version, kek: bytes | None) -> bytes | None:
    thing, scope = f"version {version.id}", one.row
    if version.state == "destroyed" or version.wrapped_dek is None:
        if version.state != "destroyed":
            one.wrong("content-key-missing", thing, "The version is not destroyed, but it has no key.")
        return None
    if scope.state == "tombstone":
        one.wrong("tombstone-content", thing, "The version's scope was destroyed, but its content key is in the row.")
        return None
    if (version.matter_id, version.organisation_id, version.tier) != (
        scope.matter_id,
        scope.organisation_id,
        scope.tier,
    ):
        one.wrong("scope-differs", thing, "The version's key belongs to another matter, organisation or tier.")
    if kek is None:
        return None
    try:
        under = kek_of(kek, version.scope_epoch)
        return unwrap_dek(under, scope.id, version.scope_epoch, place_of(version), version.wrapped_dek)
    except (Tampered, Invalid, ValueError):
        one.wrong("content-key", thing, "The wrapped content key does not open for this row.")
    return None


def _read(one: _Scope, version: Version, dek: bytes) -> None:
    """Reads a whole content as a reader would; says which part of the object is not what was sealed."""
    stored = Stored(version.object_key, version.object_version, version.object_length)
    thing, digest, size = f"version {version.id}", hashlib.sha256(), 0
    store = one.services.store
    try:
        if store.read_range(stored, 0, min(HEADER_BYTES, stored.length)) != version.header:
            one.wrong("header", thing, f"The first {HEADER_BYTES} bytes of {stored.key} are not those recorded.")
            return
        for piece in open_stream(dek, place_of(version), version.header, stored.length, store.read_stream(stored)):
            digest.update(piece)
            size += len(piece)
    except Missing:
        one.wrong("object-missing", thing, f"Its object {stored.key} is not in the store.")
    except (Tampered, Invalid) as error:
        one.wrong("ciphertext", thing, f"{stored.key} is not what was sealed, after {size} good bytes: {error.detail}")
    else:
        one.out.looked_at["bytes read"] += size
        if (size, digest.hexdigest()) != (version.size, version.sha256):
            one.wrong("content-hash", thing, "The content opens, but size or SHA-256 are not those recorded.")


def check_scopeless(services: Services, matter: uuid.UUID | None, out: Report) -> None:
    """Versions of a scope that does not exist (a database that checks foreign keys has none)."""
    query = select(Version.id).where(Version.scope_id.not_in(select(KeyScope.id)))
    with services.database.reading() as session:
        for version in session.scalars(query.where(Version.matter_id == matter) if matter else query):
            out.add("scope-missing", f"version {version}", "The version's key scope does not exist.")


def check_service_keys(services: Services, out: Report) -> None:
    """The keys that sign, and the wrapped secrets of identity providers."""
    for name in (LOG_KEY, CERTIFICATE_KEY, WITNESS_KEY):
        if not services.kms.exists(name):
            out.add("signing-key-gone", name, f"The key service has no key {name}; nothing can be signed with it.")
    with services.database.reading() as session:
        secrets = session.execute(
            select(Issuer.id, Issuer.client_secret).where(Issuer.client_secret.is_not(None))
        ).all()
    for issuer, blob in secrets:
        try:
            services.kms.unwrap(secret_key(issuer), blob or b"")
        except (Tampered, KeyDestroyed):
            out.add("issuer-secret", f"issuer {issuer}", "The wrapped client secret of the provider does not open.")


def check_people(services: Services, out: Report) -> None:
    """The keys that close what the log tells of each person, and that only an erasure took one away."""
    erased = select(AuditEntry.target_id).where(AuditEntry.act == "person.erase", AuditEntry.outcome == "done")
    with services.database.reading() as session:
        people = list(session.scalars(select(AuditPerson).order_by(AuditPerson.id)))
        known = set(session.scalars(erased)) | _forgotten_at_restores(services, session)
        session.expunge_all()
    for row in people:
        thing = f"audit_person {row.id}"
        if row.kms_key != scope_key(row.id) or (row.state == "active" and not _unwraps(services, row)):
            out.add("person-key", thing, "The key of what the log tells of this person does not open.")
        if row.state != "active" and row.id not in known:
            out.add(
                "person-closed", thing, "This person's fields were closed, but no entry says that they were erased."
            )


def _forgotten_at_restores(services: Services, session: Session) -> set[uuid.UUID]:
    """People whom restores found to have been erased after the backup, by entries that are gone with the database."""
    query = select(AuditEntry.log_id, AuditEntry.seq).where(AuditEntry.act == RESTORE, AuditEntry.outcome == "done")
    found: set[uuid.UUID] = set()
    for log, seq in session.execute(query):
        for text in openings(services, session, log, [seq]).get(seq, []):
            if name_of(text) == "facts":
                facts: Any = value_of(text)
                found |= {uuid.UUID(one) for one in facts.get("forgotten", [])}
    return found


def _unwraps(services: Services, row: AuditPerson) -> bool:
    try:
        return bool(services.kms.unwrap(scope_key(row.id), row.kek_blob or b""))
    except (Tampered, KeyDestroyed):
        return False


def check_certificates(services: Services, matter: uuid.UUID | None, out: Report) -> None:
    """Each certificate of disposal against its signature and the service's key."""
    own = services.kms.public_key(CERTIFICATE_KEY)
    query = select(Certificate.id, Certificate.body, Certificate.signature, Certificate.public_key)
    if matter:
        query = query.join(Disposal, Disposal.id == Certificate.disposal_id).where(Disposal.matter_id == matter)
    with services.database.reading() as session:
        for row in session.execute(query.execution_options(yield_per=PAGE)):
            out.looked_at["certificates"] += 1
            if row.public_key != own:
                out.add(
                    "certificate-key", f"certificate {row.id}", "Signed with a key that is not this service's.", WARNING
                )
            if not _signed(row):
                out.add("certificate-forged", f"certificate {row.id}", "Its signature does not hold for its text.")


def _signed(row: Any) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(row.public_key).verify(row.signature, row.body)
    except (InvalidSignature, ValueError):
        return False
    return True
