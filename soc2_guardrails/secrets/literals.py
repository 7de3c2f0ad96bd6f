"""Recognises secrets that stand where anybody can read them, by the formats that vendors publish for their own.

The policy pack, which stands alone, has the same formats; a test holds the two equal.
"""

import re
from typing import Final

FORMATS: Final = (
    ("a GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,}"),
    ("a Vercel token", r"vc[piark]_[A-Za-z0-9]{20,}|vercel_blob_rw_[A-Za-z0-9_]{20,}"),
    ("an AWS access key id", r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Z0-9])"),
    ("a Stripe secret key", r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"),
    ("a webhook signing secret", r"whsec_[A-Za-z0-9+/=]{16,}"),
    ("a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"),
    ("an Anthropic key", r"sk-ant-[A-Za-z0-9_-]{20,}"),
    ("an OpenAI key", r"sk-proj-[A-Za-z0-9_-]{20,}|sk-[A-Za-z0-9]{16,}T3BlbkFJ[A-Za-z0-9]{16,}"),
    ("an npm token", r"npm_[A-Za-z0-9]{36}"),
    ("a Pulumi access token", r"pul-[a-f0-9]{40}"),
    ("a Vault token", r"hv[sb]\.[A-Za-z0-9_-]{20,}"),
    ("a SendGrid key", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("a Shopify token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("a PlanetScale credential", r"pscale_(?:tkn|pw)_[A-Za-z0-9_.-]{20,}"),
    ("a Square token", r"EAAA[A-Za-z0-9_-]{50,}|sq0[a-z]{3}-[A-Za-z0-9_-]{20,}"),
    ("a JSON web token", r"eyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("a private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    ("an Azure account key", r"AccountKey=[A-Za-z0-9+/=]{40,}"),
    ("an Edge Config connection string", r"https://edge-config\.vercel\.com/\S{0,300}[?&]token="),
    ("a URL with a password in it", r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^/\s:@]*:[^/\s@]+@[^/\s]+"),
)
"""What each is called, and its pattern. Repetitions that something has to follow are bounded."""

_PUBLISHABLE: Final = frozenset({"a JSON web token"})
"""Formats that browsers may hold too, such as an anonymous role's; the pack, which looks inside, judges those."""


def credential_format(text: str) -> str | None:
    """What a text has in it that is certainly a secret, such as `a Stripe secret key`; None where there is nothing."""
    found = (name for name, pattern in FORMATS if name not in _PUBLISHABLE and re.search(pattern, text))
    return next(found, None)
