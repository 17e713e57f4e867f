"""The table of routes: where each action is found below `/api/v1`, and which actions have no route and why.

Shapes are not written here: parameters and results come from the registry of actions. The command line and
the OpenAPI document are made from the same table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dataroom.actions.catalogue import ACTIONS, Spec
from dataroom.actions.context import Download

PREFIX = "/api/v1"
PDF = "application/pdf"
LENGTH = "length"
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Route:
    """Where an action is: method and path below the prefix.

    The first `{variable}` of the path names the target, if the action has one; the others are parameters.
    `status` is that of success, `media` the media types of an answer that is not JSON, `takes` the media type
    of a raw body. Parameters not in the path come from the query for GET, DELETE and raw bodies, else from a
    JSON object.
    """

    action: str
    method: str
    path: str
    status: int = 200
    media: tuple[str, ...] = ()
    takes: str = ""

    @property
    def spec(self) -> Spec:
        """The action's entry in the registry."""
        return ACTIONS[self.action]

    @property
    def target(self) -> str | None:
        """The name of the variable that holds the target's id."""
        return _VARIABLE.findall(self.path)[0] if self.spec.target is not None else None

    @property
    def fixed(self) -> tuple[str, ...]:
        """Parameters that stand in the path."""
        names = _VARIABLE.findall(self.path)
        return tuple(names[1:] if self.spec.target is not None else names)

    @property
    def by_query(self) -> bool:
        """Whether parameters come from the query."""
        return self.method in {"GET", "DELETE"} or bool(self.takes)

    @property
    def free(self) -> tuple[str, ...]:
        """Parameters the caller gives in query or body; a raw body's length comes from its header."""
        taken = {*self.fixed, *((LENGTH,) if self.takes else ())}
        return tuple(name for name in self.spec.params.model_fields if name not in taken)

    @property
    def streams(self) -> bool:
        """Whether the answer is a file."""
        return self.spec.result in {Download, bytes}

    def rule(self) -> str:
        """The path as a Werkzeug rule; ids of targets match only as UUIDs."""
        target = self.target
        return _VARIABLE.sub(lambda m: f"<uuid:{m[1]}>" if m[1] == target else f"<{m[1]}>", self.path)


