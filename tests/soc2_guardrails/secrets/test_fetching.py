"""All references of a run are read once, concurrently, whatever their sources do; and plugins are sources too."""

import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from soc2_guardrails.secrets import Answer, Failure, FailureKind, Fetched, Reference, fetch_all, fetching, registry

CANARY = "canary-91f2ab"
REPOSITORY = Path(__file__).resolve().parents[3]


class Scripted:
    """A source that answers as a test says."""

    def __init__(self, answers: Mapping[str, Answer | Exception]) -> None:
        self.asked: list[list[str]] = []
        self._answers = answers

    def fetch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        self.asked.append([str(reference) for reference in references])
        given = {}
        for reference in references:
            answer = self._answers.get(str(reference))
            if isinstance(answer, Exception):
                raise answer
            if answer is not None:
                given[reference] = answer
        return given


def use(monkeypatch: pytest.MonkeyPatch, **sources: object) -> None:
    monkeypatch.setattr(fetching, "open_source", lambda scheme, _: sources[scheme])


def refs(*texts: str) -> list[Reference]:
    return [Reference.parse(text) for text in texts]


def test_every_reference_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Scripted({"one://a": Fetched("x", "1", None)}), Scripted({"two://b": Fetched("y", "2", None)})
    use(monkeypatch, one=one, two=two)
    answers = fetch_all(refs("one://a", "two://b", "one://a"), {})
    assert {str(reference): answer for reference, answer in answers.items()} == {
        "one://a": Fetched("x", "1", None),
        "two://b": Fetched("y", "2", None),
    }
    assert (one.asked, two.asked) == ([["one://a"]], [["two://b"]])


def test_sources_are_asked_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2, timeout=20)

    class Waiting(Scripted):
        def fetch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
            together.wait()
            return dict.fromkeys(references, Fetched("x", None, None))

    use(monkeypatch, one=Waiting({}), two=Waiting({}))
    assert all(isinstance(answer, Fetched) for answer in fetch_all(refs("one://a", "two://b"), {}).values())


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (None, FailureKind.REFUSED, "did not answer"),
        (Fetched("", "1", None), FailureKind.EMPTY, "the value is empty; store the secret's value"),
        (RuntimeError(CANARY), FailureKind.REFUSED, "the source of one:// failed with RuntimeError"),
        (Failure(FailureKind.DENIED, f"no access with {CANARY}"), FailureKind.DENIED, "no access with [secret]"),
    ],
)
def test_what_a_source_does_wrong(
    monkeypatch: pytest.MonkeyPatch, answer: Answer | None, kind: FailureKind, told: str
) -> None:
    use(monkeypatch, one=Scripted({"one://a": answer} if answer is not None else {}))
    (failure,) = fetch_all(refs("one://a"), {"SOME_TOKEN": CANARY}).values()
    assert isinstance(failure, Failure)
    assert failure.kind is kind
    assert told in failure.text
    assert CANARY not in repr(failure)


def test_a_value_that_another_failure_quotes_is_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    use(
        monkeypatch,
        one=Scripted({"one://a": Fetched(CANARY, "1", None), "one://b": Failure(FailureKind.DENIED, f"not {CANARY}!")}),
    )
    answers = {str(reference): answer for reference, answer in fetch_all(refs("one://a", "one://b"), {}).items()}
    assert answers["one://b"] == Failure(FailureKind.DENIED, "not [secret]!")


def test_no_representation_has_a_value() -> None:
    fetched = Fetched(CANARY, "1", None)
    assert CANARY not in f"{fetched!r} {fetched!s} {[fetched]}"
    with pytest.raises(ValueError, match="time zone") as refused:
        Fetched(CANARY, "1", datetime(2026, 1, 1))
    assert CANARY not in "".join(traceback.format_exception(refused.value))


