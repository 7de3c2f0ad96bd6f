"""One question to an API: limits, and where the token goes."""

from __future__ import annotations

import socket
import threading

import pytest

from soc2_guardrails.doctor.http import UnreachableError, get

from .api import Api, serving

TOKEN = "canary-4711"


def test_it_gives_status_headers_body_and_time() -> None:
    with serving(Api(status=418, headers={"X-Some": "thing"}, body={"a": 1}, ahead=-60)) as api:
        answer = get(f"{api.address}/some", TOKEN)
    assert answer.status == 418
    assert answer.headers["x-some"] == "thing"
    assert answer.body == {"a": 1}
    assert answer.ahead == pytest.approx(-60, abs=2)
    assert api.asked == [("/some", f"Bearer {TOKEN}")]


def test_a_redirect_is_not_followed() -> None:
    with serving(Api()) as elsewhere, serving(Api(status=302, headers={"Location": elsewhere.address})) as api:
        assert get(api.address, TOKEN).status == 302
    assert elsewhere.asked == []


@pytest.mark.parametrize("address", ["http://api.example.com/user", "file:///etc/passwd", "ftp://127.0.0.1/"])
def test_a_token_goes_out_encrypted_only(address: str) -> None:
    with pytest.raises(UnreachableError, match="is no https address"):
        get(address, TOKEN)


def test_one_that_never_answers_is_given_up() -> None:
    with serving(Api(delay=threading.Event())) as api, pytest.raises(UnreachableError, match="does not answer"):
        get(api.address, TOKEN, seconds=0.3)


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(UnreachableError) as error:
            get(f"http://127.0.0.1:{taken.getsockname()[1]}", TOKEN)
    assert TOKEN not in str(error.value)


def test_a_token_that_is_no_header_is_not_repeated() -> None:
    with serving(Api()) as api, pytest.raises(UnreachableError) as error:
        get(api.address, f"{TOKEN}\nX-Other: 1")
    assert TOKEN not in str(error.value)


def test_a_body_that_is_no_object() -> None:
    with serving(Api(body=[1])) as api:
        assert get(api.address).body == {}
