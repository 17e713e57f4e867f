"""Cases of the actions around witnesses; the house asks a small witness of its own, over real HTTP."""

from __future__ import annotations

import base64
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from dataroom.actions.checkpoints import latest, sign_head
from dataroom.actions.context import SERVICE
from dataroom.audit.notes import LOG, WITNESS, Checkpoint, VerifierKey, cosign, sign_checkpoint
from dataroom.audit.tree import leaf_hash
from dataroom.audit.witness import Submission, read_submission, write_submission
from dataroom.model import AuditCosignature, AuditHalt, AuditLog, Witness, WitnessedLog
from tests.actions.case import Case, Target
from tests.actions.house import House

_SECRET = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
_PUBLIC = _SECRET.public_key().public_bytes_raw()
_READY: dict[tuple[int, str], dict[str, Any]] = {}
KEY = VerifierKey("elsewhere.test/witness", WITNESS, _PUBLIC)


class _Witness(BaseHTTPRequestHandler):
    """Cosigns everything: the house it serves is not what these cases look at."""

    def do_POST(self) -> None:
        """One add-checkpoint."""
        note = read_submission(self.rfile.read(int(self.headers["Content-Length"]))).note
        line = cosign(note, KEY, int(time.time()), _SECRET.sign)
        self.send_response(200)
        self.send_header("Content-Length", str(len(line)))
        self.end_headers()
        self.wfile.write(line)

    def log_message(self, *_given: Any) -> None:
        """Says nothing."""


def _served() -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Witness)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def _partner_key() -> str:
    return str(VerifierKey(f"p{uuid.uuid4().hex}.test/log/deployment", LOG, _PUBLIC))


def _trusted(house: House, _target: Any, result: Any) -> None:
    assert house.row(WitnessedLog, result.id).size == 0


def _submitted(house: House) -> Target:
    key = VerifierKey.parse(_partner_key())
    house.world.gate.perform(SERVICE, "witness.trust", None, {"key": str(key)})
    note = sign_checkpoint(Checkpoint(key.name, 1, leaf_hash(b"entry")), _PUBLIC, _SECRET.sign)
    _READY[id(house), "cosign"] = {"request": base64.b64encode(write_submission(Submission(0, (), note))).decode()}
    return None


def _cosigned(house: House, _target: Any, result: Any) -> None:
    assert result.line.startswith("\N{EM DASH} dataroom.test/log/witness ")


def _witness(house: House, _target: Any) -> dict[str, Any]:
    return {"key": str(KEY), "url": "https://room.elsewhere.test/witness"}


def _added(house: House, _target: Any, result: Any) -> None:
    assert house.row(Witness, result.id).name == KEY.name


def _one_witness(house: House) -> Target:
    house.world.gate.perform(SERVICE, "witness.add", None, _witness(house, None))
    return None


def _removed(house: House, _target: Any, _result: Any) -> None:
    assert house.rows(Witness, Witness.name == KEY.name) == []


def _answering(house: House) -> Target:
    added = {"key": str(KEY), "url": _served()}
    witness = house.world.gate.perform(SERVICE, "witness.add", None, added).id
    sign_head(house.world.services, house.matter)
    with house.world.services.database.reading() as session:
        _READY[id(house), "ask"] = {"log": latest(session, house.matter)[0].id, "witness": witness}
    return None


def _asked(house: House, _target: Any, result: Any) -> None:
    (row,) = house.rows(AuditCosignature, AuditCosignature.log_id == result.id)
    assert row.witness == KEY.name


def _origin(house: House) -> str:
    with house.world.services.database.reading() as session:
        return session.scalars(select(AuditLog.origin).where(AuditLog.matter_id == house.matter)).one()


def _halt(house: House, _target: Any) -> dict[str, Any]:
    return {"log": _origin(house), "signed": 9999, "size": 1}


def _halted(house: House, _target: Any, result: Any) -> None:
    assert house.rows(AuditHalt, AuditHalt.log_id == result.id)


def _stopped(house: House) -> Target:
    house.world.gate.perform(SERVICE, "checkpoint.halt", None, _halt(house, None))
    return None


def _resumed(house: House, _target: Any, result: Any) -> None:
    assert house.rows(AuditHalt, AuditHalt.log_id == result.id) == []


def _reason(house: House, _target: Any) -> dict[str, Any]:
    return {"log": _origin(house), "reason": "Restored from the backup of last night."}


def _ready(what: str) -> Callable[[House, Any], dict[str, Any]]:
    return lambda house, _target: _READY[id(house), what]


CASES = (
    Case("witness.trust", "service", _trusted, params=lambda h, t: {"key": _partner_key()}, lower="ada"),
    Case("witness.cosign", "service", _cosigned, _submitted, params=_ready("cosign"), lower="ada"),
    Case("witness.add", "service", _added, params=_witness, lower="ada"),
    Case("witness.remove", "service", _removed, _one_witness, params=lambda h, t: {"name": KEY.name}, lower="ada"),
    Case("checkpoint.witness", "service", _asked, _answering, params=_ready("ask"), lower="ada"),
    Case("checkpoint.halt", "service", _halted, params=_halt, lower="ada"),
    Case("checkpoint.resume", "service", _resumed, _stopped, params=_reason, lower="ada"),
)
