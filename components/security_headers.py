"""The security headers of a Vercel project, set by routes of the project on every response."""

import json
import re
from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumiverse_vercel as vercel

from .header_values import (
    ContentSecurityPolicyArgs,
    CorsArgs,
    CrossOriginEmbedderPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    FrameOptions,
    HeaderValueError,
    HstsArgs,
    ReferrerPolicy,
    checked_header,
    content_security_policy,
    cors,
    hsts,
    permissions_policy,
)


class SecurityHeadersArgs(TypedDict):
    """The headers of one project; each has a safe default."""

    project_id: pulumi.Input[str]
    team_id: NotRequired[pulumi.Input[str]]
    content_security_policy: NotRequired[ContentSecurityPolicyArgs]
    hsts: NotRequired[HstsArgs]
    referrer_policy: NotRequired[ReferrerPolicy]
    """`strict-origin-when-cross-origin` unless given."""
    frame_options: NotRequired[FrameOptions]
    """`DENY` unless given."""
    permissions: NotRequired[dict[str, list[str]]]
    """Origins, or `self`, that a browser feature is granted to. Features that are not given are denied."""
    cross_origin_opener_policy: NotRequired[CrossOriginOpenerPolicy]
    """`same-origin` unless given."""
    cross_origin_resource_policy: NotRequired[CrossOriginResourcePolicy]
    """`same-origin` unless given."""
    cross_origin_embedder_policy: NotRequired[CrossOriginEmbedderPolicy]
    """Not sent unless given."""
    reporting_endpoints: NotRequired[dict[str, str]]
    """https addresses by the names that `report_to` uses."""
    extra_headers: NotRequired[dict[str, str]]
    """Further headers for every response, which replace none of the above."""
    cors: NotRequired[list[CorsArgs]]
    no_store_paths: NotRequired[list[str]]
    """`path-to-regexp` patterns of pages that neither browsers nor shared caches may keep."""


class SecurityHeaders(pulumi.ComponentResource):
    """The security headers of a Vercel project, on every path and with one CORS policy for each path given."""

    headers: pulumi.Output[dict[str, str]]
    """The headers that every response has, by name."""

    def __init__(self, name: str, args: SecurityHeadersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the routes that set the headers.

        Raises:
            HeaderValueError: When a header could not be sent as given or would protect nothing.
        """
        everywhere = _baseline(args)
        routes = [(policy["path"], cors(policy)) for policy in args.get("cors", [])]
        no_store = args.get("no_store_paths", [])
        super().__init__("soc2:index:SecurityHeaders", name, {}, opts)
        last = self._route(
            f"{name}-baseline", args, "^/.*$", "regex", [_transform("set", *item) for item in everywhere.items()]
        )
        for index, (path, headers) in enumerate(routes):
            transforms = [_transform("set", *item) for item in headers.items()]
            # Appended, since the application may vary its answers by more than the origin.
            transforms.append(_transform("append", "Vary", "Origin"))
            last = self._route(f"{name}-cors-{index}", args, path, "path-to-regexp", transforms, after=last)
        for index, path in enumerate(no_store):
            transforms = [_transform("set", "Cache-Control", "private, no-store")]
            last = self._route(f"{name}-no-store-{index}", args, path, "path-to-regexp", transforms, after=last)
        self.headers = pulumi.Output.from_input(everywhere)
        self.register_outputs({"headers": self.headers})

    def _route(
        self,
        resource_name: str,
        args: SecurityHeadersArgs,
        source: str,
        syntax: str,
        transforms: list[vercel.ProjectRouteRouteTransformArgs],
        after: vercel.ProjectRoute | None = None,
    ) -> vercel.ProjectRoute:
        # Without a position some versions of the provider end while they check the route. Each route after the
        # one before it also keeps Vercel from getting two changes to the routes at the same time.
        position = (
            vercel.ProjectRoutePositionArgs(placement="start")
            if after is None
            else vercel.ProjectRoutePositionArgs(placement="after", reference_route_id=after.id)
        )
        return vercel.ProjectRoute(
            resource_name,
            name=resource_name,
            project_id=args["project_id"],
            team_id=args.get("team_id"),
            src_syntax=syntax,
            position=position,
            route=vercel.ProjectRouteRouteArgs(src=source, transforms=transforms),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _baseline(args: SecurityHeadersArgs) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": content_security_policy(
            args.get("content_security_policy", ContentSecurityPolicyArgs())
        ),
        "Strict-Transport-Security": hsts(args.get("hsts", HstsArgs())),
        "Referrer-Policy": args.get("referrer_policy", ReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN).value,
        "Permissions-Policy": permissions_policy(args.get("permissions", {})),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": args.get("frame_options", FrameOptions.DENY).value,
        "Cross-Origin-Opener-Policy": args.get("cross_origin_opener_policy", CrossOriginOpenerPolicy.SAME_ORIGIN).value,
        "Cross-Origin-Resource-Policy": args.get(
            "cross_origin_resource_policy", CrossOriginResourcePolicy.SAME_ORIGIN
        ).value,
    }
    if "cross_origin_embedder_policy" in args:
        headers["Cross-Origin-Embedder-Policy"] = args["cross_origin_embedder_policy"].value
    if "reporting_endpoints" in args:
        headers["Reporting-Endpoints"] = _reporting_endpoints(args["reporting_endpoints"])
    known = {name.lower() for name in headers} | {"cross-origin-embedder-policy", "reporting-endpoints"}
    for name, value in args.get("extra_headers", {}).items():
        if name.lower() in known:
            raise HeaderValueError(f"header {name}: it has an argument of its own; use that one")
        headers[name] = value
    return {name: checked_header(name, value) for name, value in headers.items()}


def _reporting_endpoints(endpoints: Mapping[str, str]) -> str:
    for name, address in endpoints.items():
        if not re.fullmatch(r"[a-z][a-z0-9_.*-]*", name) or not re.fullmatch(r"https://[^\s\"]+", address):
            raise HeaderValueError(
                f"header Reporting-Endpoints: {name!r} needs a name in lower case and an https address"
            )
    return ", ".join(f'{name}="{address}"' for name, address in endpoints.items())


def _transform(operation: str, name: str, value: str) -> vercel.ProjectRouteRouteTransformArgs:
    # Vercel takes the target and the arguments of a transform as JSON texts.
    return vercel.ProjectRouteRouteTransformArgs(
        type="response.headers", op=operation, target=json.dumps({"key": name}), args=json.dumps(value)
    )
