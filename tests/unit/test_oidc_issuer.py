"""The registry row, the addresses that may be called, and finding the row of somebody who signs in."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any
from uuid import UUID

import pytest

from dataroom.adapters.oidc import Issuer, SignInRefused, organisation_for
from dataroom.adapters.oidc_http import Egress, Wire, strict_object
from dataroom.adapters.oidc_issuer import is_plain_url
from dataroom.errors import Invalid

ROW = Issuer(
    organisation=UUID(int=1),
    issuer="https://sso.aurora.example/realms/main",
    client_id="dataroom",
    client_secret="s",
    redirect_uri="https://room.example/signin/aurora",
    slug="aurora",
    domains=frozenset({"aurora.example", "Aurora.Co.Example"}),
)
OTHER = replace(ROW, organisation=UUID(int=2), slug="borea", domains=frozenset({"borea.example"}))


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "http://sso.aurora.example"},
        {"issuer": "https://sso.aurora.example/?a=b"},
        {"issuer": "https://sso.aurora.example/#f"},
        {"issuer": "https://u:p@sso.aurora.example"},
        {"issuer": "https://"},
        {"issuer": ""},
        {"issuer": "http://127.0.0.1.example"},
        {"issuer": "ftp://127.0.0.1"},
        {"redirect_uri": "http://room.example/cb"},
        {"redirect_uri": "https://room.example/cb#x"},
        {"redirect_uri": "javascript:alert(1)"},
        {"algorithms": ()},
        {"algorithms": ("RS256", "HS256")},
        {"algorithms": ("none",)},
        {"role_map": {"boss": "administrator"}},
        {"client_id": ""},
        {"client_id": "a:b"},
        {"client_secret": ""},
        {"client_secret": "\u20ac"},
        {"client_secret": "a\nb"},
        {"issuer": "http://[::1"},
        {"redirect_uri": "http://[::1"},
        {"scopes": ("profile",)},
        {"ceiling": -1},
    ],
)
def test_an_unsafe_row_cannot_be_made(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        replace(ROW, **change)


def test_a_row_cannot_be_changed_afterwards() -> None:
    given = {"patents": "partner"}
    row = replace(ROW, role_map=given)
    given["guests"] = "custodian"
    assert dict(row.role_map) == {"patents": "partner"}
    with pytest.raises(TypeError):
        row.role_map["guests"] = "custodian"  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        row.ceiling = 9  # type: ignore[misc]
    assert "client_secret" not in repr(row)


@pytest.mark.parametrize(
    ("url", "https", "loopback"),
    [
        ("https://a.example/x?y=z", True, False),
        ("https://a.example:8443/", True, False),
        ("http://127.0.0.1:1/x", False, True),
        ("http://[::1]:1/x", False, True),
        ("http://localhost/x", False, True),
        ("https://127.0.0.1/x", True, False),
        ("http://127.0.0.2/x", False, False),
        ("http://127.0.0.1@evil.example/", False, False),
        ("https://a.example@evil.example/", False, False),
        ("https://a.example:0/", False, False),
        ("https://a.example:99999/", False, False),
        ("https://a.example:x/", False, False),
        ("https://a.example/#", False, False),
        ("https://a.example/\r\nX: y", False, False),
        ("https://a.example/ x", False, False),
        ("https://a.example\\@evil.example/", False, False),
        ("https://\u0430.example/", False, False),
        ("https://[::1", False, False),
        ("https:///x", False, False),
        ("//a.example/", False, False),
        ("https://a.example/" + "x" * 2048, False, False),
    ],
)
def test_which_addresses_may_be_called(url: str, https: bool, loopback: bool) -> None:
    assert is_plain_url(url, loopback=False) is https
    assert is_plain_url(url, loopback=True) is loopback


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("anna@aurora.example", ROW),
        ("  Anna@AURORA.example ", ROW),
        ("anna@aurora.co.example", ROW),
        ("aurora", ROW),
        ("Aurora", ROW),
        ("jon@borea.example", OTHER),
        ("anna@mail.aurora.example", None),
        ("anna@notaurora.example", None),
        ("anna@aurora.example.evil.example", None),
        ("aurora.example@evil.example", None),
        ("anna@borea.example@aurora.example.", None),
        ("@aurora.example", None),
        ("aurora.example", None),
        ("", None),
        ("   ", None),
        ("@", None),
        ("x" * 400, None),
    ],
)
def test_home_realm(text: str, found: Issuer | None) -> None:
    assert organisation_for(text, [ROW, OTHER]) is found


def test_two_rows_that_claim_one_name_are_no_answer() -> None:
    twin = replace(OTHER, slug="aurora", domains=ROW.domains)
    assert organisation_for("aurora", [ROW, twin]) is None
    assert organisation_for("a@aurora.example", [ROW, twin]) is None


def test_a_row_without_slug_is_not_found_by_nothing() -> None:
    assert organisation_for("", [replace(ROW, slug="")]) is None


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("https://127.0.0.1:1/", False),
        ("https://10.0.0.1/", False),
        ("https://192.168.1.1/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://100.64.0.1/", False),
        ("https://[::1]/", False),
        ("https://[::ffff:127.0.0.1]/", False),
        ("https://[fd00::1]/", False),
        ("https://[fe80::1]/", False),
        ("https://0.0.0.0/", False),
        ("https://224.0.0.1/", False),
        ("https://localhost/", False),
        ("http://10.0.0.1/", True),
        ("http://127.0.0.1/", False),
        ("https://127.0.0.1/", True),
    ],
)
def test_private_addresses_are_out_of_reach(url: str, loopback: bool) -> None:
    with pytest.raises(SignInRefused) as refused:
        Wire(Egress(timeout=0.5)).tell(url, "", loopback=loopback, headers={})
    assert refused.value.reason == "address-refused"


@pytest.mark.parametrize(
    "url", ["https://keys.example/jwks", "https://aurora.example/", "https://[::1", "https://1.1.1.1/"]
)
def test_a_host_that_was_not_registered_for_the_issuer_is_not_called(url: str) -> None:
    for ask in (lambda: Wire(Egress()).get(ROW, url), lambda: Wire(Egress()).post(ROW, url, "", {})):
        with pytest.raises(SignInRefused) as refused:
            ask()
        assert refused.value.reason in {"host-not-registered", "address-refused"}
    assert ROW.callable_hosts == {"sso.aurora.example"}
    assert replace(ROW, hosts=frozenset({"keys.example"})).callable_hosts == {"sso.aurora.example", "keys.example"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'"x"',
        b"null",
        b"{",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_json_is_read_strictly(data: bytes) -> None:
    with pytest.raises(SignInRefused) as refused:
        strict_object(data)
    assert refused.value.reason == "malformed-json"


def test_json_objects_are_read() -> None:
    assert strict_object(b'{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
