"""The values of a run's references, as a Pulumi program takes them: secret from the moment they were read."""

from collections.abc import Mapping

import pulumi

from .provenance import Provenance
from .reference import Reference
from .source import Fetched
from .version import write_only_version


class SecretValues:
    """What was read for every reference of a run. Asking for another one is a `KeyError`."""

    def __init__(self, fetched: Mapping[Reference, Fetched]) -> None:
        """Take what was read."""
        self._versions = {reference: write_only_version(reference, answer) for reference, answer in fetched.items()}
        self._provenances = {reference: Provenance.of(reference, answer) for reference, answer in fetched.items()}
        self._fetched = dict(fetched)

    def output(self, reference: Reference) -> pulumi.Output[str]:
        """The value, as a secret."""
        return pulumi.Output.secret(self._fetched[reference].value)

    def version(self, reference: Reference) -> int | None:
        """The number for a write-only value; None where only the value tells whether it is another one."""
        return self._versions[reference]

    def provenance(self, reference: Reference) -> Provenance:
        """Where the value comes from; `.comment(text)` of it is what a variable's comment says."""
        return self._provenances[reference]
