"""Recognises credentials by their published formats, and variables by names that announce a secret.

Formats come from what each vendor documents about its own tokens. A finding names the format, never the value.
"""

from __future__ import annotations

import binascii
import json
import math
import re
from base64 import urlsafe_b64decode
from collections import Counter
from typing import Final

_FORMATS: Final = (
    (
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,}",
    ),
    ("a GitLab token", ("glpat-",), r"glpat-[A-Za-z0-9_.-]{20,}"),
    (
        "a Vercel token",
        ("vcp_", "vci_", "vca_", "vcr_", "vck_", "vercel_blob_rw_"),
        r"vc[piark]_[A-Za-z0-9]{20,}|vercel_blob_rw_[A-Za-z0-9_]{20,}",
    ),
    (
        "an AWS access key id",
        ("AKIA", "ASIA", "ABIA", "ACCA"),
        r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Z0-9])",
    ),
    ("a Stripe secret key", ("k_live_", "k_test_"), r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"),
    ("a webhook signing secret", ("whsec_",), r"whsec_[A-Za-z0-9+/=]{16,}"),
    ("a Slack token", ("xox", "xapp-"), r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", ("hooks.slack.com/",), r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"),
    ("an Anthropic key", ("sk-ant-",), r"sk-ant-[A-Za-z0-9_-]{20,}"),
    (
        "an OpenAI key",
        ("sk-proj-", "T3BlbkFJ"),
        r"sk-proj-[A-Za-z0-9_-]{20,}|sk-[A-Za-z0-9]{16,}T3BlbkFJ[A-Za-z0-9]{16,}",
    ),
    ("an npm token", ("npm_",), r"npm_[A-Za-z0-9]{36}"),
    ("a Pulumi access token", ("pul-",), r"pul-[a-f0-9]{40}"),
    ("a Vault token", ("hvs.", "hvb."), r"hv[sb]\.[A-Za-z0-9_-]{20,}"),
    ("a SendGrid key", ("SG.",), r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("a Shopify token", ("shpat_", "shpca_", "shppa_", "shpss_"), r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("a PlanetScale credential", ("pscale_",), r"pscale_(?:tkn|pw)_[A-Za-z0-9_.-]{20,}"),
    ("a Square token", ("EAAA", "sq0"), r"EAAA[A-Za-z0-9_-]{50,}|sq0[a-z]{3}-[A-Za-z0-9_-]{20,}"),
    ("a JSON web token", (".eyJ",), r"eyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("a private key", ("PRIVATE KEY",), r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    ("an Azure account key", ("AccountKey=",), r"AccountKey=[A-Za-z0-9+/=]{40,}"),
    (
        "an Edge Config connection string",
        ("edge-config.vercel.com/",),
        r"https://edge-config\.vercel\.com/\S{0,300}[?&]token=",
    ),
    ("a URL with a password in it", ("@",), r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^/\s:@]*:[^/\s@]+@[^/\s]+"),
)
"""What each is called, texts of which it holds one or more, and its pattern.

Repetitions that something has to follow are bounded, or a long value would be searched again from each of its places.
"""
_BY_LITERAL: Final = tuple((literal, name, pattern) for name, literals, pattern in _FORMATS for literal in literals)

_CALLED_SECRET: Final = re.compile(
    r"SECRET|PASSWORD|PASSWD|PASSPHRASE|PASSCODE|(?:^|_)PWD(?:_|$)|(?:^|_)PASS$|PRIVATE_?KEY|CREDENTIAL|SERVICE_ROLE",
    re.IGNORECASE,
)
_CALLED_KEY: Final = re.compile(
    r"TOKEN|(?:ACCESS|API|COOKIE|ENCRYPTION|HMAC|JWT|MASTER|SESSION)_?KEY|(?:^|_)AUTH_KEY|BASIC_AUTH|SIGNING"
    r"|(?:^|_)DSN(?:_|$)|DATABASE_URL|CONNECTION_STRING"
    r"|(?:POSTGRES|MYSQL|MONGO|MONGODB|REDIS)(?:_PRISMA)?_UR[IL]",
    re.IGNORECASE,
)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGEST_NAME: Final = re.compile(
    r"(?:^|_)(?:SHA(?:1|256|512)?|COMMIT|REF|REV|REVISION|RELEASE|VERSION|BUILD|HASH|DIGEST|CHECKSUM|FINGERPRINT)(?:_ID)?$",
    re.IGNORECASE,
)
_PUBLISHABLE: Final = re.compile(
    r"pk_(?:live|test)_[A-Za-z0-9+/=_-]{10,}|sb_publishable_[A-Za-z0-9_-]{10,}|phc_[A-Za-z0-9]{20,}|G-[A-Z0-9]{10}"
    r"|pk\.eyJ[A-Za-z0-9._-]{10,}"
)
_GOOGLE_API_KEY: Final = re.compile(r"AIza[A-Za-z0-9_-]{35}")
_GOOGLE_IN_BROWSERS: Final = re.compile(r"FIREBASE|MAPS|PLACES", re.IGNORECASE)
_JSON_WEB_TOKEN: Final = re.compile(r"eyJ[A-Za-z0-9_-]+\.(?P<claims>eyJ[A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")
_PUBLIC_IDENTIFIER: Final = re.compile(
    r"(?:SITE_?KEY|PUBLISHABLE(?:_KEY)?|PUBLIC_?KEY|ANON_KEY|CLIENT_ID|APP_ID|PROJECT_ID)$"
)
_TOKEN_LIKE: Final = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
_HEX_LIKE: Final = re.compile(r"[0-9a-fA-F]{32,}")

_PUBLIC_PREFIXES: Final = (
    "NEXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "NUXT_PUBLIC_",
    "NUXT_ENV_",
    "PUBLIC_",
    "GATSBY_",
    "EXPO_PUBLIC_",
    "STORYBOOK_",
    "VUE_APP_",
    "REDWOOD_ENV_",
    "SANITY_STUDIO_",
)
"""What the frameworks that Vercel builds take as leave to publish a variable; they match it with case."""


def credential_format(value: str) -> str | None:
    """The name of the first known credential format found in a value, e.g. `a Stripe secret key`."""
    for literal, name, pattern in _BY_LITERAL:
        # Nearly every value has none of the literals, so that its patterns are not even compiled.
        if literal in value and re.search(pattern, value):
            return None if _is_anonymous_token(_bare(value)) else name
    return None


def announces_secret(name: str) -> bool:
    """Whether a variable's name says that its value is secret, e.g. `STRIPE_SECRET_KEY`."""
    return is_called_secret(name) or _CALLED_KEY.search(name) is not None


def is_called_secret(name: str) -> bool:
    """Whether a name says so in words that fit no key for browsers, e.g. `DB_PASSWORD`, but not `MAPS_API_KEY`."""
    return _CALLED_SECRET.search(name) is not None


def public_prefix(name: str) -> str | None:
    """The prefix by which a framework takes leave to publish a variable, e.g. `NEXT_PUBLIC_`, or None."""
    return next((prefix for prefix in _PUBLIC_PREFIXES if name.startswith(prefix)), None)


def is_publishable(value: str, name: str) -> bool:
    """Whether a value is a key that its vendor means to be public, e.g. a Stripe publishable key.

    Google's keys look the same for browsers (Maps, Firebase) and for servers (Gemini, which whoever has the key uses at
    the owner's expense), so the variable's name has to say both what it is for and that it is to be published.
    """
    if is_called_secret(name):  # a password that happens to look like such a key
        return False
    bare = _bare(value)
    if _GOOGLE_API_KEY.fullmatch(bare):
        return public_prefix(name) is not None and _GOOGLE_IN_BROWSERS.search(name) is not None
    return _PUBLISHABLE.fullmatch(bare) is not None or _is_anonymous_token(bare)


def names_public_identifier(name: str) -> bool:
    """Whether a variable's name says that its value is an identifier anybody may know, e.g. `RECAPTCHA_SITE_KEY`.

    The prefix that publishes a variable says nothing of the sort: `NEXT_PUBLIC_KEY` is a key. A `SEARCH_KEY` is one for
    browsers only where it has such a prefix; servers have keys that write to the index.
    """
    prefix = public_prefix(name)
    rest = name.removeprefix(prefix or "")
    return _PUBLIC_IDENTIFIER.search(rest) is not None or (prefix is not None and rest.endswith("SEARCH_KEY"))


def looks_random(value: str, name: str) -> bool:
    """Whether a value has the entropy of a generated secret (bits a character: 4 in base64, 3 in hexadecimal).

    A key that is publishable has it as well. Digests and commit SHAs cannot be told from secrets in hexadecimal, but by
    the variable's name.
    """
    bare = _bare(value)
    if _UUID.fullmatch(bare):
        return False
    if _HEX_LIKE.fullmatch(bare):
        return _DIGEST_NAME.search(name) is None and _entropy(bare) >= 3.0
    return _TOKEN_LIKE.fullmatch(bare) is not None and _entropy(bare) >= 4.0


def _bare(value: str) -> str:
    """A value without the blanks, line ends and quotes that came along when it was copied."""
    return value.strip().strip("\"'`").strip()


def _is_anonymous_token(value: str) -> bool:
    # Supabase gives browsers a JSON web token of the role `anon`; the one of `service_role` looks the same.
    token = _JSON_WEB_TOKEN.fullmatch(value)
    if token is None:
        return False
    try:
        claims = json.loads(urlsafe_b64decode(token["claims"] + "=="))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(claims, dict) and claims.get("role") == "anon"


def _entropy(value: str) -> float:
    counts = Counter(value)
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
