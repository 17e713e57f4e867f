"""Security headers on every answer of the application, pages and interface alike."""

from __future__ import annotations

from flask import Flask, Response, request

from dataroom.config import Config

PAGE = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
CLOSED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "hid",
        "microphone",
        "midi",
        "payment",
        "serial",
        "usb",
    )
)


def register(app: Flask, config: Config) -> None:
    """Adds the headers after every request of `app`."""

    @app.after_request
    def protect(response: Response) -> Response:
        policy = PAGE if response.mimetype == "text/html" else CLOSED
        given = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": PERMISSIONS,
            "X-Frame-Options": "DENY",
        }
        if config.secure:
            given["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        for name, value in given.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "asset" or response.status_code != 200:
            response.headers["Cache-Control"] = "no-store"
        return response
