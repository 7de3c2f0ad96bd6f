"""A project and its 199 environment variables: 200 objects, for runs that are killed on the way."""

import pulumi
import pulumiverse_vercel as vercel

VARIABLES = 199

project = vercel.Project("shop", name="shop")
for number in range(VARIABLES):
    vercel.ProjectEnvironmentVariable(
        f"variable-{number}",
        project_id=project.id,
        key=f"VARIABLE_{number}",
        value=pulumi.Output.secret(f"value-{number}"),
        sensitive=False,
        targets=["production", "preview"],
    )
