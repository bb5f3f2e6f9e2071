"""Targets against real servers on the loopback interface, web and mail; nothing of a URL gets out.

Slack, Discord and Telegram have one host each, which Apprise holds as an attribute of a class: tests set it to a server
here, so that requests are real to the last byte.
"""

from __future__ import annotations

import email
import email.policy
import json
import logging
import sys
from collections.abc import Iterator
from time import monotonic

import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram

from bridge.environment import for_program, for_worker
from bridge.errors import BadConfig, MissingTool
from bridge.foreign import foreign
from bridge.monitor import targets
from bridge.monitor.notices import Notice, notice
from bridge.monitor.targets import BUSY_SECONDS, Outcome, Target, read_target, read_targets, send_within, variable_of
from bridge.monitor_settings import NotifyConfig
from tests.bridge.receivers import MailServer, Receiver, Says, mail_server, receiver

pytestmark = pytest.mark.unit
TOKEN = "TIiajkdnlazkcOXrIdevi7zQ"  # of no account
TOKENS = (TOKEN, "T1JJ3T3L2", "A1BRTD4JD", "123456789:AAEhBP0av28n", "4174216298", "s3cretOfMail")
MESSAGE = notice("ops", "WARNING drift ETH (main)", "line one\nline <!channel> @everyone", "warning", ("main", "1"))
SERVICES = {
    "Slack": f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}",
    "Discord": f"discord://4174216298/{TOKEN}",
    "Telegram": f"tgram://123456789:AAEhBP0av28n{TOKEN}/12315544/",
    "webhook, not encrypted": "json://127.0.0.1:{port}/hook/" + TOKEN,
    "ntfy": "ntfy://user:" + TOKEN + "@127.0.0.1:{port}/topic",
}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Run a web server that is every service's."""
    with receiver() as server:
        place = server.place("", "http")
        monkeypatch.setattr(NotifySlack, "webhook_url", f"{place}/services")
        monkeypatch.setattr(NotifyDiscord, "notify_url", f"{place}/api/webhooks")
        monkeypatch.setattr(NotifyTelegram, "notify_url", f"{place}/bot")
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """Run a mail server."""
    with mail_server() as server:
        yield server


def at(url: str) -> Target:
    """Return the target `ops` of a URL."""
    return read_target("ops", {"ALVH_NOTIFY_OPS": url})


def sent(url: str, message: Notice = MESSAGE) -> Outcome:
    """Send a message to a URL."""
    return at(url).send(message, "main")


@pytest.mark.parametrize("service", SERVICES)
def test_send__each_service__takes_one_request_with_title_and_body(hook: Receiver, service: str) -> None:
    target = at(SERVICES[service].format(port=hook.server_port))
    assert target.service == service
    assert target.send(MESSAGE, "main") == Outcome()
    (got,) = hook.got
    said = json.dumps(got.json(), ensure_ascii=False)
    assert "drift ETH" in said
    assert "line one" in said
    assert "@everyone" not in said
    assert "<!channel>" not in said
    assert "github" not in said  # no picture from another host


@pytest.mark.parametrize("service", SERVICES)
def test_send__each_service_is_busy__is_left_alone(hook: Receiver, service: str) -> None:
    hook.usual = Says(429, (("Retry-After", "7"),))
    outcome = sent(SERVICES[service].format(port=hook.server_port))
    assert "HTTP 429" in outcome.error
    assert outcome.retry_after == (7.0 if service.startswith("webhook") else BUSY_SECONDS)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_send__a_redirect__is_not_followed(hook: Receiver, service: str, status: int) -> None:
    with receiver() as elsewhere:
        hook.usual = Says(status, (("Location", elsewhere.place("/", "http")),))
        assert sent(SERVICES[service].format(port=hook.server_port)).error
        assert elsewhere.got == []


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_send__any_success_of_a_webhook__is_taken(hook: Receiver, status: int) -> None:
    hook.usual = Says(status, body=b"")
    assert sent(hook.place()) == Outcome()


def test_send__a_webhook_that_drips__ends_at_its_deadline(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "SECONDS", 0.5)
    hook.usual = Says(body=b"x" * 1000, drip=0.1)
    began = monotonic()
    assert sent(hook.place()).error == "no whole answer in 0.5 s"
    assert monotonic() - began < 30


def test_send_within__a_service_that_drips__ends_at_its_deadline(hook: Receiver) -> None:
    hook.usual = Says(body=b"x" * 1000, drip=0.1)
    outcome = send_within(at(SERVICES["Slack"]), MESSAGE, "main", 0.5)
    assert outcome.error == "no answer in 0.5 s"


@pytest.mark.parametrize(
    "url", ["json://127.0.0.1:1/hook", "mailto://u:s3cretOfMail@127.0.0.1:1?from=a@b.example&to=c@d.example"]
)
def test_send__nobody_listens__says_so(url: str) -> None:
    assert "no connection" in sent(url).error


