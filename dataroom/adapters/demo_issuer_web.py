"""The pages and endpoints of the demonstration provider, as a Flask application.

One page lists the company's people; one click signs in as one of them. No script, no inline style, strict
CSP.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from urllib.parse import urlencode, urlsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from flask import Blueprint, Flask, Response, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from dataroom.adapters.demo_issuer_logout import announce
from dataroom.adapters.demo_issuer_server import SCOPES, Company, DemoServer, Memory, SignedIn, new_sid

ACRS = ("urn:dataroom:demo:one-click", "urn:dataroom:demo:second-factor")
_SESSION_SECONDS = 8 * 3600


def build_app(company: Company) -> Flask:
    """The application of one company's provider."""
    app = Flask(__name__, template_folder="demo_issuer_pages", static_folder="demo_issuer_pages/static")
    app.config.update(TRUSTED_HOSTS=[urlsplit(company.issuer).hostname], MAX_CONTENT_LENGTH=65_536)
    pages = _Pages(app, company)
    routes = Blueprint("issuer", __name__)
    routes.add_url_rule("/", view_func=pages.home)
    routes.add_url_rule("/.well-known/openid-configuration", view_func=pages.discovery)
    routes.add_url_rule("/jwks", view_func=pages.jwks)
    routes.add_url_rule("/authorize", view_func=pages.ask, methods=["GET"])
    routes.add_url_rule("/authorize", view_func=pages.picked, methods=["POST"])
    routes.add_url_rule("/token", view_func=pages.token, methods=["POST"])
    routes.add_url_rule("/userinfo", view_func=pages.userinfo, methods=["GET", "POST"])
    routes.add_url_rule("/end-session", view_func=pages.end_session, methods=["GET", "POST"])
    app.register_blueprint(routes)
    app.after_request(pages.guard)
    return app


