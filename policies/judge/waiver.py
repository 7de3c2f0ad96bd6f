"""A waiver as it is written: in the shape of Pulumi's policy exceptions, with a person, a ticket and two dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from .strict import Strict

_Text = Annotated[str, Field(pattern=r"\S")]


class Match(Strict):
    """What is waived: every violation of these rules on these resources."""

    policies: tuple[str, ...] = Field(min_length=1, description="Ids of rules.")
    urns: tuple[_Text, ...] = Field(
        min_length=1, description="URNs of resources, with a whole type and a name; * is any text."
    )


class Waiver(Strict):
    """A waiver, as it stands in the configuration."""

    reason: _Text = Field(description="Why the violation is accepted.")
    approver: _Text = Field(description="Who answers for it.")
    ticket: _Text = Field(description="Where it was discussed.")
    opened: date = Field(description="The day it was approved.")
    expires: date = Field(description="The last day it holds, by UTC.")
    matches: tuple[Match, ...] = Field(min_length=1, description="What it waives.")

    @model_validator(mode="after")
    def _in_order(self) -> Waiver:
        if self.expires < self.opened:
            raise ValueError("expires before it was opened")
        return self

    def described(self) -> dict[str, str]:
        """Who answers for it, why and until when, for the decision journal."""
        stated: dict[str, str] = self.model_dump(mode="json", exclude={"matches"})
        return stated
