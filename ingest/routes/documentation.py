"""`/openapi.json` and `/docs`: what the API is, as a document and as a page that asks no other host for anything."""

from pathlib import Path

import flask_openapi_scalar
from flask import Blueprint, Response, current_app, send_from_directory

blueprint = Blueprint("documentation", __name__)
_SCALAR = Path(flask_openapi_scalar.__file__).parent / "templates" / "scalar" / "js"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bedside API</title>
</head>
<body>
<script id="api-reference" data-url="openapi.json"
 data-configuration='{"withDefaultFonts": false, "telemetry": false, "hideClientButton": true,
 "showDeveloperTools": "never", "agent": {"disabled": true}, "mcp": {"disabled": true}}'></script>
<script src="docs/scalar.js"></script>
</body>
</html>
"""
_OWN_HOST_ONLY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'"
)


@blueprint.get("/openapi.json")
def openapi_document() -> dict:
    """The OpenAPI document."""
    return current_app.api_doc  # type: ignore[attr-defined]


@blueprint.get("/docs")
def page() -> Response:
    """The page that shows it."""
    return Response(_PAGE, headers={"Content-Security-Policy": _OWN_HOST_ONLY}, mimetype="text/html")


@blueprint.get("/docs/scalar.js")
def script() -> Response:
    """The page's program, from the installed package."""
    return send_from_directory(_SCALAR, "scalar.standalone.js", mimetype="text/javascript", max_age=86_400)