class _Pages:
    """The views. Sessions are in memory, named by a cookie of this port."""

    def __init__(self, app: Flask, company: Company) -> None:
        self._company = company
        self._server = DemoServer(app, company)
        self._sessions: Memory[SignedIn] = Memory(_SESSION_SECONDS)
        self._cookie = f"demo_issuer_{urlsplit(company.issuer).port}"
        self._secret = secrets.token_bytes(32)
        origins = sorted({_origin(uri) for uri in company.redirect_uris + company.post_logout_redirect_uris})
        self._csp = (
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {' '.join(origins)}"
        )

    def guard(self, response: Response) -> Response:
        """Put the security headers on every answer."""
        response.headers["Content-Security-Policy"] = self._csp
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        response.headers["Cache-Control"] = "no-store"
        return response

    def home(self) -> str:
        """What this is, for somebody who strayed here."""
        return render_template("home.html", company=self._company.company)

    def discovery(self) -> Response:
        """The metadata of OpenID Connect Discovery 1.0."""
        base, secret = self._company.issuer, self._company.client_secret
        methods = ["none"] if secret is None else ["client_secret_basic", "client_secret_post"]
        return jsonify(
            issuer=base,
            authorization_endpoint=base + "/authorize",
            token_endpoint=base + "/token",
            userinfo_endpoint=base + "/userinfo",
            jwks_uri=base + "/jwks",
            end_session_endpoint=base + "/end-session",
            response_types_supported=["code"],
            response_modes_supported=["query"],
            grant_types_supported=["authorization_code"],
            subject_types_supported=["public"],
            scopes_supported=list(SCOPES),
            acr_values_supported=list(ACRS),
            id_token_signing_alg_values_supported=[self._company.algorithm],
            token_endpoint_auth_methods_supported=methods,
            code_challenge_methods_supported=["S256"],
            authorization_response_iss_parameter_supported=True,
            backchannel_logout_supported=True,
            backchannel_logout_session_supported=True,
        )

    def jwks(self) -> Response:
        """The public key."""
        key = self._company.key
        public = {**key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": self._company.algorithm}
        return jsonify(keys=[public])

    def ask(self) -> AnyResponse:
        """Show who may be picked; with prompt=none answer at once instead."""
        silent = request.args.get("prompt") == "none"
        known = self._fresh_session()
        try:
            grant = self._server.get_consent_grant(end_user=known)
        except OAuth2Error as error:
            return self._refuse(error)
        if silent:
            return self._answer(grant, known)
        browser = request.cookies.get(self._cookie) or secrets.token_urlsafe(32)
        page = render_template(
            "pick.html",
            company=self._company.company,
            people=self._company.people,
            current=known.person.sub if known else "",
            application=urlsplit(grant.request.payload.redirect_uri).netloc,
            second_factor=_acr() == ACRS[1],
            query=urlencode(list(request.args.items(multi=True))),
            seal=self._seal(browser),
        )
        return self._remember(make_response(page), browser)

    def picked(self) -> AnyResponse:
        """Sign in as the person picked, or carry the refusal back."""
        browser = request.cookies.get(self._cookie, "")
        if not browser or not hmac.compare_digest(request.form.get("seal", ""), self._seal(browser)):
            return self._page_error("This page had expired. Please go back to the data room and sign in again.")
        person = self._company.person(request.form.get("pick", ""))
        user = SignedIn(person, int(time.time()), _acr(), new_sid()) if person else None
        try:
            grant = self._server.get_consent_grant(end_user=user)
        except OAuth2Error as error:
            return self._refuse(error)
        response = self._answer(grant, user)
        if user is None:
            return response
        self._sessions.take(browser)
        fresh = secrets.token_urlsafe(32)
        self._sessions.put(fresh, user)
        return self._remember(response, fresh)

    def token(self) -> Response:
        """The token endpoint."""
        response: Response = self._server.create_token_response()
        return response

    def userinfo(self) -> Response:
        """The userinfo endpoint."""
        response: Response = self._server.create_endpoint_response("userinfo")
        return response

    def end_session(self) -> AnyResponse:
        """End the session here, tell the data room, and go back only to a registered address; else say it is done."""
        ended = self._sessions.take(request.cookies.get(self._cookie, ""))
        if ended is not None:
            announce(self._company, ended)
        wanted, state = request.values.get("post_logout_redirect_uri", ""), request.values.get("state")
        ours = request.values.get("client_id") == self._company.client_id
        if ours and wanted in self._company.post_logout_redirect_uris:
            mark = "&" if "?" in wanted else "?"
            response: AnyResponse = redirect(wanted + (mark + urlencode({"state": state}) if state else ""))
        else:
            response = make_response(render_template("ended.html", company=self._company.company))
        response.delete_cookie(self._cookie, httponly=True, samesite="Lax")
        return response

    def _fresh_session(self) -> SignedIn | None:
        known = self._sessions.get(request.cookies.get(self._cookie, ""))
        limit = request.args.get("max_age", "")
        if known is None or (limit and (not limit.isdecimal() or time.time() - known.auth_time > int(limit))):
            return None
        return known if known.acr == _acr() or not request.args.get("acr_values") else None

    def _seal(self, browser: str) -> str:
        return hmac.new(self._secret, browser.encode(), hashlib.sha256).hexdigest()

    def _remember(self, response: AnyResponse, browser: str) -> AnyResponse:
        response.set_cookie(self._cookie, browser, max_age=_SESSION_SECONDS, httponly=True, samesite="Lax")
        return response

    def _answer(self, grant: AuthorizationCodeGrant, user: SignedIn | None) -> AnyResponse:
        response: AnyResponse = self._server.create_authorization_response(grant_user=user, grant=grant)
        return response

    def _refuse(self, error: OAuth2Error) -> AnyResponse:
        if not error.redirect_uri:
            return self._page_error("The data room's request does not fit what this sign-in has on record.")
        response: AnyResponse = self._server.handle_error_response(None, error)
        mark = "&" if "?" in response.headers["Location"] else "?"
        response.headers["Location"] += mark + urlencode({"iss": self._company.issuer})
        return response

    def _page_error(self, sentence: str) -> AnyResponse:
        page = render_template("refused.html", company=self._company.company, sentence=sentence)
        return make_response(page, 400)


def _acr() -> str:
    """The first class of authentication asked for that exists, else the lowest."""
    return next((name for name in request.args.get("acr_values", "").split() if name in ACRS), ACRS[0])


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"
