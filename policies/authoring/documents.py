"""The generated documents of a project: `docs/rules/`, and the table of rules in its README.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..judge.profiles import Profile
from ..judge.registry import AREAS
from ..judge.rule import Rule
from . import pages

FOLDER: Final = Path("docs/rules")
README: Final = Path("README.md")
_BEGIN, _END = "<!-- rules -->", "<!-- /rules -->"


class DocumentsError(Exception):
    """The documents cannot be written; the text names the file and the mend."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How the documents on disk differ from what the rules say.

    Attributes:
        missing: documents that are not there.
        stale: documents that say something else.
        surplus: pages of rules that there are none of.
    """

    missing: tuple[Path, ...]
    stale: tuple[Path, ...]
    surplus: tuple[Path, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.stale or self.surplus)


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of a project.

    Args:
        project: the folder that holds `docs/` and README.md.
        rules: the rules, in the order of the pack.
        areas: the folder of each rule's control area, by id.
        profiles: the profiles by name.
    """

    project: Path
    rules: Sequence[Rule]
    areas: Mapping[str, str]
    profiles: Mapping[str, Profile]

    def difference(self) -> Difference:
        """Compares what is there with what should be.

        Raises:
            DocumentsError: README.md has no place for the table.
        """
        wanted = self._wanted()
        there = {file.relative_to(self.project) for file in (self.project / FOLDER).glob("*.md")}
        missing = [file for file in wanted if not (self.project / file).is_file()]
        stale = [file for file, text in wanted.items() if file not in missing and self._read(file) != text]
        return Difference(tuple(missing), tuple(stale), tuple(sorted(there - set(wanted))))

    def write(self) -> Difference:
        """Writes what is missing or stale, deletes surplus pages, and tells which these were.

        Raises:
            DocumentsError: README.md has no place for the table.
            OSError: a file cannot be written.
        """
        difference, wanted = self.difference(), self._wanted()
        for file in (*difference.missing, *difference.stale):
            (self.project / file).parent.mkdir(parents=True, exist_ok=True)
            (self.project / file).write_text(wanted[file], encoding="utf-8", newline="\n")
        for file in difference.surplus:
            (self.project / file).unlink()
        return difference

    def _wanted(self) -> dict[Path, str]:
        found = {FOLDER / f"{rule.id}.md": pages.page(rule, self.areas[rule.id]) for rule in self.rules}
        found[FOLDER / "README.md"] = pages.index(self.rules, self.areas, self.profiles)
        found[README] = self._readme()
        return found

    def _readme(self) -> str:
        try:
            text = self._read(README)
        except OSError as error:
            raise DocumentsError(f"{README} cannot be read: {error.strerror}") from error
        between = re.compile(f"{re.escape(_BEGIN)}\n.*?{re.escape(_END)}", re.DOTALL)
        if len(between.findall(text)) != 1:
            raise DocumentsError(f"{README} must have one place for the table of rules: the lines {_BEGIN} and {_END}")
        table = pages.readme_table(self.rules)
        return between.sub(lambda _: f"{_BEGIN}\n{table}\n{_END}", text)

    def _read(self, file: Path) -> str:
        return (self.project / file).read_text(encoding="utf-8")


def areas(pack: Path, rules: Sequence[Rule]) -> dict[str, str]:
    """The folder of each rule's control area, by the rule's id."""
    file = {rule.id: f"{rule.id.replace('-', '_')}.py" for rule in rules}
    return {rule.id: next(area for area in AREAS if (pack / area / file[rule.id]).is_file()) for rule in rules}
