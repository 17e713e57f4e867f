"""For whoever runs the machine: does the process live (`/healthz`), and can it serve (`/readyz`)."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable

from flask import Blueprint, Response

from dataroom.actions.anchoring import is_late
from dataroom.actions.checkpoints import LOG_KEY, halted
from dataroom.actions.context import Services
from dataroom.actions.outside import ROLLBACK
from dataroom.api.answering import HEADERS

log = logging.getLogger("dataroom.api")

_FRESH_SECONDS = 1.0
ANCHOR_LATE = "anchor-late"


class Readiness:
    """Asks database, store and key service at most once a second, however often it is asked itself."""

    def __init__(self, services: Services) -> None:
        self._parts: dict[str, Callable[[], object]] = {
            "database": services.database.ready,
            "store": services.store.ready,
            "kms": lambda: services.kms.public_key(LOG_KEY),
        }
        self._halted: Callable[[], bool] = lambda: halted(services)
        self._late: Callable[[], bool] = lambda: is_late(services)
        self.warnings: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}
        self._at = -_FRESH_SECONDS

    def parts(self) -> dict[str, str]:
        """For each part `ok` or `unavailable`, never why: that is in the log.

        With `audit` as a further part when a log is not signed because the database was rolled back. `warnings`
        tells afterwards what does not keep the service from serving.
        """
        with self._lock:
            if time.monotonic() - self._at >= _FRESH_SECONDS:
                self._found = {name: _asked(name, ask) for name, ask in self._parts.items()}
                if self._found["database"] == "ok" and self._halted():
                    self._found["audit"] = ROLLBACK
                late = self._found["database"] == "ok" and self._late()
                self.warnings = (ANCHOR_LATE,) if late else ()
                self._at = time.monotonic()
            return dict(self._found)


def _asked(name: str, ask: Callable[[], object]) -> str:
    try:
        ask()
    except Exception as error:
        log.warning("part is not ready", extra={"part": name, "error": type(error).__name__})
        return "unavailable"
    return "ok"


def build_probes(services: Services) -> Blueprint:
    """The blueprint with both probes; they ask nobody who they are and tell nothing that is secret."""
    probes = Blueprint("probes", __name__)
    readiness = Readiness(services)

    def health() -> Response:
        return _told({"status": "ok"}, 200)

    def ready() -> Response:
        parts = readiness.parts()
        good = all(state == "ok" for state in parts.values())
        told: dict[str, object] = {"status": "ready" if good else "unavailable", "parts": parts}
        if readiness.warnings:
            told["warnings"] = readiness.warnings
        return _told(told, 200 if good else 503)

    probes.add_url_rule("/healthz", view_func=health, methods=["GET"])
    probes.add_url_rule("/readyz", view_func=ready, methods=["GET"])
    return probes


def _told(content: dict[str, object], status: int) -> Response:
    return Response(json.dumps(content), status, HEADERS, mimetype="application/json")
