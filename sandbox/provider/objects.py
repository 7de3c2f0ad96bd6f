"""The objects of the account as an API would keep them: clashes, missing parents, values never given back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..account import (
    REDACTED,
    Account,
    AccountObject,
    ClashError,
    NotInAccountError,
    Secret,
    WriteOnly,
    address_of,
)
from .plan import Planner
from .settle import Settlement
from .wire import UNKNOWN, Properties, Value, reveal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..schema.model import PackageSchema, ResourceType

_API = {"vercel": ("Vercel", 404, 409), "github": ("GitHub", 404, 422)}


class RefusedError(Exception):
    """The API refuses a call; the message is for the user."""


@dataclass(frozen=True)
class Stored:
    """An object as the provider answers with it.

    Attributes:
        id: its id.
        outputs: all of its properties, with `Secret` marks.
    """

    id: str
    outputs: Properties


class Objects:
    """The objects of one package in the account.

    Args:
        schema: the package's resource types.
        account: where they are kept.
        configuration: the provider's own configuration, revealed.
    """

    def __init__(self, schema: PackageSchema, account: Account, configuration: Mapping[str, Value]) -> None:
        self._schema = schema
        self._account = account
        team = str(configuration.get("team") or "sandbox")
        self._names = {
            # The same team has the same id in every run, as it has in life.
            "team": team if team.startswith("team_") else f"team_{hashlib.sha256(team.encode()).hexdigest()[:16]}",
            "teamSlug": team,
            "owner": str(configuration.get("owner") or configuration.get("organization") or "sandbox"),
        }
        self._unconfirmed = set(account.unconfirmed())

    def create(self, resource: ResourceType, planner: Planner, inputs: Properties, urn: str) -> Stored:
        """Create an object; the transaction that stores it is the last step before the answer.

        Raises:
            RefusedError: a name is taken or something it refers to does not exist.
        """
        parent = self._parent(resource, inputs)
        settlement = self._settlement(resource, planner.create(inputs), parent)
        outputs = settlement.outputs()
        try:
            self._account.create(
                resource.token,
                outputs["id"],
                _as_kept(resource, outputs),
                claims=self._claims(resource, settlement, outputs),
                parent=parent.address if parent else None,
                urn=urn,
                overwrite=resource.traits.upsert,
            )
        except ClashError as error:
            raise self._taken(resource, urn, error) from error
        return Stored(outputs["id"], outputs)

    def update(
        self, resource: ResourceType, planner: Planner, object_id: str, inputs: Properties, state: Properties, urn: str
    ) -> Stored:
        """Update an object.

        Raises:
            RefusedError: it is not there, a name is taken or something it refers to does not exist.
        """
        parent = self._parent(resource, inputs)
        planned = {**planner.update(inputs, state), "id": object_id}
        settlement = self._settlement(resource, planned, parent)
        outputs = settlement.outputs()
        address = address_of(resource.token, object_id)
        try:
            self._account.update(
                address,
                _as_kept(resource, outputs),
                claims=self._claims(resource, settlement, outputs),
            )
        except ClashError as error:
            raise self._taken(resource, urn, error) from error
        except NotInAccountError as error:
            raise self._missing(resource.name, object_id, object_id) from error
        return Stored(object_id, outputs)

    def read(self, resource: ResourceType, object_id: str, state: Mapping[str, Value]) -> Stored | None:
        """Return an object as it is now, or None when it is gone.

        Args:
            resource: its type.
            object_id: its id, or what is written to import it: an id below its project or team.
            state: the outputs of the run before, from which come the values the API never gives back.
        """
        for candidate in dict.fromkeys((object_id, object_id.rpartition("/")[2])):
            found = self._account.read(address_of(resource.token, candidate))
            if found is not None:
                self.confirm(resource, found.id)
                return Stored(found.id, _with_unread(found.properties, state))
        return None

    def delete(self, resource: ResourceType, object_id: str) -> None:
        """Delete an object; one that is gone already counts as deleted."""
        self._account.delete(address_of(resource.token, object_id))

    def confirm(self, resource: ResourceType, object_id: str) -> None:
        """Note that the engine has this object in its state, so no new create takes its place."""
        address = address_of(resource.token, object_id)
        if address in self._unconfirmed:
            self._unconfirmed.discard(address)
            self._account.confirm([address])

    def same_place(self, resource: ResourceType, inputs: Properties, state: Properties) -> bool:
        """Return whether a replacement would meet the names or the id of the object it replaces."""
        planned = {name: value for name, value in inputs.items() if value is not UNKNOWN}
        new = self._settlement(resource, {**state, **planned, "id": UNKNOWN}, None)
        old = self._settlement(resource, dict(state), None)
        if resource.traits.upsert and new.outputs()["id"] == state.get("id"):
            return True
        return any(set(new.expand(template)) & set(old.expand(template)) for template in resource.traits.claims)

    def _settlement(self, resource: ResourceType, planned: Properties, parent: AccountObject | None) -> Settlement:
        return Settlement(
            resource,
            planned,
            self._names,
            parent,
            self._account,
            explicit_nulls=self._schema.explicit_nulls,
        )

    def _claims(self, resource: ResourceType, settlement: Settlement, outputs: Properties) -> list[str]:
        package = self._schema.package
        team = reveal(outputs.get("teamId")) or self._names["team" if package == "vercel" else "owner"]
        return [
            f"{package} {team}: {claim}" for template in resource.traits.claims for claim in settlement.expand(template)
        ]

    def _parent(self, resource: ResourceType, inputs: Properties) -> AccountObject | None:
        """Return the object that a new one lives below, after making sure that all it names exist."""
        first = None
        for parent in resource.traits.parents:
            reference = reveal(inputs.get(parent.property))
            if not isinstance(reference, str) or parent.property not in resource.inputs:
                continue
            token = self._token(parent.type)
            found = self._account.read(address_of(token, reference))
            for key in parent.keys:
                found = found or self._account.find(token, {key: reference})
            if found is None:
                raise self._missing(parent.type, reference, inputs.get(parent.property))
            first = first or found
        if self._schema.package == "vercel":
            for reference in reveal(inputs.get("projectIds")) or []:
                if isinstance(reference, str) and not self._account.exists(
                    address_of(self._token("Project"), reference)
                ):
                    raise self._missing("Project", reference, inputs["projectIds"])
        return first

    def _token(self, name: str) -> str:
        return f"{self._schema.package}:index/{name[0].lower()}{name[1:]}:{name}"

    def _missing(self, name: str, reference: str, given: Value) -> RefusedError:
        api, status, _ = _API[self._schema.package]
        # A program may mark any input as secret, an id too.
        shown = REDACTED if _holds_secret(given) else repr(reference)
        return RefusedError(
            f"{api} answers {status} Not Found: there is no {name} {shown} in the sandbox account. "
            "If it was deleted out of band, `pulumi refresh` drops it from the state and the next update makes it again"
        )

    def _taken(self, resource: ResourceType, urn: str, clash: ClashError) -> RefusedError:
        api, _, status = _API[self._schema.package]
        claim = clash.claim.partition(": ")[2] or clash.claim
        object_id = clash.holder.partition("/")[2]
        name = urn.rpartition("::")[2] or "NAME"
        return RefusedError(
            f"{api} answers {status}: {claim} already exists ({clash.holder}). If this stack is to own it, "
            f"import it: `pulumi import {resource.token} {name} {object_id}`; if it is left over, remove "
            f"{clash.holder} from the sandbox account; else choose another name"
        )


def _holds_secret(value: Value) -> bool:
    return isinstance(value, Secret) or (isinstance(value, list) and any(map(_holds_secret, value)))


def _as_kept(resource: ResourceType, outputs: Properties) -> Properties:
    """Return outputs as the account keeps them: what its API never gives back is not kept."""
    hidden = set(resource.traits.write_only)
    if resource.traits.hidden_if and reveal(outputs.get(resource.traits.hidden_if)) is True:
        hidden.add("value")
    return {name: _hide(value, name, hidden) for name, value in outputs.items()}


def _hide(value: Value, path: str, hidden: set[str]) -> Value:
    if value is None:
        return None
    if path in hidden:
        return WriteOnly() if reveal(value) else value
    if isinstance(value, dict):
        return {name: _hide(item, f"{path}.{name}", hidden) for name, item in value.items()}
    # Variables of the plural resource say one by one whether they are sensitive.
    if isinstance(value, Secret):
        return Secret(_hide(value.value, path, hidden))
    if isinstance(value, list):
        return [_hide(_without_sensitive(item), path, hidden) for item in value]
    return value


def _without_sensitive(item: Value) -> Value:
    if isinstance(item, dict) and item.get("sensitive") is True and item.get("value") is not None:
        return {**item, "value": WriteOnly()}
    return item


def _with_unread(kept: Value, state: Value) -> Value:
    """Return what the API gives back, completed from the state where it gives nothing back."""
    if isinstance(kept, Secret):
        return Secret(_with_unread(kept.value, state.value if isinstance(state, Secret) else state))
    if isinstance(state, Secret):
        inner = _with_unread(kept, state.value)
        return inner if isinstance(inner, Secret) else Secret(inner)
    if isinstance(kept, WriteOnly):
        return None if isinstance(state, WriteOnly) else state
    if isinstance(kept, dict):
        earlier = state if isinstance(state, dict) else {}
        merged = {name: _with_unread(item, earlier.get(name)) for name, item in kept.items()}
        # At import there is no state to complete it from: the value is not there.
        return {name: item for name, item in merged.items() if item is not None or kept[name] is None}
    if isinstance(kept, list):
        earlier_items = state if isinstance(state, list) else []
        return [
            _with_unread(item, earlier_items[index] if index < len(earlier_items) else None)
            for index, item in enumerate(kept)
        ]
    return kept
