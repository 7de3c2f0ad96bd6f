"""The `ResourceProvider` service of a sandbox provider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from ..account import Account, AccountError, Secret
from . import wire
from .check import Naming, Refusal, check, check_configuration
from .difference import Change, changes
from .inputs import imported, refreshed
from .objects import Objects, RefusedError
from .plan import Planner

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..schema.model import PackageSchema, ResourceType

_Autonaming = provider_pb2.CheckRequest.AutonamingOptions
_Kinds = provider_pb2.PropertyDiff
_KINDS: dict[tuple[str, bool], Any] = {
    ("add", False): _Kinds.ADD,
    ("add", True): _Kinds.ADD_REPLACE,
    ("delete", False): _Kinds.DELETE,
    ("delete", True): _Kinds.DELETE_REPLACE,
    ("update", False): _Kinds.UPDATE,
    ("update", True): _Kinds.UPDATE_REPLACE,
}
_CONFIGURATION_SECRETS = frozenset({"apiToken", "token", "appAuth"})


class SandboxProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one package out of the account.

    Args:
        schema: the package's resource types.
        account_path: the account file; opened at Configure, so that a damaged one is an error the engine shows.
    """

    def __init__(self, schema: PackageSchema, account_path: Path) -> None:
        self._schema = schema
        self._account_path = account_path
        self._configured: Objects | None = None
        self._planners = {
            token: Planner(resource, schema.explicit_nulls) for token, resource in schema.resources.items()
        }

    # The plugin and its configuration.

    def Handshake(  # noqa: N802
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Say what this provider understands."""
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True,
            accept_resources=True,
            accept_outputs=True,
            supports_autonaming_configuration=True,
        )

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: N802
        """Return the version of the SDK whose provider this stands for."""
        return plugin_pb2.PluginInfo(version=self._schema.version)

    def GetSchema(  # noqa: N802
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Return a package schema with what introspection knows; the engine asks for it at import."""
        resources = {
            token: {
                "inputProperties": {name: {"$ref": "pulumi.json#/Any"} for name in resource.inputs},
                "requiredInputs": [name for name, field in resource.inputs.items() if field.required],
                "properties": {name: {"$ref": "pulumi.json#/Any"} for name in resource.outputs},
            }
            for token, resource in self._schema.resources.items()
        }
        schema = {"name": self._schema.package, "version": self._schema.version, "resources": resources}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Refuse configuration keys that the provider does not have."""
        given = wire.decode(request.news)
        refusals = check_configuration(self._schema.provider, given, self._schema.package)
        marked = {
            name: Secret(value) if name in _CONFIGURATION_SECRETS and not isinstance(value, Secret) else value
            for name, value in given.items()
        }
        return provider_pb2.CheckResponse(
            inputs=wire.encode(marked),
            failures=_failures(refusals),
        )

    def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Compare configurations; no change of one makes resources new."""
        before, after = wire.decode(request.old_inputs or request.olds), wire.decode(request.news)
        differs = wire.reveal(before) != wire.reveal(after)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if differs else provider_pb2.DiffResponse.DIFF_NONE
        )

    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Open the account."""
        try:
            account = Account.open(self._account_path)
            self._configured = Objects(self._schema, account, wire.reveal(wire.decode(request.args)))
        except AccountError as error:
            _abort(context, grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            acceptResources=True,
            acceptOutputs=True,
            supports_autonaming_configuration=True,
        )

    # Resources.

    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Check inputs; see `check.check`."""
        resource = self._resource(request.urn, context)
        mode, proposed = request.autonaming.mode, request.autonaming.proposed_name or None
        naming = Naming(
            resource=request.name or request.urn.rpartition("::")[2],
            seed=request.randomSeed,
            proposed=proposed if mode in (_Autonaming.PROPOSE, _Autonaming.ENFORCE) else None,
            allowed=not request.HasField("autonaming") or mode != _Autonaming.DISABLE,
        )
        checked, refusals = check(
            resource,
            wire.decode(request.news),
            wire.decode(request.olds),
            naming,
            fills_defaults=self._schema.explicit_nulls,
        )
        if refusals:
            return provider_pb2.CheckResponse(failures=_failures(refusals))
        return provider_pb2.CheckResponse(inputs=wire.encode(checked))

    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Compare checked inputs with the state."""
        resource = self._resource(request.urn, context)
        inputs, state = wire.decode(request.news), wire.decode(request.olds)
        objects = self._objects(context)
        try:
            objects.confirm(resource, request.id)
            planned = self._planners[resource.token].compare(inputs, state)
            found = changes(resource, planned, state)
            replaces = sorted({change.path for change in found if change.replaces})
            # A replacement that meets the name of what it replaces must come after it.
            first_delete = bool(replaces) and objects.same_place(resource, inputs, state)
        except AccountError as error:
            _abort(context, grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=replaces,
            deleteBeforeReplace=first_delete,
            diffs=sorted({_top(change) for change in found}),
            detailedDiff={
                change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replaces]) for change in found
            },
            hasDetailedDiff=True,
        )

    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create an object, or at preview plan it."""
        resource = self._resource(request.urn, context)
        inputs = wire.decode(request.properties)
        planner = self._planners[resource.token]
        if request.preview:
            return provider_pb2.CreateResponse(properties=wire.encode(planner.create(inputs)))
        try:
            stored = self._objects(context).create(resource, planner, inputs, request.urn)
        except (RefusedError, AccountError) as error:
            _abort(context, grpc.StatusCode.UNKNOWN, str(error))
        return provider_pb2.CreateResponse(id=stored.id, properties=wire.encode(stored.outputs))

    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Read an object as it is now; an empty answer says that it is gone."""
        resource = self._resource(request.urn, context)
        state, earlier = wire.decode(request.properties), wire.decode(request.inputs)
        try:
            stored = self._objects(context).read(resource, request.id, state)
        except AccountError as error:
            _abort(context, grpc.StatusCode.FAILED_PRECONDITION, str(error))
        if stored is None:
            return provider_pb2.ReadResponse()
        if earlier:
            inputs = refreshed(earlier, stored.outputs)
        else:
            inputs = imported(resource, stored.outputs, fills_defaults=self._schema.explicit_nulls)
        return provider_pb2.ReadResponse(
            id=stored.id, properties=wire.encode(stored.outputs), inputs=wire.encode(inputs)
        )

    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Update an object, or at preview plan it."""
        resource = self._resource(request.urn, context)
        inputs, state = wire.decode(request.news), wire.decode(request.olds)
        planner = self._planners[resource.token]
        if request.preview:
            return provider_pb2.UpdateResponse(properties=wire.encode(planner.update(inputs, state)))
        try:
            stored = self._objects(context).update(resource, planner, request.id, inputs, state, request.urn)
        except (RefusedError, AccountError) as error:
            _abort(context, grpc.StatusCode.UNKNOWN, str(error))
        return provider_pb2.UpdateResponse(properties=wire.encode(stored.outputs))

    def Delete(  # noqa: N802
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Delete an object."""
        resource = self._resource(request.urn, context)
        try:
            self._objects(context).delete(resource, request.id)
        except AccountError as error:
            _abort(context, grpc.StatusCode.UNKNOWN, str(error))
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Refuse: the sandbox has no data sources."""
        _abort(
            context,
            grpc.StatusCode.UNIMPLEMENTED,
            f"the sandbox has no data sources, so {request.tok} cannot be called: pass its result as configuration",
        )

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Accept: no call here takes longer than its transaction."""
        return empty_pb2.Empty()

    def _resource(self, urn: str, context: grpc.ServicerContext) -> ResourceType:
        token = urn.split("::")[2].rpartition("$")[2]
        resource = self._schema.resources.get(token)
        if resource is None:
            _abort(
                context,
                grpc.StatusCode.NOT_FOUND,
                f"the {self._schema.package} provider {self._schema.version} has no resource type {token}",
            )
        return resource

    def _objects(self, context: grpc.ServicerContext) -> Objects:
        if self._configured is None:
            _abort(context, grpc.StatusCode.FAILED_PRECONDITION, "the provider is not configured yet")
        return self._configured


def _failures(refusals: Iterable[Refusal]) -> list[provider_pb2.CheckFailure]:
    # Without the property, which the reason names: the engine prints the value of one that it is told.
    return [provider_pb2.CheckFailure(reason=refusal.reason) for refusal in refusals]


def _top(change: Change) -> str:
    return change.path.split(".")[0].split("[")[0]


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError("abort returned")
