"""A sound production secret as the engine sends it, from which the tests of rules take away what each is about."""

from __future__ import annotations

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import ENVIRONMENT_VARIABLE

CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"


def variable(**properties: Raw) -> Resource:
    """One variable of a project that is yet to be made; a property given as None is left out."""
    stated: dict[str, Raw] = {
        "key": "STRIPE_SECRET_KEY",
        "value": Secret(CANARY),
        "sensitive": True,
        "targets": ["production"],
        "projectId": UNKNOWN,
        **properties,
    }
    return resource(ENVIRONMENT_VARIABLE, "stripe", {key: value for key, value in stated.items() if value is not None})