ROUTES: tuple[Route, ...] = (
    Route("matter.list", "GET", "/matters"),
    Route("matter.create", "POST", "/matters", 201),
    Route("matter.read", "GET", "/matters/{matter}"),
    Route("matter.close", "POST", "/matters/{matter}/closing"),
    Route("member.list", "GET", "/matters/{matter}/members"),
    Route("member.add", "POST", "/matters/{matter}/members"),
    Route("member.remove", "POST", "/matters/{matter}/members/removals"),
    Route("document.list", "GET", "/matters/{matter}/documents"),
    Route("transfer.list", "GET", "/matters/{matter}/transfers"),
    Route("transfer.record", "POST", "/matters/{matter}/transfers", 201),
    Route("transfer.confirm", "POST", "/transfers/{transfer}/confirmation"),
    Route("transfer.end", "DELETE", "/transfers/{transfer}"),
    Route("transfer.suspend", "POST", "/transfers/suspensions"),
    Route("transfer.resume", "POST", "/transfers/resumptions"),
    Route("transfer.confirm-resumption", "POST", "/transfers/resumptions/confirmation"),
    Route("policy.show", "GET", "/policy"),
    Route("policy.list", "GET", "/policy/changes"),
    Route("policy.compare", "POST", "/policy/comparisons"),
    Route("policy.propose", "POST", "/policy/changes", 201),
    Route("policy.read", "GET", "/policy/changes/{policychange}"),
    Route("policy.export", "GET", "/policy/changes/{policychange}/texts", media=("application/zip",)),
    Route("policy.approve", "POST", "/policy/changes/{policychange}/approval"),
    Route("policy.reject", "POST", "/policy/changes/{policychange}/rejection"),
    Route("policy.withdraw", "DELETE", "/policy/changes/{policychange}"),
    Route("document.assess", "PUT", "/documents/{document}/export"),
    Route("document.upload", "PUT", "/matters/{matter}/documents", 201, takes=PDF),
    Route("document.read", "GET", "/documents/{document}"),
    Route("document.replace", "PUT", "/documents/{document}/file", 201, takes=PDF),
    Route("document.classify", "PUT", "/documents/{document}/classification"),
    Route("document.describe", "PUT", "/documents/{document}/header"),
    Route("document.publish", "POST", "/documents/{document}/publication"),
    Route("document.withdraw", "DELETE", "/documents/{document}/publication"),
    Route("document.limit", "POST", "/documents/{document}/limits"),
    Route("document.lift", "DELETE", "/documents/{document}/limits/{club}"),
    Route("access.documents", "GET", "/matters/{matter}/seen-by/{person}"),
    Route("access.document", "GET", "/documents/{document}/seen-by/{person}"),
    Route("access.explain", "GET", "/documents/{document}/who-may/{person}"),
    Route("access.why", "GET", "/matters/{matter}/why-not"),
    Route("club.list", "GET", "/matters/{matter}/clubs"),
    Route("club.create", "POST", "/matters/{matter}/clubs", 201),
    Route("club.add", "POST", "/clubs/{club}/people", 201),
    Route("club.remove", "POST", "/clubs/{club}/people/removals"),
    Route("club.end", "DELETE", "/clubs/{club}"),
    Route("version.read", "GET", "/versions/{version}"),
    Route("version.download", "GET", "/versions/{version}/file", media=(PDF,)),
    Route("version.proof", "GET", "/versions/{version}/proof", media=("application/json",)),
    Route("visit.state", "POST", "/versions/{version}/visits", 201),
    Route("page.view", "GET", "/versions/{version}/pages/{page}", media=("image/jpeg",)),
    Route("page.words", "GET", "/versions/{version}/pages/{page}/words"),
    Route("page.search", "POST", "/versions/{version}/searches"),
    Route("version.scans", "GET", "/versions/{version}/scans"),
    Route("version.recognise", "POST", "/versions/{version}/scans", 202),
    Route("term.list", "GET", "/matters/{matter}/terms"),
    Route("term.add", "POST", "/matters/{matter}/terms", 201),
    Route("term.change", "PUT", "/terms/{term}"),
    Route("term.remove", "DELETE", "/terms/{term}"),
    Route("search.list", "GET", "/matters/{matter}/searches"),
    Route("search.start", "POST", "/matters/{matter}/searches", 202),
    Route("search.read", "GET", "/searches/{search}"),
    Route("search.hits", "GET", "/searches/{search}/versions/{version}"),
    Route("search.mark", "POST", "/searches/{search}/marks", 201),
    Route("search.stop", "POST", "/searches/{search}/stop"),
    Route("audience.list", "GET", "/matters/{matter}/audiences"),
    Route("audience.create", "POST", "/matters/{matter}/audiences", 201),
    Route("audience.end", "DELETE", "/audiences/{audience}"),
    Route("redaction.search", "POST", "/redactions/{redaction}/searches"),
    Route("redaction.list", "GET", "/matters/{matter}/redactions"),
    Route("redaction.start", "POST", "/versions/{version}/redactions", 201),
    Route("redaction.read", "GET", "/redactions/{redaction}"),
    Route("redaction.mark", "POST", "/redactions/{redaction}/marks", 201),
    Route("redaction.unmark", "POST", "/redactions/{redaction}/marks/removals"),
    Route("redaction.submit", "POST", "/redactions/{redaction}/submission"),
    Route("redaction.approve", "POST", "/redactions/{redaction}/approval"),
    Route("redaction.return", "POST", "/redactions/{redaction}/return"),
    Route("redaction.discard", "DELETE", "/redactions/{redaction}"),
    Route("redaction.verify", "POST", "/redactions/{redaction}/verification"),
    Route("redaction.log", "GET", "/redactions/{redaction}/log", media=("text/csv", PDF)),
    Route("redaction.privilege-log", "GET", "/matters/{matter}/privilege-log", media=("text/csv", PDF)),
    Route("production.list", "GET", "/matters/{matter}/productions"),
    Route("production.make", "POST", "/matters/{matter}/productions", 201),
    Route("production.read", "GET", "/productions/{production}"),
    Route("production.index", "GET", "/productions/{production}/index", media=("text/csv", PDF)),
    Route("production.export", "GET", "/productions/{production}/archive", media=("application/zip",)),
    Route("survey.start", "POST", "/matters/{matter}/surveys", 202),
    Route("redaction.consistency", "GET", "/matters/{matter}/consistency"),
    Route("redaction.consistency-table", "GET", "/matters/{matter}/consistency/table", media=("text/csv",)),
    Route("disclosure.list", "GET", "/matters/{matter}/disclosures"),
    Route("disclosure.grant", "POST", "/versions/{version}/disclosures", 201),
    Route("disclosure.withdraw", "DELETE", "/disclosures/{disclosure}"),
    Route("disclosure.claw-back", "POST", "/versions/{version}/claw-back", 201),
    Route("claw-back.list", "GET", "/matters/{matter}/claw-backs"),
    Route("claw-back.read", "GET", "/claw-backs/{clawback}"),
    Route("claw-back.answer", "PUT", "/claw-backs/{clawback}/answer"),
    Route("claw-back.notice", "GET", "/claw-backs/{clawback}/notice", media=("text/csv", PDF)),
    Route("access.list", "GET", "/matters/{matter}/access"),
    Route("access.request", "POST", "/matters/{matter}/access", 201),
    Route("access.break-glass", "POST", "/matters/{matter}/emergencies", 201),
    Route("access.read", "GET", "/access/{grant}"),
    Route("access.grant", "POST", "/access/{grant}/grant"),
    Route("access.refuse", "POST", "/access/{grant}/refusal"),
    Route("access.end", "DELETE", "/access/{grant}"),
    Route("access.confirm", "POST", "/access/{grant}/confirmation"),
    Route("access.contest", "POST", "/access/{grant}/contest"),
    Route("review.list", "GET", "/matters/{matter}/reviews"),
    Route("review.start", "POST", "/matters/{matter}/reviews", 201),
    Route("review.read", "GET", "/reviews/{review}"),
    Route("review.confirm", "POST", "/reviews/{review}/confirmations"),
    Route("review.report", "GET", "/reviews/{review}/report", media=("text/csv",)),
    Route("leave.list", "GET", "/matters/{matter}/leaves"),
    Route("leave.announce", "POST", "/matters/{matter}/leaves", 201),
    Route("leave.end", "DELETE", "/leaves/{leave}"),
    Route("hold.list", "GET", "/matters/{matter}/holds"),
    Route("hold.place", "POST", "/documents/{document}/holds", 201),
    Route("hold.release", "POST", "/holds/{hold}/release"),
    Route("retention.list", "GET", "/matters/{matter}/retention"),
    Route("retention.trigger", "PUT", "/documents/{document}/trigger"),
    Route("disposal.list", "GET", "/matters/{matter}/disposals"),
    Route("disposal.propose", "POST", "/documents/{document}/disposals", 201),
    Route("disposal.read", "GET", "/disposals/{disposal}"),
    Route("disposal.approve", "POST", "/disposals/{disposal}/approvals"),
    Route("disposal.reject", "POST", "/disposals/{disposal}/rejection"),
    Route("disposal.execute", "POST", "/disposals/{disposal}/execution"),
    Route(
        "disposal.certificate",
        "GET",
        "/disposals/{disposal}/certificate",
        media=("application/json", PDF),
    ),
    Route("audit.list", "GET", "/matters/{matter}/audit"),
    Route("audit.export", "GET", "/matters/{matter}/audit/bundle", media=("application/zip",)),
    Route("audit.prove", "GET", "/matters/{matter}/audit/{seq}/proof", media=("application/octet-stream",)),
    Route("audit.give", "GET", "/matters/{matter}/audit/bundles/{recipient}", media=("application/zip",)),
    Route(
        "competition.certify",
        "POST",
        "/matters/{matter}/competition-certificates",
        media=("application/json", "text/csv", PDF),
    ),
    Route("person.list", "GET", "/people"),
    Route("person.erase", "POST", "/people/{person}/erasure"),
    Route("person.restore", "DELETE", "/people/{person}/erasure"),
    Route("token.list", "GET", "/tokens"),
    Route("token.revoke", "DELETE", "/tokens/{token}"),
    Route("directory.list", "GET", "/directories"),
    Route("directory.revoke", "DELETE", "/directories/{directory}"),
    Route("session.list", "GET", "/sessions"),
    Route("session.revoke", "DELETE", "/sessions/{session}"),
    Route("authenticator.list", "GET", "/authenticators"),
    Route("authenticator.remove", "DELETE", "/authenticators/{authenticator}"),
    Route("user.list", "GET", "/users"),
    Route("user.invite", "POST", "/users", 201),
    Route("training.record", "PUT", "/users/{user}/training"),
    Route("user.deactivate", "POST", "/users/{user}/deactivation"),
    Route("user.reactivate", "DELETE", "/users/{user}/deactivation"),
    Route("agreement.read", "GET", "/matters/{matter}/agreement"),
    Route("agreement.set", "PUT", "/matters/{matter}/agreement"),
    Route("agreement.accept", "POST", "/matters/{matter}/agreement/acceptances", 201),
)

