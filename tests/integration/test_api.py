"""The REST API in the composed application: tokens, strictness, problem details, files, and every route refused alike."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dataroom.api.endpoints import told
from dataroom.api.routes import PREFIX, ROUTES, Route
from dataroom.app import build, create_app
from tests.cast import World
from tests.pdfs import simple_pdf
from tests.strangers import BODIES, NOBODY, unseen

SENTENCE = "A court has ordered that this is kept."
MEMBERS = {"type", "title", "status", "detail", "code", "instance", "facts"}


@dataclass
class Caller:
    """Requests to the API as one of the cast."""

    client: FlaskClient
    token: str

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.client.open(PREFIX + path, method=method, headers=headers, **more)


@pytest.fixture(scope="module")
def app(world: World) -> Flask:
    """The composed application on the module's house."""
    return create_app(world.config, world.services)


@pytest.fixture(scope="module")
def as_(world: World, app: Flask) -> Callable[[str], Caller]:
    """Gives a caller for somebody, with a fresh token."""
    made: dict[str, Caller] = {}

    def caller(who: str) -> Caller:
        if who not in made:
            secret = world.do(who, "token.create", scopes=["everything"], name=f"tests of {who}").secret
            made[who] = Caller(app.test_client(), secret)
        return made[who]

    return caller


