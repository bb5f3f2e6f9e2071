"""`alvh notify`, as a user runs it, against a web server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bridge.receivers import Receiver, Says, receiver
from tests.e2e.command import Done, Run

pytestmark = pytest.mark.e2e
TOKEN = "TIiajkdnlazkcOXrIdevi7zQ"  # of no account
SETTINGS = """
[notify]
default = "ops"
escalate = ["boss"]
digest_hour = 8
[[notify.routes]]
targets = ["guardians"]
kinds = ["foreign", "steward"]
severities = ["critical"]
"""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """Run a web server."""
    with receiver() as server:
        yield server


@pytest.fixture(autouse=True)
def settings(tmp_path: Path) -> None:
    """Write settings with three targets."""
    (tmp_path / "alvh.toml").write_text(SETTINGS, encoding="utf-8")


def places(hook: Receiver) -> dict[str, str]:
    """Return the environment that names a webhook for each target."""
    names = ("OPS", "BOSS", "GUARDIANS")
    return {f"ALVH_NOTIFY_{name}": hook.place(f"/{name.lower()}/{TOKEN}") for name in names}


def says_no_token(done: Done) -> None:
    """Check that nothing of a URL is shown."""
    assert TOKEN not in done.out + done.err


def test_notify_test__every_target_takes_it__is_delivered_once_to_each(run: Run, hook: Receiver) -> None:
    done = run("notify", "test", **places(hook))
    assert (done.code, done.err) == (0, "")
    assert [got.path.split("/")[1] for got in hook.got] == ["ops", "guardians", "boss"]
    assert {got.json()["title"] for got in hook.got} == {"Test message of the book main"}
    assert len(set(hook.ids())) == 3
    assert done.out.count("taken") == 3
    says_no_token(done)


def test_notify_test__one_refuses_and_one_is_not_set__code_1_and_why(run: Run, hook: Receiver) -> None:
    hook.answers = [Says(403)]
    done = run("notify", "test", "--json", **places(hook) | {"ALVH_NOTIFY_BOSS": ""})
    assert done.code == 1
    found = {each["target"]: (each["delivered"], each["error"]) for each in done.json()}
    assert found["ops"] == (False, "it answers HTTP 403")
    assert found["guardians"] == (True, "")
    assert "ALVH_NOTIFY_BOSS is not set" in found["boss"][1]
    says_no_token(done)


def test_notify_test__one_target__need_not_be_in_the_settings(run: Run, hook: Receiver) -> None:
    done = run("notify", "test", "--target", "new_one", ALVH_NOTIFY_NEW_ONE=hook.place())
    assert (done.code, len(hook.got)) == (0, 1)


@pytest.mark.parametrize("name", ["", "Ops", "../x", "x" * 99, "a b"])
def test_notify_test__no_name_of_a_target__code_2_in_one_line(run: Run, name: str) -> None:
    done = run("notify", "test", "--target", name)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_notify_test__no_settings__code_2_and_what_to_set(run: Run, tmp_path: Path) -> None:
    (tmp_path / "alvh.toml").write_text("", encoding="utf-8")
    done = run("notify", "test")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "notify.default" in done.err
    assert "notify.default" in run("notify", "list").out


def test_notify_list__some_are_set__shows_service_variable_and_what_each_is_told(run: Run, hook: Receiver) -> None:
    environment = {"ALVH_NOTIFY_OPS": f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}", "ALVH_NOTIFY_BOSS": f"foo://{TOKEN}"}
    done = run("notify", "list", **environment)
    assert done.code == 0
    lines = {line.split()[0]: line for line in done.out.splitlines() if "ALVH" in line}
    assert "Slack" in lines["ops"]
    assert "what no route names" in lines["ops"]
    assert "not set" in lines["guardians"]
    assert "foreign, steward (critical)" in lines["guardians"]
    assert "no URL of a service" in lines["boss"]
    says_no_token(done)
    document = run("notify", "list", "--json", **environment).json()
    assert [each["service"] for each in document["targets"]] == ["Slack", "", ""]
    assert (document["default"], document["digest_hour"], len(document["routes"])) == ("ops", 8, 1)
    assert hook.got == []


def test_doctor__a_target_without_a_url__is_a_fault_that_says_what_to_do(run: Run, hook: Receiver) -> None:
    found = {each["what"]: each for each in run("doctor", "--json", **places(hook) | {"ALVH_NOTIFY_BOSS": ""}).json()}
    assert found["target ops"]["found"] == "webhook, not encrypted"
    assert not found["target boss"]["ok"]
    assert "ALVH_NOTIFY_BOSS is not set" in found["target boss"]["found"]
    assert "alvh notify test" in found["target boss"]["mend"]
    assert hook.got == []
