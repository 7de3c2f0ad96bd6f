"""All secrets of a run, read once: concurrently across managers, and every failure is told."""

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Final

from .reference import Reference
from .registry import open_source
from .source import Answer, Failure, FailureKind, Fetched, one_line

_CREDENTIAL_NAME: Final = re.compile(
    r"(TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|JWT|KEY)(?!.*_(FILE|PATH)$)", re.IGNORECASE
)
_MOST_OF_A_TEXT: Final = 400
_LEAST: Final = 6
"""Characters of a value that is looked for in a manager's words; shorter ones are in any text by chance."""


def fetch_all(references: Iterable[Reference], environment: Mapping[str, str]) -> Mapping[Reference, Answer]:
    """Read what the references lead to.

    Args:
        references: Each is read once, however often it is given.
        environment: The environment of the process, where `env://` leads and sources find their credentials.

    Returns:
        An answer for every reference; a value that is empty is a failure. Nothing is raised for a source's faults.
    """
    by_scheme = [
        (scheme, list(group))
        for scheme, group in groupby(sorted(set(references), key=str), key=lambda reference: reference.scheme)
    ]
    if not by_scheme:
        return {}
    with ThreadPoolExecutor(max_workers=len(by_scheme), thread_name_prefix="secret-source") as pool:
        answered = pool.map(lambda item: _answers(item[0], item[1], environment), by_scheme)
        found = {reference: answer for answers in answered for reference, answer in answers.items()}
    concealed = _concealed(found.values(), environment)
    return {reference: _without(answer, concealed) for reference, answer in found.items()}


def _answers(
    scheme: str, references: Sequence[Reference], environment: Mapping[str, str]
) -> Mapping[Reference, Answer]:
    source = open_source(scheme, environment)
    if isinstance(source, Failure):
        return dict.fromkeys(references, source)
    try:
        answers = source.fetch(references)
    except Exception as error:  # a plugin may raise anything, and its message may hold a value
        failed = Failure(FailureKind.REFUSED, f"the source of {scheme}:// failed with {type(error).__name__}")
        return dict.fromkeys(references, failed)
    return {reference: _usable(scheme, answers.get(reference)) for reference in references}


def _usable(scheme: str, answer: Answer | None) -> Answer:
    if answer is None:
        return Failure(FailureKind.REFUSED, f"the source of {scheme}:// did not answer")
    if isinstance(answer, Fetched) and not answer.value:
        return Failure(FailureKind.EMPTY, "the value is empty; store the secret's value")
    return answer


def _concealed(answers: Iterable[Answer], environment: Mapping[str, str]) -> list[str]:
    values = [answer.value for answer in answers if isinstance(answer, Fetched)]
    credentials = [value for name, value in environment.items() if _CREDENTIAL_NAME.search(name)]
    # The longest first, or what is left of one could show after another was taken out of it.
    lines = {one_line(text) for text in (*values, *credentials)}
    return sorted((line for line in lines if len(line) >= _LEAST), key=len, reverse=True)


def _without(answer: Answer, concealed: Sequence[str]) -> Answer:
    """A manager's words, which nobody here has written, without any value or credential that they quote."""
    if isinstance(answer, Fetched):
        return answer
    text = answer.text
    for value in concealed:
        text = text.replace(value, "[secret]")
    return Failure(answer.kind, text if len(text) <= _MOST_OF_A_TEXT else f"{text[: _MOST_OF_A_TEXT - 1]}…")