def content(response: TestResponse, status: int = 200) -> Any:
    """The JSON of an answer that must have this status."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/json"
    return json.loads(response.data)


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, after checking all that is the same for each."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    document: dict[str, Any] = json.loads(response.data)
    assert set(document) == MEMBERS
    assert document["code"] == code
    assert document["status"] == status
    assert document["type"] == f"urn:dataroom:problem:{code}"
    assert document["instance"] == response.headers["X-Correlation-Id"]
    uuid.UUID(document["instance"].removeprefix("urn:uuid:"))
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    return document


def address(route: Route, some: uuid.UUID) -> str:
    """The route's path with some id for its target, nobody's id for another thing and 1 for what else stands in it."""
    path = route.path.replace(f"{{{route.target}}}", str(some))
    for name in ("version", "club", "person"):
        path = path.replace(f"{{{name}}}", str(NOBODY))
    return re.sub(r"\{[a-z]+\}", "1", path)


def test_the_way_of_a_document(world: World, as_: Callable[[str], Caller]) -> None:
    ada, data = as_("ada"), simple_pdf(["The mapping of claim 1."])
    query = {"path": "api/chart.pdf", "tier": "2", "category": "claim-chart", "schedule": "work-product"}
    made = ada(
        "PUT",
        f"/matters/{world.matter}/documents",
        query_string=query,
        data=data,
        content_type="application/pdf",
    )
    assert made.status_code == 201, made.data
    line = made.json
    assert line["sha256"] == hashlib.sha256(data).hexdigest()
    assert (line["size"], line["pages"], line["path"], line["outcome"]) == (
        len(data),
        1,
        "api/chart.pdf",
        "stored",
    )
    listed = ada("GET", f"/matters/{world.matter}/documents", query_string={"q": "chart"}).json
    assert line["document"] in {item["document"] for item in listed["items"]}
    record = ada("GET", f"/documents/{line['document']}").json
    assert record["can"] == sorted(record["can"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", record["created_at"])
    body = {"tier": 1, "category": "claim-chart", "schedule": "work-product"}
    assert ada("PUT", f"/documents/{line['document']}/classification", json=body).json == {"id": line["document"]}
    assert ada("POST", f"/documents/{line['document']}/publication").json == {"id": line["version"]}
    assert as_("pia")("GET", f"/versions/{line['version']}").json["title"] == "chart"
    assert ada("DELETE", f"/documents/{line['document']}/publication").json == {"id": line["document"]}
    problem(as_("pia")("GET", f"/versions/{line['version']}"), 404, "not-found")


def test_a_page_and_a_download_are_files(world: World, as_: Callable[[str], Caller]) -> None:
    line = world.published()
    page = as_("ada")("GET", f"/versions/{line.version}/pages/1", query_string={"width": "300"})
    assert (page.status_code, page.content_type) == (200, "image/jpeg")
    assert page.data.startswith(b"\xff\xd8")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    problem(as_("ada")("GET", f"/versions/{line.version}/pages/9"), 422, "invalid")
    problem(as_("ada")("GET", f"/versions/{line.version}/pages/one"), 422, "invalid")
    words = as_("ada")("GET", f"/versions/{line.version}/pages/1/words")
    assert words.status_code == 200, words.data
    hits = as_("ada")("POST", f"/versions/{line.version}/searches", json={"term": "Lumen"}).json
    assert [hit["page"] for hit in hits] == [1]


def test_an_export_is_a_zip_with_a_name(world: World, as_: Callable[[str], Caller]) -> None:
    reply = as_("cleo")("GET", f"/matters/{world.matter}/audit/bundle")
    assert (reply.status_code, reply.content_type) == (200, "application/zip")
    assert reply.data.startswith(b"PK")
    assert reply.content_length == len(reply.data)
    disposition = reply.headers["Content-Disposition"]
    assert re.fullmatch(
        r'attachment; filename="audit-LvB-1-\d+\.zip"; filename\*=UTF-8\'\'audit-LvB-1-\d+\.zip', disposition
    )


def test_a_hold_through_bodies(world: World, as_: Callable[[str], Caller]) -> None:
    cleo, one, other = as_("cleo"), world.ready(), world.ready()
    body = {"kind": "litigation", "reason": SENTENCE, "also": [str(other.document)]}
    placed = cleo("POST", f"/documents/{one.document}/holds", json=body)
    assert placed.status_code == 201
    holds = {hold["id"]: hold for hold in cleo("GET", f"/matters/{world.matter}/holds").json}
    covered = {document["id"] for document in holds[placed.json["id"]]["documents"]}
    assert covered == {str(one.document), str(other.document)}
    released = cleo("POST", f"/holds/{placed.json['id']}/release", json={"reason": SENTENCE})
    assert released.json == {"id": placed.json["id"]}
    staged = world.upload()
    reply = as_("ada")("PUT", f"/documents/{staged.document}/trigger", json={"on": "2020-01-01"})
    problem(reply, 409, "conflict")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
def test_nobody_gets_in_without_a_token(app: Flask, route: Route) -> None:
    reply = app.test_client().open(PREFIX + address(route, uuid.uuid4()), method=route.method)
    problem(reply, 401, "unauthenticated")
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="dataroom"'


@pytest.mark.parametrize(
    "header",
    [
        "Basic YTpi",
        "Bearer",
        "Bearer dr_",
        "Bearer dr_" + "x" * 43,
        "Bearer dr_" + "x" * 43 + ", Bearer dr_" + "y" * 43,
        "Bearer xx_" + "x" * 43,
        "Bearer dr_" + "é" * 43,
    ],
)
def test_what_is_no_token_is_refused(app: Flask, header: str) -> None:
    reply = app.test_client().get(
        f"{PREFIX}/matters", headers={"Authorization": header.encode("utf-8").decode("latin-1")}
    )
    problem(reply, 401, "unauthenticated")
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="dataroom", error="invalid_token"'


def test_a_cookie_is_never_looked_at(app: Flask, world: World) -> None:
    secret = world.do("ada", "token.create", scopes=["everything"], name="as a cookie").secret
    client = app.test_client()
    for name in ("session", "__Host-session", "token", "Authorization"):
        client.set_cookie(name, secret)
    problem(client.get(f"{PREFIX}/matters"), 401, "unauthenticated")


def test_a_revoked_and_an_expired_token_end(app: Flask, world: World) -> None:
    made = [world.do("petra", "token.create", scopes=["everything"], name="short", days=1) for _ in range(2)]
    callers = [Caller(app.test_client(), one.secret) for one in made]
    assert [one("GET", "/matters").status_code for one in callers] == [200, 200]
    assert callers[0]("DELETE", f"/tokens/{made[0].id}").status_code == 200
    problem(callers[0]("GET", "/matters"), 401, "unauthenticated")
    world.clock.forward(days=2)
    try:
        problem(callers[1]("GET", "/matters"), 401, "unauthenticated")
    finally:
        world.clock.forward(days=-2)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.target], ids=lambda route: route.action)
def test_what_may_not_be_seen_answers_like_what_is_not_there(
    world: World, as_: Callable[[str], Caller], route: Route, things: dict[str, uuid.UUID]
) -> None:
    if route.target == "token":
        hidden = world.do("ada", "token.create", scopes=["everything"], name="hidden").id
        world.do("ada", "token.revoke", hidden)
    else:
        hidden = things[str(route.target)]
    more: dict[str, Any] = {}
    if route.takes:
        more = {"data": simple_pdf(["x"]), "content_type": route.takes, "query_string": {"path": "a.pdf"}}
    else:
        more = {"query_string" if route.by_query else "json": BODIES.get(route.action, {})}
    told = []
    for some in (hidden, uuid.uuid4()):
        document = problem(as_("stray")(route.method, address(route, some), **more), 404, "not-found")
        told.append({k: v for k, v in document.items() if k != "instance"})
    assert told[0] == told[1]


@pytest.fixture(scope="module")
def things(world: World) -> dict[str, uuid.UUID]:
    """One thing of each kind that a stranger to the matter may not see."""
    return {kind: ids[0] for kind, ids in unseen(world).items()}


def test_a_policy_refusal_says_why(world: World, as_: Callable[[str], Caller]) -> None:
    line = world.published(tier=1)
    document = problem(as_("pia")("GET", f"/versions/{line.version}/pages/1/words"), 403, "refused")
    assert document["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"kind": "litigation", "reason": "' + SENTENCE.encode() + b'", "more": 1}', 422, "invalid"),
        (b'{"kind": "litigation"}', 422, "invalid"),
        (b'{"kind": 7, "reason": "' + SENTENCE.encode() + b'"}', 422, "invalid"),
        (b'{"kind": "litigation", "reason": "' + SENTENCE.encode() + b'", "also": ["x"]}', 422, "invalid"),
        (b'{"kind": "lit\\u0000", "reason": "' + SENTENCE.encode() + b'"}', 422, "invalid"),
        (b'{"kind": "lit\\ud800", "reason": "' + SENTENCE.encode() + b'"}', 422, "invalid"),
        (b'{"kind": "a", "kind": "b"}', 400, "duplicate-member"),
        (b'{"kind": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "too-deep"),
        (b"[" * 100_000, 400, "too-deep"),
        (b'{"kind": NaN}', 400, "malformed"),
        (b'{"kind": 1' + b"0" * 9000 + b"}", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b"null", 400, "malformed"),
        (b"{'kind': 1}", 400, "malformed"),
        (b'{"kind": "\xff"}', 400, "malformed"),
        (b'{"reason": "' + b"x" * 1_000_000 + b'"}', 413, "too-large"),
    ],
)
def test_a_body_that_is_not_as_it_should_be(
    world: World,
    as_: Callable[[str], Caller],
    things: dict[str, uuid.UUID],
    body: bytes,
    status: int,
    code: str,
) -> None:
    path = f"/documents/{things['document']}/holds"
    problem(as_("cleo")("POST", path, data=body, content_type="application/json"), status, code)


def test_types_are_not_guessed(as_: Callable[[str], Caller], things: dict[str, uuid.UUID]) -> None:
    body = {"tier": "2", "category": "claim-chart", "schedule": "work-product"}
    document = problem(as_("ada")("PUT", f"/documents/{things['document']}/classification", json=body), 422, "invalid")
    assert document["facts"] == {"fields": {"tier": "Input should be a valid integer"}}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_other_media_types_are_refused(
    world: World, as_: Callable[[str], Caller], things: dict[str, uuid.UUID], content_type: str
) -> None:
    body = json.dumps({"kind": "litigation", "reason": SENTENCE})
    path = f"/documents/{things['document']}/holds"
    problem(as_("cleo")("POST", path, data=body, content_type=content_type), 415, "wrong-media")
    path, query = f"/matters/{world.matter}/documents", {"path": "a.pdf"}
    reply = as_("ada")("PUT", path, data=b"%PDF-", content_type=content_type, query_string=query)
    problem(reply, 415, "wrong-media")


def test_encoded_bodies_and_other_charsets_are_refused(
    as_: Callable[[str], Caller], things: dict[str, uuid.UUID]
) -> None:
    path = f"/documents/{things['document']}/holds"
    reply = as_("cleo")("POST", path, json={}, headers={"Content-Encoding": "gzip"})
    problem(reply, 415, "wrong-media")
    reply = as_("cleo")("POST", path, data=b"{}", content_type="application/json; charset=utf-16")
    problem(reply, 415, "wrong-media")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("unknown=1", 422),
        ("limit=0", 422),
        ("limit=ten", 422),
        ("limit=10&limit=20", 422),
        ("since=2026-01-01T00:00:00", 422),
        ("since=1700000000", 422),
        ("document=x", 422),
        ("act=%00", 422),
        ("act=%FF", 400),
        ("act", 400),
        ("&".join(f"a{n}=1" for n in range(60)), 400),
    ],
)
def test_queries_are_strict(world: World, as_: Callable[[str], Caller], query: str, status: int) -> None:
    reply = as_("cleo")("GET", f"/matters/{world.matter}/audit?{query}")
    problem(reply, status, {422: "invalid", 400: "malformed"}[status])


def test_queries_are_understood(world: World, as_: Callable[[str], Caller]) -> None:
    world.ready()
    query = {"act": "document.upload", "limit": "1", "since": "2020-01-01T00:00:00Z", "outcome": "done"}
    page = as_("cleo")("GET", f"/matters/{world.matter}/audit", query_string=query).json
    assert [entry["act"] for entry in page["items"]] == ["document.upload"]


def test_a_length_comes_from_the_header_alone(world: World, as_: Callable[[str], Caller]) -> None:
    query = {"path": "a.pdf", "length": "5"}
    reply = as_("ada")(
        "PUT",
        f"/matters/{world.matter}/documents",
        data=b"%PDF-",
        content_type="application/pdf",
        query_string=query,
    )
    assert problem(reply, 422, "invalid")["detail"] == "length: there is no such parameter"


def test_a_body_where_none_belongs(world: World, as_: Callable[[str], Caller]) -> None:
    problem(as_("ada")("GET", "/matters", data=b"{}", content_type="application/json"), 400, "malformed")
    document = problem(as_("ada")("POST", f"/matters/{world.matter}/closing?really=1"), 422, "invalid")
    assert document["detail"] == "really: parameters of this request go into its body"
    reply = as_("ada")("POST", f"/matters/{world.matter}/closing", json={"really": True})
    problem(reply, 422, "invalid")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"MZ" * 900, "not-a-pdf"),
        ("a.docx", b"%PDF-1.7", "not-a-pdf"),
        ("../a.pdf", b"%PDF-1.7", "bad-name"),
    ],
)
def test_uploads_are_refused_by_name(
    world: World, as_: Callable[[str], Caller], name: str, data: bytes, code: str
) -> None:
    reply = as_("ada")(
        "PUT",
        f"/matters/{world.matter}/documents",
        data=data,
        content_type="application/pdf",
        query_string={"path": name},
    )
    problem(reply, 422, code)


def test_an_upload_larger_than_the_limit(world: World, as_: Callable[[str], Caller]) -> None:
    reply = as_("ada")(
        "PUT",
        f"/matters/{world.matter}/documents",
        environ_overrides={"CONTENT_LENGTH": str(world.config.upload_limit + 1)},
        content_type="application/pdf",
        query_string={"path": "a.pdf"},
    )
    assert problem(reply, 413, "too-large")["facts"] == {"limit": world.config.upload_limit}


def test_an_upload_that_breaks_off_leaves_nothing(world: World, as_: Callable[[str], Caller]) -> None:
    before = as_("ada")("GET", f"/matters/{world.matter}/documents").json["total"]
    data = simple_pdf(["x"])
    reply = as_("ada")(
        "PUT",
        f"/matters/{world.matter}/documents",
        data=data,
        environ_overrides={"CONTENT_LENGTH": str(len(data) + 10)},
        content_type="application/pdf",
        query_string={"path": "a.pdf"},
    )
    problem(reply, 422, "incomplete")
    assert as_("ada")("GET", f"/matters/{world.matter}/documents").json["total"] == before


@pytest.mark.parametrize(
    "path", ["", "/", "/v1x", "/v2/matters", "/v1/nothing", "/v1/matters/", "/v1/matters/x", "/v1/tokens/1"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_addresses_that_do_not_exist(app: Flask, path: str, method: str) -> None:
    problem(app.test_client().open(f"/api{path}", method=method), 404, "not-found")


def test_another_host_is_told_so_in_the_same_form(app: Flask) -> None:
    reply = app.test_client().get(f"{PREFIX}/matters", headers={"Host": "evil.example"})
    problem(reply, 400, "malformed")


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "DELETE", "PUT"])
def test_methods_that_do_not_exist(app: Flask, method: str) -> None:
    reply = app.test_client().open(f"{PREFIX}/matters", method=method)
    problem(reply, 405, "wrong-method")
    assert reply.headers["Allow"] == "GET, HEAD, POST"


def test_health_and_readiness(app: Flask) -> None:
    client = app.test_client()
    assert content(client.get("/healthz")) == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {"status": "ready", "parts": {"database": "ok", "store": "ok", "kms": "ok"}}


def test_readiness_names_the_part_that_is_away(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    config = dataclasses.replace(world.config, s3_endpoint=nowhere)
    services = build(config)
    reply = create_app(config, services).test_client().get("/readyz")
    assert reply.status_code == 503
    assert json.loads(reply.data) == {
        "status": "unavailable",
        "parts": {"database": "ok", "store": "unavailable", "kms": "ok"},
    }


def test_an_error_nobody_foresaw_says_nothing_of_itself(app: Flask) -> None:
    with app.test_request_context(f"{PREFIX}/matters"):
        reply = told(RuntimeError("the secret is 7"))
    assert (reply.status_code, reply.content_type) == (500, "application/problem+json")
    assert b"secret" not in reply.data
    assert json.loads(reply.data)["code"] == "internal"


def test_the_documents_are_open(app: Flask) -> None:
    client = app.test_client()
    assert content(client.get(f"{PREFIX}/openapi.json"))["openapi"] == "3.1.0"
    page = client.get(f"{PREFIX}/")
    assert page.content_type == "text/html; charset=utf-8"
    assert b"<script" not in page.data
    assert all(f'id="{route.action}"'.encode() in page.data for route in ROUTES)
    assert client.get(f"{PREFIX}/docs.css").content_type == "text/css; charset=utf-8"
