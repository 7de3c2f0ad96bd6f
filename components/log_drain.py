"""A log drain that sends everything the named Vercel projects log to one signed https endpoint."""

from typing import Final, NotRequired, TypedDict
from urllib.parse import urlsplit

import pulumi
import pulumiverse_vercel as vercel

_SOURCES: Final = ("static", "edge", "external", "build", "lambda", "firewall", "redirect")
_SECRET_LENGTH: Final = 32


class LogDrainArgs(TypedDict):
    """Where the logs of which projects go."""

    endpoint: str
    """https address of the receiver, without credentials in it; those belong into `headers`."""
    project_ids: list[pulumi.Input[str]]
    signing_secret: pulumi.Input[str]
    """What Vercel signs each request with, at least 32 characters."""
    headers: NotRequired[dict[str, pulumi.Input[str]]]
    """Headers of each request to the receiver, 5 at most; all of them are kept secret."""
    name: NotRequired[str]
    """The drain's name on Vercel; the component's name unless given."""
    team_id: NotRequired[pulumi.Input[str]]


class LogDrain(pulumi.ComponentResource):
    """A log drain with every source, of production and preview deployments, without sampling."""

    drain_id: pulumi.Output[str]
    """The id of the log drain."""

    def __init__(self, name: str, args: LogDrainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the drain.

        Raises:
            ValueError: When the endpoint is not https, or names no project, or the signing secret is too short.
        """
        _refuse_unsafe(name, args)
        super().__init__("soc2:index:LogDrain", name, {}, opts)
        drain = vercel.LogDrain(
            name,
            name=args.get("name", name),
            team_id=args.get("team_id"),
            project_ids=args["project_ids"],
            endpoint=args["endpoint"],
            delivery_format="json",
            environments=["production", "preview"],
            sources=list(_SOURCES),
            headers=pulumi.Output.secret(args["headers"]) if "headers" in args else None,
            secret=pulumi.Output.secret(args["signing_secret"]).apply(_long_enough),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.drain_id = drain.id
        self.register_outputs({"drainId": self.drain_id})


def _refuse_unsafe(name: str, args: LogDrainArgs) -> None:
    # The endpoint stays out of these messages: where it is refused it may carry a credential.
    endpoint = urlsplit(args["endpoint"])
    if endpoint.scheme != "https" or not endpoint.hostname:
        raise ValueError(f"{name}: the endpoint is no https address")
    if endpoint.username is not None or endpoint.password is not None:
        raise ValueError(f"{name}: the endpoint carries credentials; send them in a header")
    if not args["project_ids"]:
        raise ValueError(f"{name}: project_ids is empty; name the projects whose logs are drained")
    if len(args.get("headers", {})) > 5:
        raise ValueError(f"{name}: {len(args['headers'])} headers are given; Vercel takes 5 at most")


def _long_enough(secret: str) -> str:
    if len(secret) < _SECRET_LENGTH:
        raise ValueError(f"the signing secret has {len(secret)} characters; it needs at least {_SECRET_LENGTH}")
    return secret
