"""A YAML file that people write: what it says, on which line, and one error for what is no YAML."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .problems import Location, SettingsError


@dataclass(frozen=True)
class Document:
    """A file that was read: its content as plain Python, None for an empty file."""

    content: object
    lines: Mapping[Location, int]
    """The line, from 1, on which the key or item at a location stands."""

    def line(self, location: Location) -> int | None:
        """The line of a location, or of the nearest one around it that the file has."""
        for end in range(len(location), 0, -1):
            if found := self.lines.get(location[:end]):
                return found
        return None


def read_document(path: Path, label: str) -> Document:
    """Read a YAML file.

    Args:
        path: The file.
        label: How messages name it.

    Raises:
        SettingsError: When it cannot be read, is malformed or says something twice.
    """
    try:
        loader = _OnceLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if node is None:
            return Document(None, {})
        # Before construction, which resolves merge keys within the nodes.
        lines = dict(_lines(node, (), set()))
        return Document(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        raise SettingsError(label, [_told(error)]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(label, [f"the file is no YAML in UTF-8: {type(error).__name__}"]) from None
    except OSError as error:
        raise SettingsError(label, [f"the file cannot be read: {error.strerror}"]) from None


class _OnceLoader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, of which plain YAML loading keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(None, None, "a key that is no text", key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _lines(
    node: yaml.Node, at: Location, seen: set[int], around: frozenset[int] = frozenset()
) -> Iterator[tuple[Location, int]]:
    if id(node) in around:
        raise yaml.MarkedYAMLError(None, None, "an anchor that holds itself", node.start_mark)
    if id(node) in seen:  # An alias: its lines are those of the anchor.
        return
    seen.add(id(node))
    around |= {id(node)}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*at, str(key.value))
            yield place, key.start_mark.line + 1
            yield from _lines(value, place, seen, around)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*at, index), item.start_mark.line + 1
            yield from _lines(item, (*at, index), seen, around)


def _told(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    # PyYAML's own text can quote a character but never a value, so it is safe to repeat.
    return f"{where}{error.problem or 'the file is no YAML'}"
