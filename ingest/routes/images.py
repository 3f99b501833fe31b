"""`GET /v1/images/{sha256}`: a flow image."""

from flask import Response
from flask_openapi.blueprint import APIBlueprint

from ingest import openapi
from ingest.errors import NotFound
from ingest.images import media_type
from ingest.openapi import ImagePath
from ingest.routes.common import authorize, service

blueprint = APIBlueprint("images", __name__, abp_tags=[{"name": "images"}], abp_security=openapi.TOKEN)
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@blueprint.get(
    "/v1/images/<sha256>",
    operation_id="show_image",
    responses={
        **openapi.responses(200, None, "The image.", 401, 403, 404, 422),
        "200": {
            "description": "The image; octets where `/add_patient` was given something else.",
            "content": {"image/png": _BINARY, "image/jpeg": _BINARY, "application/octet-stream": _BINARY},
        },
    },
)
def show_image(path: ImagePath) -> Response:
    """The flow image of that digest."""
    by = authorize("clinician")
    content = service().images.read(path.sha256)
    if content is None:
        raise NotFound("not-found", "There is no image with that digest.")
    service().saw(by, "image", image=path.sha256[:16])
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, 200, headers, mimetype=media_type(content))