def test_a_failure_is_one_short_line_that_a_terminal_can_show(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Failure(FailureKind.REFUSED, "one\n\x1b[31mtwo\x00").text == "one [31mtwo"
    # Cut only after values were taken out, or the beginning of one could be left at the end.
    words = f"{'x' * 390} {CANARY} {'y' * 9000}"
    use(
        monkeypatch,
        one=Scripted({"one://a": Failure(FailureKind.REFUSED, words), "one://b": Fetched(CANARY, None, None)}),
    )
    (failure,) = (
        answer for answer in fetch_all(refs("one://a", "one://b"), {}).values() if isinstance(answer, Failure)
    )
    assert len(failure.text) == 400
    assert CANARY[:6] not in failure.text


def test_a_client_library_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hvac", None)
    for name in [name for name in sys.modules if name.startswith("soc2_guardrails.secrets.sources.vault")]:
        monkeypatch.delitem(sys.modules, name)
    (failure,) = fetch_all(refs("vault://kv/shop#key"), {}).values()
    assert failure == Failure(
        FailureKind.NOT_CONFIGURED,
        "vault:// needs the Python package hvac, which is not there; pip install 'soc2-guardrails[vault]'",
    )


def test_a_scheme_without_a_source() -> None:
    (failure,) = fetch_all(refs("sops://shop"), {}).values()
    assert isinstance(failure, Failure)
    assert failure.text.startswith("no source for sops:// is installed; there is: env, vault, aws-sm")


def test_no_source_is_loaded_unless_a_reference_needs_it() -> None:
    script = (
        "import sys\n"
        "from soc2_guardrails.secrets import Reference, fetch_all\n"
        "import soc2_guardrails.settings\n"
        "fetch_all([Reference.parse('env://A')], {'A': 'x'})\n"
        "print([name for name in ('hvac', 'boto3', 'requests', 'google', 'azure', 'pulumi') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _plugin(folder: Path, module: str, scheme: str) -> Path:
    information = folder / f"{module}-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{scheme} = {module}:Source\n")
    (folder / f"{module}.py").write_text(
        "from soc2_guardrails.secrets import Fetched\n"
        "class Source:\n"
        "    def __init__(self, environment): self._prefix = environment['PREFIX']\n"
        "    def fetch(self, references):\n"
        "        return {r: Fetched(f'{self._prefix}{r.path}#{r.field}', r.version, None) for r in references}\n"
    )
    return folder


def _fetched_with_plugins(folder: Path, reference: str) -> str:
    script = (
        "import os, sys\n"
        "from soc2_guardrails.secrets import Reference, fetch_all, schemes\n"
        "(answer,) = fetch_all([Reference.parse(sys.argv[1])], os.environ).values()\n"
        "print(schemes()[-1], getattr(answer, 'value', answer))"
    )
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{REPOSITORY}", "PREFIX": "got "}
    done = subprocess.run(
        [sys.executable, "-c", script, reference], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_plugin_is_a_source(tmp_path: Path) -> None:
    folder = _plugin(tmp_path, "keepsafe", "keepsafe")
    assert _fetched_with_plugins(folder, "keepsafe://a/b?version=3#c") == "keepsafe got a/b#c"


def test_a_plugin_cannot_take_the_place_of_a_built_in_source(tmp_path: Path) -> None:
    folder = _plugin(tmp_path, "usurper", "env")
    assert _fetched_with_plugins(folder, "env://PREFIX") == "esc got"


def test_a_broken_plugin_is_told_by_its_scheme(tmp_path: Path) -> None:
    folder = _plugin(tmp_path, "broken", "broken")
    (folder / "broken.py").write_text(f"raise RuntimeError('{CANARY}')")
    told = _fetched_with_plugins(folder, "broken://a")
    assert "the source of broken:// cannot be made: RuntimeError" in told
    assert CANARY not in told


def test_the_environment_is_a_source_without_versions() -> None:
    found = fetch_all(refs("env://A", "env://B", "env://C"), {"A": "x", "B": ""})
    answers = {str(reference): answer for reference, answer in found.items()}
    assert answers["env://A"] == Fetched("x", version=None, rotated=None)
    unset = "is not set or empty; set it to the secret's value"
    assert answers["env://B"] == Failure(FailureKind.EMPTY, f"the environment variable B {unset}")
    assert answers["env://C"] == Failure(FailureKind.NOT_FOUND, f"the environment variable C {unset}")


def test_hundreds_of_references_take_no_time() -> None:
    environment = {f"V{number}": "x" for number in range(500)}
    begun = time.monotonic()
    assert len(fetch_all(refs(*(f"env://{name}" for name in environment)), environment)) == 500
    assert time.monotonic() - begun < 5
