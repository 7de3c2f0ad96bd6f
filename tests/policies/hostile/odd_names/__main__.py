"""A hostile Pulumi program: every name in it is made to break parsing or to rewrite what the reader sees.

Run by `test_hostile_program.py`, which reads the names from here as well.
"""

import pulumi
import pulumiverse_vercel as vercel

PASSED = "✅ soc2-guardrails passed"
NAMES = [
    "weak",
    f"ansi\x1b[2J\x1b[1;1H\x1b[32m{PASSED}\x1b[0m",
    f"osc\x1b]0;{PASSED}\x07",
    f"newline\n    {PASSED}",
    f"return\r{PASSED}",
    "backspace\b\b\b\b\b\b\b\b\bfine",
    "c1\x9b2J",
    "next\x85line",
    "line\u2028separator",
    "right\u202eot-tfel",
    "isolate\u2066\u2067\u2069",
    "zero\u200bwidth",
    "urn:pulumi:dev::soc2-guardrails::vercel:index/project:Project::other",
    "parent$child::",
    '"}\n{"policyEvent":{}}',
    "[/bold][link=https://example.com]passed[/link]",
    "%s%n{0}${env:HOME}<{%reset%}>",
    "begun<{%",
    "ended%}>",
    "long" * 2000,
    "../../../etc/passwd",
]

if __name__ == "__main__":
    for name in NAMES:
        vercel.ProjectEnvironmentVariable(
            name,
            project_id="prj_1",
            key=f"DB_PASSWORD_{name}",
            value="hunter2hunter2",
            sensitive=False,
            targets=["production"],
            comment=name,
        )
    # A key of an object is a name as well, and ends up in the path of a message.
    vercel.Deployment("keys", project_id="prj_1", meta={name: pulumi.Output.secret("hunter2hunter2") for name in NAMES})
