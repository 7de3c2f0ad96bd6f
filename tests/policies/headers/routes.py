"""Routes as the engine sends them, for the tests of header rules."""

from __future__ import annotations

import json

from policies.judge.resources import Resource, resource
from policies.judge.values import Raw
from policies.subjects.tokens import PROJECT_ROUTE, REPOSITORY_FILE

STRONG = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
CANARY = "canary-" + "m3Vt8Qz1Kx6Jw9Rb4Ny7Hc2F"


def transform(name: str, value: object, op: str = "set") -> dict[str, Raw]:
    return {
        "type": "response.headers",
        "op": op,
        "target": json.dumps({"key": name}),
        "args": json.dumps(value),
    }


def route(*transforms: Raw, src: Raw = "^/.*$", name: str = "headers", **properties: Raw) -> Resource:
    stated: dict[str, Raw] = {
        "projectId": "prj_1",
        "srcSyntax": "regex",
        "route": {"src": src, "transforms": list(transforms)},
    }
    return resource(PROJECT_ROUTE, name, stated | properties)


def vercel_json(declared: object, **properties: Raw) -> Resource:
    stated: dict[str, Raw] = {"repository": "shop", "file": "vercel.json", "content": json.dumps(declared)}
    return resource(REPOSITORY_FILE, "vercel-json", stated | properties)


def headers(source: str, **values: str) -> dict[str, object]:
    """An entry of vercel.json; underscores in the names stand for hyphens."""
    return {
        "source": source,
        "headers": [{"key": name.replace("_", "-"), "value": value} for name, value in values.items()],
    }
