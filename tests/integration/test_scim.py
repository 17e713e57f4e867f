"""A directory at /scim/v2 as Entra ID and Okta speak to it, and as somebody does who wants more than their own people."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from dataroom.api.scim import MOST_BYTES, ROOT
from dataroom.api.scim_shapes import ENTERPRISE, MEDIA, PATCH, USER
from dataroom.app import create_app
from dataroom.model import AuditEntry, Directory, Session, User
from tests.actions.house import House
from tests.cast import World
from tests.integration.web_house import Visitor, app, as_, house

__all__ = ["app", "as_", "house"]


class Caller:
    """A directory with a secret; every answer is in SCIM's form."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.client, self.secret = app.test_client(), secret

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """A request below the address, with the body as JSON."""
        given = {"Authorization": f"Bearer {self.secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = given.pop("Content-Type", MEDIA)
        answer = self.client.open(ROOT + path, method=method, data=data, headers=given, content_type=kind)
        if answer.data:
            assert answer.mimetype == MEDIA
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
        return answer

    def sought(self, text: str, **more: Any) -> dict[str, Any]:
        """The answer to a filter."""
        query = {"filter": text, **more}
        answer = self.client.get(
            f"{ROOT}/Users", query_string=query, headers={"Authorization": f"Bearer {self.secret}"}
        )
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return answer.json  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def entra(house: World, app: Flask) -> Caller:
    """Aldermoor's directory."""
    return Caller(app, house.do("cleo", "directory.add", name="Entra ID").secret)


@pytest.fixture(scope="module")
def okta(house: World, app: Flask) -> Caller:
    """Borealis's directory."""
    return Caller(app, house.do("corin", "directory.add", name="Okta").secret)


def user(**more: Any) -> dict[str, Any]:
    """Somebody new of Aldermoor as Entra ID sends them."""
    mail = f"u-{uuid.uuid4().hex[:8]}@aldermoor.example"
    made = {
        "schemas": [USER, ENTERPRISE],
        "externalId": uuid.uuid4().hex,
        "userName": mail,
        "active": True,
        "displayName": "Uma Fern",
        "emails": [{"primary": True, "type": "work", "value": mail}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Uma Fern", "familyName": "Fern", "givenName": "Uma"},
        "roles": [{"value": "compliance"}],
        "password": "never-kept-anywhere",
        ENTERPRISE: {"department": "Patents"},
    }
    return made | more


def change(*operations: dict[str, Any]) -> dict[str, Any]:
    """A change."""
    return {"schemas": [PATCH], "Operations": list(operations)}


def error(answer: TestResponse, status: int, kind: str | None = None) -> dict[str, Any]:
    """The error message of an answer, which is of this status and kind."""
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = json.loads(answer.data)
    assert found["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert (found["status"], found.get("scimType")) == (str(status), kind)
    assert found["detail"]
    return found


def test_a_person_from_the_first_search_to_the_end(house: World, entra: Caller) -> None:
    given = user()
    asked = f'userName eq "{given["userName"]}"'
    assert entra.sought(asked) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    }
    made = entra("POST", "/Users", given)
    assert made.status_code == 201
    shown = json.loads(made.data)
    assert made.headers["Location"] == shown["meta"]["location"] == f"http://localhost{ROOT}/Users/{shown['id']}"
    assert made.headers["ETag"] == shown["meta"]["version"]
    assert {k: shown[k] for k in ("userName", "displayName", "externalId", "active")} == {
        k: given[k] for k in ("userName", "displayName", "externalId", "active")
    }
    assert "roles" not in shown
    assert not {"password", ENTERPRISE} & set(shown)
    assert [one["id"] for one in entra.sought(asked)["Resources"]] == [shown["id"]]
    assert [one["id"] for one in entra.sought(f'externalId eq "{given["externalId"]}"')["Resources"]] == [shown["id"]]
    path = f"/Users/{shown['id']}"
    off = entra("PATCH", path, change({"op": "Replace", "path": "active", "value": "False"}))
    assert (off.status_code, json.loads(off.data)["active"]) == (200, False)
    assert shown["id"] in {one["id"] for one in entra.sought("active eq false")["Resources"]}
    on = entra("PATCH", path, change({"op": "replace", "value": {"active": True}}))
    assert json.loads(on.data)["active"] is True
    assert entra("DELETE", path).status_code == 204
    for method, body in (
        ("GET", None),
        ("DELETE", None),
        ("PUT", given),
        ("PATCH", change({"op": "replace", "value": {"active": True}})),
    ):
        error(entra(method, path, body), 404)
    assert json.loads(entra("POST", "/Users", given).data)["id"] == shown["id"]
    row = House(house).row(User, uuid.UUID(shown["id"]))
    assert (row.role, row.active) == ("partner", False)


def test_ending_somebody_signs_them_out_at_once(house: World, entra: Caller, as_: Callable[[str], Visitor]) -> None:
    bram, browser = house.people["bram"].user, as_("bram")
    assert browser.get("/matters").status_code == 200
    found = entra.sought('userName eq "bram@aldermoor.example"')["Resources"]
    assert [(one["id"], one["roles"]) for one in found] == [(str(bram), [{"value": "custodian"}])]
    assert entra("PATCH", f"/Users/{bram}", change({"op": "replace", "value": {"active": False}})).status_code == 200
    assert browser.get("/matters").status_code == 303
    ends = House(house).rows(Session, Session.user_id == bram, Session.ended_at.is_(None))
    assert ends == []
    again = entra("PATCH", f"/Users/{bram}", change({"op": "replace", "value": {"active": True}}))
    error(again, 503)
    assert again.headers["Retry-After"]
    house.worker.drain("member.lapse")
    assert entra("PATCH", f"/Users/{bram}", change({"op": "replace", "value": {"active": True}})).status_code == 200


def test_another_organisations_people_do_not_exist(house: World, entra: Caller, okta: Caller) -> None:
    theirs, before = house.people["pia"].user, House(house).dump()
    bodies = {"PUT": user(), "PATCH": change({"op": "replace", "value": {"active": False}})}
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        there = error(entra(method, f"/Users/{theirs}", bodies.get(method)), 404)
        assert there == error(entra(method, f"/Users/{uuid.uuid4()}", bodies.get(method)), 404)
    assert House(house).dump() == before
    assert entra.sought('userName eq "pia@borealis.example"')["totalResults"] == 0
    for caller, slug in ((entra, "aldermoor"), (okta, "borealis")):
        page = json.loads(caller("GET", "/Users").data)
        assert page["totalResults"] == len(page["Resources"]) >= 3
        assert {one["userName"].rpartition("@")[2] for one in page["Resources"]} == {f"{slug}.example"}


def test_addresses_are_the_organisations_own_and_everybody_has_their_own(entra: Caller) -> None:
    assert (
        "userName"
        in error(entra("POST", "/Users", user(userName="eve@borealis.example")), 400, "invalidValue")["detail"]
    )
    error(entra("POST", "/Users", user(userName="no address")), 400, "invalidValue")
    error(entra("POST", "/Users", user(userName="Ada@Aldermoor.example")), 409, "uniqueness")
    mine = json.loads(entra("POST", "/Users", user()).data)
    path = f"/Users/{mine['id']}"
    error(entra("PUT", path, user(userName="ada@aldermoor.example")), 409, "uniqueness")
    taken = change({"op": "Replace", "path": "userName", "value": "cleo@aldermoor.example"})
    error(entra("PATCH", path, taken), 409, "uniqueness")
    assert json.loads(entra("GET", path).data) == mine


def test_pages_and_chosen_attributes(entra: Caller) -> None:
    for _ in range(3):
        entra("POST", "/Users", user())
    every = [one["id"] for one in json.loads(entra("GET", "/Users?count=200").data)["Resources"]]
    seen: list[str] = []
    while len(seen) < len(every):
        page = json.loads(entra("GET", f"/Users?startIndex={len(seen) + 1}&count=2").data)
        assert page["totalResults"] == len(every)
        assert page["startIndex"] == len(seen) + 1
        seen += [one["id"] for one in page["Resources"]]
    assert seen == every
    assert json.loads(entra("GET", "/Users?count=0").data)["Resources"] == []
    one = json.loads(entra("GET", f"/Users/{every[0]}?attributes=userName,name.formatted").data)
    assert set(one) == {"schemas", "id", "userName", "name"}
    assert "emails" not in json.loads(entra("GET", f"/Users/{every[0]}?excludedAttributes=emails").data)


def test_versions(entra: Caller) -> None:
    made = json.loads(entra("POST", "/Users", user()).data)
    path, tag = f"/Users/{made['id']}", made["meta"]["version"]
    assert entra("GET", path, If_None_Match=tag).status_code == 304
    renamed = change({"op": "replace", "path": "displayName", "value": "Uma Stone"})
    assert entra("PATCH", path, renamed, If_Match=tag).status_code == 200
    assert entra("GET", path, If_None_Match=tag).status_code == 200
    for stale in (tag, '"unreadable"', "nonsense"):
        error(entra("PATCH", path, renamed, If_Match=stale), 412)
        error(entra("DELETE", path, If_Match=stale), 412)
    assert entra("DELETE", path, If_Match="*").status_code == 204


def test_what_scim_is_here(entra: Caller) -> None:
    config = json.loads(entra("GET", "/ServiceProviderConfig").data)
    assert (config["patch"]["supported"], config["bulk"]["supported"], config["filter"]["maxResults"]) == (
        True,
        False,
        200,
    )
    assert json.loads(entra("GET", "/ResourceTypes").data)["Resources"][0]["endpoint"] == "/Users"
    assert json.loads(entra("GET", "/ResourceTypes/User").data)["schema"] == USER
    named = {one["name"] for one in json.loads(entra("GET", f"/Schemas/{USER}").data)["attributes"]}
    shown = json.loads(entra("GET", "/Users?count=1").data)["Resources"][0]
    assert set(shown) <= named | {"schemas", "id", "meta", "externalId"}
    assert json.loads(entra("GET", "/Schemas").data)["totalResults"] == 1
    for path in ("/Groups", "/Bulk", "/Me", "/Users/not-an-id", "/", "/Schemas/nothing", "/Users/x/y"):
        error(entra("GET", path), 404)
    error(entra("POST", "/Bulk", {}), 405)
    error(entra("PATCH", "/Users", {}), 405)


HOSTILE: dict[str, Any] = {
    "no JSON": b"{",
    "a member twice": b'{"schemas": ["' + USER.encode() + b'"], "userName": "a@aldermoor.example", "userName": "b"}',
    "nested deeply": b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "NaN": b'{"userName": NaN}',
    "a list": b"[]",
    "nothing": b"",
    "no UTF-8": b'{"userName": "\xff"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies(house: World, entra: Caller, name: str) -> None:
    before = House(house).dump()
    for method, path in (("POST", "/Users"), ("PUT", f"/Users/{uuid.uuid4()}"), ("PATCH", f"/Users/{uuid.uuid4()}")):
        assert entra(method, path, HOSTILE[name]).status_code == 400
    assert House(house).dump() == before


def test_huge_and_foreign_bodies(entra: Caller) -> None:
    error(entra("POST", "/Users", b'{"a": "' + b"x" * MOST_BYTES + b'"}'), 413)
    error(entra("POST", "/Users", user(), Content_Type="text/plain"), 415)
    error(entra("POST", "/Users", user(), Content_Encoding="gzip"), 415)
    assert entra("POST", "/Users", user(), Content_Type="application/json; charset=utf-8").status_code == 201
    deep = "(" * 300 + 'userName eq "a"' + ")" * 300
    error(entra("GET", f"/Users?filter={deep}"), 400, "invalidFilter")
    error(entra("GET", "/Users?count=many"), 400, "invalidValue")
    error(entra("GET", "/Users?filter=%ff"), 400)


def test_only_the_secret_of_a_directory_opens_it_and_it_opens_nothing_else(
    house: World, app: Flask, entra: Caller, as_: Callable[[str], Visitor]
) -> None:
    token = house.do("cleo", "token.create", scopes=["everything"], name="no directory").secret
    for secret in (token, "", "drs_" + "x" * 43, entra.secret + "x", entra.secret.replace("drs_", "dr_")):
        answer = Caller(app, secret)("GET", "/Users")
        error(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for path in ("/ServiceProviderConfig", "/Schemas", "/Users", f"/Users/{uuid.uuid4()}"):
        bare = app.test_client().get(ROOT + path)
        error(bare, 401)
        assert as_("cleo").get(ROOT + path).status_code == 401
    headers = {"Authorization": f"Bearer {entra.secret}"}
    for path in ("/api/v1/users", "/api/v1/directories", "/api/v1/matters"):
        assert app.test_client().get(path, headers=headers).status_code == 401


def test_guessing_secrets_is_bounded(house: World, okta: Caller) -> None:
    config = replace(house.config, limit_address=3)
    client = create_app(config, replace(house.services, config=config)).test_client()
    known = {"REMOTE_ADDR": "192.0.2.99"}

    def asked(secret: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {secret}"}
        return client.get(f"{ROOT}/Users?count=1", headers=headers, environ_base=known)

    answers = [asked(f"drs_{'x' * 43}") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    error(answers[-1], 429)
    assert answers[-1].headers["Retry-After"]
    assert asked(okta.secret).status_code == 200


def test_everything_is_recorded_as_the_directorys(house: World, entra: Caller) -> None:
    entra("POST", "/Users", user())
    kept = House(house)
    newest = kept.rows(AuditEntry, AuditEntry.act == "account.create", AuditEntry.outcome == "done")[-1]
    assert (newest.actor_id, newest.actor_organisation_id) == (None, house.people["cleo"].organisation)


def test_the_page_of_the_directory(house: World, as_: Callable[[str], Visitor]) -> None:
    corin = as_("corin")
    made = corin.post("/directory", name="Okta preview", days="30")
    assert made.status_code == 201
    assert "drs_" in made.text
    assert f"http://localhost{ROOT}" in made.text
    row = next(one for one in House(house).rows(Directory) if one.name == "Okta preview")
    listed = corin.get("/directory").text
    assert "drs_" not in listed
    assert "never" in listed
    wrong = corin.post("/directory", name="x", days="900")
    assert wrong.status_code == 422
    assert corin.post(f"/directory/{row.id}/revoke").status_code == 303
    assert "Revoked" in corin.get("/directory").text
    assert as_("bodil").get("/directory").status_code == 403
    assert as_("bodil").post("/directory", name="Mine", days="3").status_code == 404
    assert "/directory" in corin.get("/accounts").text
    assert "/directory" not in as_("bodil").get("/accounts").text
