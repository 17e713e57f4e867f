"""What is told to directories: accounts, lists, errors, and what of SCIM 2.0 there is here (RFC 7643, RFC 7644)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from dataroom.actions.views_people import AccountPage, AccountView
from dataroom.errors import DataroomError, Invalid

MEDIA = "application/scim+json"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
_PROVIDER = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
MOST = 200
"""How many accounts one answer holds at most."""
BY_DEFAULT = 100
SCIM_TYPES = frozenset({"invalidFilter", "invalidSyntax", "invalidPath", "invalidValue", "mutability", "uniqueness"})
"""The codes of errors that are detail error keywords of RFC 7644 section 3.12 as they stand."""


def etag(view: AccountView) -> str:
    """The entity tag of an account."""
    return f'W/"{view.version}"'


def user(view: AccountView, base: str) -> dict[str, Any]:
    """An account as a User resource; `base` is the address of the service provider."""
    found: dict[str, Any] = {
        "schemas": [USER],
        "id": str(view.id),
        "userName": view.email,
        "displayName": view.name,
        "name": {"formatted": view.name},
        "emails": [{"value": view.email, "type": "work", "primary": True}],
        "active": view.active,
        "meta": {
            "resourceType": "User",
            "created": view.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "location": f"{base}/Users/{view.id}",
            "version": etag(view),
        },
    }
    if view.external_id is not None:
        found["externalId"] = view.external_id
    if view.role is not None:
        found["roles"] = [{"value": view.role}]
    return found


def listed(page: AccountPage, start: int, base: str) -> dict[str, Any]:
    """A page of accounts as a list response."""
    return _list([user(view, base) for view in page.items], page.total, start)


def _list(resources: Sequence[Mapping[str, Any]], total: int, start: int = 1) -> dict[str, Any]:
    shown = {"totalResults": total, "startIndex": start, "itemsPerPage": len(resources)}
    return {"schemas": [_LIST], **shown, "Resources": list(resources)}


def status_of(error: DataroomError) -> int:
    """The HTTP status SCIM wants of an error: a value that is not taken is 400, a version that has passed is 412."""
    if isinstance(error, Invalid):
        return 400
    return 412 if error.code == "stale" else error.status


def error(given: DataroomError) -> dict[str, Any]:
    """An error message (RFC 7644 section 3.12)."""
    found: dict[str, Any] = {"schemas": [_ERROR], "status": str(status_of(given)), "detail": given.detail}
    kind = "invalidValue" if isinstance(given, Invalid) else given.code
    return found | ({"scimType": kind} if kind in SCIM_TYPES else {})


def provider_config(base: str) -> dict[str, Any]:
    """What is supported."""
    return {
        "schemas": [_PROVIDER],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A secret a compliance officer of the organisation makes on the page Directory.",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_types(base: str) -> dict[str, Any]:
    """The resources there are: users alone."""
    return _list([resource_type(base)], 1)


def resource_type(base: str) -> dict[str, Any]:
    """The resource type of users."""
    return {
        "schemas": [_TYPE],
        "id": "User",
        "name": "User",
        "description": "A person of the organisation",
        "endpoint": "/Users",
        "schema": USER,
        "schemaExtensions": [],
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/User"},
    }


def schemas(base: str) -> dict[str, Any]:
    """The schemas there are: that of users, with the attributes kept here."""
    return _list([schema(base)], 1)


def schema(base: str) -> dict[str, Any]:
    """The schema of users as kept here; what it does not name is not kept."""
    parts = [_attribute("formatted", "The name in full; the same as displayName")]
    mail = [
        _attribute("value", "The address", mutability="readOnly"),
        _attribute("type", "Always work", mutability="readOnly"),
        _attribute("primary", "Always true", kind="boolean", mutability="readOnly"),
    ]
    role = [_attribute("value", "custodian, partner or compliance", mutability="readOnly")]
    about = "The address the organisation's own sign-in announces, within its mail domains"
    return {
        "schemas": [_SCHEMA],
        "id": USER,
        "name": "User",
        "description": "A person of the organisation",
        "attributes": [
            _attribute("userName", about, required=True, uniqueness="server"),
            _attribute("displayName", "The name, until a sign-in tells it"),
            {**_attribute("name", "The name", kind="complex"), "subAttributes": parts},
            _attribute("active", "Whether they may sign in", kind="boolean"),
            {
                **_attribute("emails", "The userName", kind="complex", mutability="readOnly"),
                "multiValued": True,
                "subAttributes": mail,
            },
            {
                **_attribute("roles", "What the sign-in says", kind="complex", mutability="readOnly"),
                "multiValued": True,
                "subAttributes": role,
            },
        ],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{USER}"},
    }


def _attribute(
    name: str,
    description: str,
    *,
    kind: str = "string",
    required: bool = False,
    mutability: str = "readWrite",
    uniqueness: str = "none",
) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "multiValued": False,
        "description": description,
        "required": required,
        "caseExact": False,
        "mutability": mutability,
        "returned": "default",
        "uniqueness": uniqueness,
    }
