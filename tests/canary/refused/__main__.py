"""Programs with a secret that a provider refuses, chosen by the environment; run by `test_canary.py`."""

import os

import pulumi
import pulumiverse_vercel as vercel

SECRET = "c4nary-of-a-refused-program"
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"

refusal = os.environ["CANARY_REFUSAL"]
project = vercel.Project("web", name="web")
given = {"projectId": project.id, "key": "PAYMENT_KEY", "targets": ["production"], "sensitive": True, "value": SECRET}

# The SDK's class would refuse some of these itself.
if refusal == "wrong type":
    pulumi.CustomResource(VARIABLE, "key", {**given, "value": [SECRET, {"nested": SECRET}]})
elif refusal == "unknown property":
    pulumi.CustomResource(VARIABLE, "key", {**given, "valeu": SECRET})
elif refusal == "missing property":
    pulumi.CustomResource(VARIABLE, "key", {name: value for name, value in given.items() if name != "key"})
elif refusal == "clash":
    for name in ("key", "again"):
        pulumi.CustomResource(VARIABLE, name, given)
elif refusal == "missing project":
    pulumi.CustomResource(VARIABLE, "key", {**given, "projectId": "prj_missing"})
elif refusal == "missing secret project":
    pulumi.CustomResource(VARIABLE, "key", {**given, "projectId": pulumi.Output.secret(SECRET)})
else:
    raise ValueError(refusal)