WITHOUT_ROUTE: Mapping[str, str] = {
    "session.start": "Signing in needs a browser and the organisation's identity provider.",
    "session.confirm": "Confirming who one is needs a browser and the organisation's identity provider.",
    "authenticator.add": "A key is made by a browser, for the site it is at.",
    "authenticator.use": "A key answers a browser, for the site it is at.",
    "session.end": "A browser's session ends in the browser; the API knows no sessions.",
    "session.cut": "Performed by the operator, on the host, and for an organisation's identity provider.",
    "token.create": "A token makes no further ones, or a stolen one would outlive its expiry; use a browser.",
    "directory.add": "A token lets nobody in, or a stolen one would outlive its expiry; use a browser.",
    "account.list": "Asked by organisations' directories at /scim/v2.",
    "account.read": "Asked by organisations' directories at /scim/v2.",
    "account.create": "Asked by organisations' directories at /scim/v2.",
    "account.change": "Asked by organisations' directories at /scim/v2.",
    "account.remove": "Asked by organisations' directories at /scim/v2.",
    "list.mismatch": "Performed by the service itself.",
    "member.lapse": "Performed by the service itself.",
    "policy.reset": "Performed by the operator, on the host.",
    "client-key.rotate": "Performed by the operator, on the host.",
    "partner.announce": "Done by the worker when a company's identity provider was changed.",
    "partner.register": "Performed by the operator, on the host.",
    "witness.trust": "Performed by the operator, on the host.",
    "witness.add": "Performed by the operator, on the host.",
    "witness.remove": "Performed by the operator, on the host.",
    "witness.cosign": "Asked by partners' servers at /witness/add-checkpoint.",
    "checkpoint.witness": "Performed by the service itself.",
    "checkpoint.anchor": "Performed by the service itself.",
    "checkpoint.halt": "Performed by the service itself.",
    "checkpoint.resume": "Performed by the operator, on the host.",
    "redaction.apply": "Performed by the service itself.",
    "search.step": "Performed by the service itself.",
    "review.close": "Performed by the service itself.",
    "survey.step": "Performed by the service itself.",
    "version.transcribe": "Performed by the service itself.",
    "version.erase": "Performed by the service itself.",
    "upload.sweep": "Performed by the service itself.",
    "backup.make": "Performed by the operator, on the host.",
    "backup.restore": "Performed by the operator, on the host.",
    "backup.pin": "Performed by the operator, on the host.",
    "vault.check": "Performed by the service itself, at night; the operator has `dataroom check`.",
    "rows.adopt": "Performed by the operator, on the host.",
    "key.rotate": "Performed by the operator, on the host.",
    "key.shred": "Performed by the service itself, at night, and by the operator.",
    "scope.rewrap": "Performed by the service itself.",
    "scope.rekey": "Performed by the service itself.",
    "scope.shred": "Performed by the service itself.",
    "scope.trim": "Performed by the service itself.",
    "scope.retire": "Performed by the operator, on the host.",
    "scope.disable": "Performed by the service itself.",
    "scope.restore": "Performed by the operator, on the host.",
    "scope.destroy": "Performed by the service itself.",
    "scope.forget": "Performed by the service itself.",
    "person.destroy": "Performed by the service itself.",
    "person.forget": "Performed by the service itself.",
    "person.rewrap": "Performed by the service itself.",
    "person.seal": "Performed by the service itself.",
}

BY_ACTION: Mapping[str, Route] = {route.action: route for route in ROUTES}
