"""A project with 999 environment variables: 1,000 resources."""

import pulumi
import pulumiverse_vercel as vercel

project = vercel.Project("web", name="web")
for number in range(999):
    vercel.ProjectEnvironmentVariable(
        f"v{number}",
        project_id=project.id,
        key=f"KEY_{number}",
        value=pulumi.Output.secret(f"value-{number}"),
        sensitive=True,
        targets=["production"],
    )
