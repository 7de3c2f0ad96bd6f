"""Which source answers which scheme. A source and its client library are loaded when a reference needs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from threading import Lock
from typing import Final, cast

from .source import Failure, FailureKind, Source

_LOADING: Final = Lock()
"""One at a time: client libraries change the process's warning filters while they are loaded, and put them back."""

GROUP: Final = "soc2_guardrails.secret_sources"
"""The entry point group of plugins: name = scheme, object = a class of sources."""


@dataclass(frozen=True)
class _BuiltIn:
    module: str
    name: str
    extra: str | None = None
    """The extra of this distribution that installs the client library."""


_BUILT_IN: Final = {
    "env": _BuiltIn(".sources.environment", "EnvironmentSource"),
    "vault": _BuiltIn(".sources.vault", "VaultSource", "vault"),
    "aws-sm": _BuiltIn(".sources.aws", "AwsSource", "aws"),
    "gcp-sm": _BuiltIn(".sources.gcp", "GcpSource", "gcp"),
    "azure-kv": _BuiltIn(".sources.azure", "AzureSource", "azure"),
    "esc": _BuiltIn(".sources.esc", "EscSource", "esc"),
}


def schemes() -> tuple[str, ...]:
    """The schemes that have a source: the built-in ones, then those of installed plugins. Loads none of them."""
    return (*_BUILT_IN, *_plugins())


def open_source(scheme: str, environment: Mapping[str, str]) -> Source | Failure:
    """Load and make the source of a scheme; a failure says what is missing."""
    try:
        return _class(scheme)(environment)
    except ModuleNotFoundError as error:
        built_in = _BUILT_IN.get(scheme)
        mend = f"; pip install 'soc2-guardrails[{built_in.extra}]'" if built_in and built_in.extra else ""
        return Failure(
            FailureKind.NOT_CONFIGURED, f"{scheme}:// needs the Python package {error.name}, which is not there{mend}"
        )
    except LookupError:
        return Failure(
            FailureKind.NOT_CONFIGURED, f"no source for {scheme}:// is installed; there is: {', '.join(schemes())}"
        )
    except Exception as error:  # a plugin may raise anything, and its message may hold a credential
        return Failure(FailureKind.NOT_CONFIGURED, f"the source of {scheme}:// cannot be made: {type(error).__name__}")


@cache
def _plugins() -> tuple[str, ...]:
    return tuple(sorted({point.name for point in entry_points(group=GROUP)} - _BUILT_IN.keys()))


def _class(scheme: str) -> Callable[[Mapping[str, str]], Source]:
    # A plugin cannot take the place of a built-in source, or installing a package would redirect every secret.
    if built_in := _BUILT_IN.get(scheme):
        with _LOADING:
            module = import_module(built_in.module, __package__)
        return cast("Callable[[Mapping[str, str]], Source]", getattr(module, built_in.name))
    point = next(iter(entry_points(group=GROUP, name=scheme)), None)
    if point is None:
        raise LookupError(scheme)
    with _LOADING:
        return cast("Callable[[Mapping[str, str]], Source]", point.load())
