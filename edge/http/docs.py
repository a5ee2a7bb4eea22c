"""What can be asked of us, for programs (`/openapi.json`) and for people (`/api`, `/`): made of what the contracts say of
themselves. Nothing on the page comes from another machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from edge.http.contract import Contract

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; background: #f2f2f2; padding: .1em .3em; border-radius: 3px; }
pre { padding: .8em; overflow-x: auto; }
table { border-collapse: collapse; }
td { padding: .2em 1em .2em 0; vertical-align: top; }
h2 code { background: none; padding: 0; }
"""
_EXAMPLES = """\
curl --data-binary @photo.jpg {at}/cut --output cut.png
curl --data-binary @photo.jpg '{at}/cut?background=white&amp;format=jpeg' --output cut.jpg
curl --form file=@photo.jpg {at}/api/remove --output cut.png
"""


def openapi(contracts: Sequence[Contract]) -> dict[str, Any]:
    """The OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0). Every path may also answer as `_also` says."""
    paths = {}
    for contract in contracts:
        for path, operations in contract.paths.items():
            paths[path] = {
                method: {**operation, "tags": [contract.name], "responses": {**_also(operation), **operation["responses"]}}
                for method, operation in operations.items()
            }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "edge-matting",
            "version": version("edge-matting"),
            "description": "Cuts people out of photos, on this machine. Photos are not kept.",
        },
        "paths": paths,
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}}},
    }


def _also(operation: Mapping[str, Any]) -> dict[str, Any]:
    """What any endpoint may say, in the shape of its other refusals."""
    refusals = [each for code, each in operation["responses"].items() if code >= "400"]
    content = refusals[0]["content"] if refusals else {"application/json": {}}
    words = {
        "401": "the key is missing or wrong",
        "403": "a page of another origin, or a wrong key",
        "408": "the body came too slowly",
        "413": "the body or the photo is too large",
        "421": "the Host header names another machine",
        "429": "too many photos are waiting: see Retry-After",
        "500": "a fault of ours",
        "503": "the service stops, or its engine failed: see Retry-After",
        "504": "the photo was not cut in time",
        "507": "there is no room for the photo",
    }
    return {code: {"description": each, "content": content} for code, each in words.items()}


def docs_routes(contracts: Sequence[Contract]) -> Sequence[Route]:
    document = openapi(contracts)

    async def as_json(request: Request) -> Response:
        return JSONResponse(document)

    async def as_page(request: Request) -> Response:
        return HTMLResponse(_page(document, f"{request.url.scheme}://{request.headers['host']}"))

    return [Route("/openapi.json", as_json), Route("/api", as_page), Route("/", as_page)]


def _page(document: Mapping[str, Any], at: str) -> str:
    parts = [f"<pre>{_EXAMPLES.replace('{at}', escape(at))}</pre>"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts.append(f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(operation['summary'])}.</p>")
            rows = [(each["name"], each.get("description", "")) for each in operation.get("parameters", [])]
            for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                for name, each in body["schema"].get("properties", {}).items():
                    rows.append((f"{name} ({kind})", each.get("description", "")))
            cells = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{escape(words)}</td></tr>" for name, words in rows)
            parts.append(f"<table>{cells}</table>")
    links = '<p><a href="/openapi.json">openapi.json</a>, <a href="/status">status</a>, <a href="/metrics">metrics</a></p>'
    head = f'<meta charset="utf-8"><title>edge-matting</title><style>{_STYLE}</style>'
    return f"<!doctype html>{head}<h1>edge-matting</h1><p>{escape(document['info']['description'])}</p>{links}{''.join(parts)}"
