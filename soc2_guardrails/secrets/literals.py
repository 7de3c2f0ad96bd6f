"""Recognises secrets that stand where anybody can read them, by the formats that vendors publish for their own.

The policy pack, which stands alone, has the same formats; a test holds the two equal.
"""

import re
from typing import Final

FORMATS: Final = (
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

Repetitions that something has to follow are bounded, so that a long text is not searched again from each of its places.
"""

_PUBLISHABLE: Final = frozenset({"a JSON web token"})
"""Formats that browsers may hold too, such as an anonymous role's; the pack, which looks inside, judges those."""


def credential_format(text: str) -> str | None:
    """What a text has in it that is certainly a secret, such as `a Stripe secret key`; None where there is nothing."""
    found = (
        name
        for name, literals, pattern in FORMATS
        if name not in _PUBLISHABLE and any(literal in text for literal in literals) and re.search(pattern, text)
    )
    return next(found, None)