def test_send__headers_in_the_url__are_sent_and_the_rest_of_it_stays(hook: Receiver) -> None:
    assert sent(hook.place("/a%20b?x=1&+X-Token=abc%2Bdef&y=")) == Outcome()
    (got,) = hook.got
    assert (got.path, got.headers["X-Token"]) == ("/a%20b?x=1&y=", "abc+def")


@pytest.mark.parametrize("scheme", ["http", "json"])
def test_send__a_login_in_the_url__is_a_header(hook: Receiver, scheme: str) -> None:
    assert sent(hook.place("/", scheme).replace("://", "://ann:s3cretOfMail@")) == Outcome()
    assert hook.got[0].headers["Authorization"].startswith("Basic ")


def test_send__mail__comes_with_title_and_body(mail: MailServer) -> None:
    where = (
        f"mailto://ann:s3cretOfMail@127.0.0.1:{mail.port}?from=alvh@dao.example&to=ops@dao.example,night@dao.example"
    )
    assert sent(where) == Outcome()
    said = [email.message_from_bytes(text, policy=email.policy.default) for _, text in mail.mails]
    assert {each["Subject"] for each in said} == {MESSAGE.title}
    assert {str(each["To"]).rpartition("<")[2].strip(">") for each in said} == {"ops@dao.example", "night@dao.example"}
    assert all("line one" in each.get_content() and "s3cretOfMail" not in str(each) for each in said)


def test_send__mail_is_refused__says_so(mail: MailServer) -> None:
    mail.answer = "550 nobody of that name"
    where = f"mailto://ann:s3cretOfMail@127.0.0.1:{mail.port}?from=alvh@dao.example&to=ops@dao.example"
    assert "E-Mail did not take it" in sent(where).error
    assert mail.mails == []


@pytest.mark.parametrize("url", ["https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/" + TOKEN,
                                 "https://discord.com/api/webhooks/4174216298/" + TOKEN])  # fmt: skip
def test_read_target__a_services_own_address__is_that_service(url: str) -> None:
    assert at(url).service in ("Slack", "Discord")


@pytest.mark.parametrize(("url", "service"), [("https://h.example/x", "webhook"), ("jsons://h.example/x", "webhook"),
                                              ("HTTP://h.example/x", "webhook, not encrypted")])  # fmt: skip
def test_read_target__another_address__is_a_webhook(url: str, service: str) -> None:
    assert at(url).service == service


@pytest.mark.parametrize(
    "url",
    ["", "  ", "nonsense", TOKEN, f"foo://{TOKEN}/x", "slack://", f"slack://{TOKEN}!!/", f"https://[{TOKEN}/x",
     f"json://host:99999/{TOKEN}", f"json:///{TOKEN}", f"tgram://{TOKEN}", f"https://ho st/{TOKEN}", "mailto://"],
)  # fmt: skip
def test_read_target__no_url_that_is_known__names_the_variable_and_never_what_it_holds(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadConfig, match="ALVH_NOTIFY_OPS") as raised:
        at(url)
    shown = str(raised.value) + repr(raised.value.__cause__) + "".join(capfd.readouterr())
    assert TOKEN not in shown


def test_read_targets__several_are_missing__names_all_of_them() -> None:
    settings = NotifyConfig.model_validate(
        {"default": "ops", "escalate": ["boss_2"], "routes": [{"targets": ["night", "ops"]}]}
    )
    with pytest.raises(BadConfig, match="ALVH_NOTIFY_OPS, ALVH_NOTIFY_BOSS_2 is not set"):
        read_targets(settings, {"ALVH_NOTIFY_NIGHT": "json://h.example/x", "ALVH_NOTIFY_OPS": " "})
    all_ = {variable_of(name): "json://h.example/x" for name in settings.targets}
    assert list(read_targets(settings, all_)) == ["ops", "night", "boss_2"]


def test_read_target__without_apprise__says_what_to_install_and_webhooks_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(MissingTool, match=r"pip install 'alvh\[monitor\]'"):
        at(SERVICES["Slack"])
    assert at("json://h.example/x").service.startswith("webhook")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("says", [Says(), Says(500, body=TOKEN.encode()), Says(404, (("X", TOKEN),)), Says(302)])
def test_send__whatever_comes_of_it__no_token_is_logged_printed_or_told(
    hook: Receiver, service: str, says: Says, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook.usual = says
    target = at(SERVICES[service].format(port=hook.server_port))
    outcome = target.send(MESSAGE, "main")
    shown = "".join((outcome.error, target.service, caplog.text, *capfd.readouterr()))
    assert bool(outcome.error) is (says.status != 200)
    assert not any(token in shown for token in TOKENS)


@pytest.mark.parametrize("service", SERVICES)
def test_read_target__then_a_text_of_others_that_quotes_it__hides_it(service: str) -> None:
    url = SERVICES[service].format(port=1)
    at(url)
    assert TOKEN not in foreign(f"no such thing: {url}")


@pytest.mark.parametrize("service", SERVICES)
def test_environment__a_program_or_worker_that_is_started__does_not_inherit_a_url(service: str) -> None:
    environment = {"ALVH_NOTIFY_OPS": SERVICES[service]}
    assert (for_program(environment), for_worker(environment)) == ({}, {})
