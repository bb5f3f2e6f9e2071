"""The files of deploy/: what Prometheus, Grafana, systemd and a container engine do with them, by their own tools."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge import __version__
from bridge.errors import ChainError
from bridge.monitor.metrics import Metrics
from tests.bridge.metered_view import FULL
from tests.docs.test_runbook_page import command_of

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
UNIT = DEPLOY / "systemd" / "alvh-watch.service"
CONTAINERFILE = DEPLOY / "Containerfile"
MOST_EXPOSED = 2.0
"""Of 10, as systemd-analyze counts: below 2 is its best grade."""
NAME = re.compile(r"\b(?:alvh|process)_[a-z_]+\b")
SHARED = ("/src", "/wheels", "/opt/alvh", "/var/lib/alvh")
"""Folders of the container; in a test they are in one of its own."""

pytestmark = pytest.mark.e2e


def tool(name: str) -> str:
    """Return the path of a program; skip the test where it is not installed."""
    return shutil.which(name) or pytest.skip(f"no {name} (`.ci/run` installs it)")


def ran(*command: str, given: bytes = b"") -> str:
    """Return what a command said; it must succeed."""
    done = subprocess.run(command, input=given, cwd=RULES.parent, capture_output=True, timeout=60)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return (done.stdout + done.stderr).decode()


def told() -> Metrics:
    """Return the numbers of a monitor that looked and failed once."""
    metrics = Metrics()
    metrics.update(FULL, {"pending": 1})
    metrics.failed(ChainError("gone"))
    return metrics


def measured_names() -> set[str]:
    body, _ = told().exposition()
    return {re.split(r"[{ ]", line)[0] for line in body.decode().splitlines() if not line.startswith("#")}


def test_rules__by_promtool__are_sound_and_do_what_their_tests_say() -> None:
    promtool = tool("promtool")
    assert "rules found" in ran(promtool, "check", "rules", "--lint-fatal", RULES.name)
    assert "SUCCESS" in ran(promtool, "check", "config", "prometheus.yml")
    assert "SUCCESS" in ran(promtool, "test", "rules", "rules_test.yml")


def test_metrics__by_promtool__are_named_as_prometheus_asks() -> None:
    body, _ = told().exposition(openmetrics=False)
    assert ran(tool("promtool"), "check", "metrics", given=body) == ""


def test_rules__every_alert__is_raised_in_a_test_and_says_what_to_do() -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    tests = yaml.safe_load((RULES.parent / "rules_test.yml").read_text())["tests"]
    raised = {each["alertname"] for test in tests for each in test["alert_rule_test"] if each.get("exp_alerts")}
    assert {rule["alert"] for rule in rules} == raised
    assert all({"summary", "action"} == set(rule["annotations"]) for rule in rules)


@pytest.mark.parametrize("path", ["prometheus/rules.yml", "prometheus/rules_test.yml", "grafana/alvh.json"])
def test_names_of_metrics__in_a_file__are_measured(path: str) -> None:
    names = set(NAME.findall((DEPLOY / path).read_text(encoding="utf-8"))) - {"alvh_watch"}
    assert names
    assert names <= measured_names()


def test_dashboard__its_panels__are_whole_and_do_not_overlap() -> None:
    board = json.loads((DEPLOY / "grafana" / "alvh.json").read_text(encoding="utf-8"))
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    covered: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & covered, panel["title"]
        covered |= cells
        if panel["type"] != "row":
            assert panel["description"].endswith(".")
            assert all("$job" in target["expr"] for target in panel["targets"])


def test_dashboard__every_expression__is_read_by_promtool(tmp_path: Path) -> None:
    board = json.loads((DEPLOY / "grafana" / "alvh.json").read_text(encoding="utf-8"))
    targets = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    rules = [{"record": f"panel:{at}", "expr": expr.replace("$job", "alvh")} for at, expr in enumerate(targets)]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(targets)} rules found" in ran(tool("promtool"), "check", "rules", str(path))


def unit() -> dict[str, list[str]]:
    """Return the directives of the unit."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_unit__its_directives__confine_the_service_and_name_no_secret() -> None:
    found = unit()
    for name in ("DynamicUser", "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "LockPersonality"):
        assert found[name] == ["yes"]
    assert (found["ProtectSystem"], found["CapabilityBoundingSet"]) == (["strict"], [""])
    assert (found["Restart"], found["RestartPreventExitStatus"]) == (["on-failure"], ["2"])
    assert "MemoryDenyWriteExecute" not in found
    assert "WatchdogSec" not in found
    assert [value.partition("=")[0] for value in found["Environment"]] == ["XDG_CACHE_HOME"]


def test_unit__by_systemd__is_sound_and_of_its_best_grade(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    unit_file = tmp_path / UNIT.name
    unit_file.write_text(UNIT.read_text().replace("/opt/alvh/bin/alvh", str(Path(sys.executable).with_name("alvh"))))
    assert ran(analyze, "verify", "--man=no", str(unit_file)) == ""
    threshold = f"--threshold={MOST_EXPOSED * 10:.0f}"
    assert "OK" in ran(analyze, "security", "--offline=true", "--no-pager", threshold, str(unit_file))


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile with their arguments."""
    lines = [line for line in CONTAINERFILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def argument(wanted: str) -> str:
    """Return the argument of the last instruction of a kind."""
    return [rest for word, rest in instructions() if word == wanted][-1]


@pytest.mark.parametrize("where", ["unit", "container"])
def test_command_of_the_service__as_the_file_has_it__exists_with_its_options(where: str) -> None:
    words = shlex.split(unit()["ExecStart"][0]) if where == "unit" else json.loads(argument("ENTRYPOINT"))
    command, rest = command_of(["alvh", *words[1:]])
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known
    assert words[0] == "/opt/alvh/bin/alvh"


def test_container__its_user_and_state__are_no_roots() -> None:
    assert argument("USER") == "10001:10001"
    assert argument("VOLUME") == argument("WORKDIR") == "/var/lib/alvh"
    assert not re.search(r"KEY|TOKEN=|PASSWORD", " ".join(f"{word} {rest}" for word, rest in instructions()))


def placed(text: str, folder: Path) -> str:
    """Return a step of the container with its folders in one of the test's."""
    return re.sub(rf"(?<![\w.-])({'|'.join(SHARED)})(?![\w-])", lambda found: f"{folder}{found[1]}", text)


@pytest.mark.skipif(os.geteuid() != 0, reason="a step of the container gives a folder to another user")
def test_container__its_steps_without_an_engine__make_a_program_that_starts(tmp_path: Path) -> None:
    for name in SHARED:
        (tmp_path / name.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "image")], check=True)  # stands for the image's Python
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment = kept | {"PATH": f"{tmp_path}/image/bin:{os.environ['PATH']}"}
    source = tmp_path / "src"
    source.mkdir()
    for word, rest in instructions():
        if word == "COPY" and "--from" not in rest:
            *names, goal = rest.split()
            for name in names:
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copy(ROOT / name, source / goal if goal != "./" else source / name)
        elif word == "RUN":
            done = subprocess.run(
                placed(rest, tmp_path), shell=True, cwd=source, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{rest}: {done.stderr}"
    program = placed(json.loads(argument("ENTRYPOINT"))[0], tmp_path)
    said = subprocess.run([program, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert __version__ in said
    needed = "import apprise, prometheus_client, psycopg, starlette, structlog, uvicorn"
    subprocess.run([Path(program).with_name("python"), "-c", needed], cwd=tmp_path, check=True)
    state = (tmp_path / "var/lib/alvh").stat()
    assert (state.st_uid, state.st_mode & 0o777) == (10_001, 0o700)


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Serve a status at /healthz, and yield the port."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served.server_port
        served.shutdown()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_health_of_the_container__by_what_the_monitor_answers__is_told(status: int, healthy: bool) -> None:
    command = json.loads(argument("HEALTHCHECK").partition(" CMD ")[2])
    with answering(status) as port:
        code = command[2].replace("8484", str(port))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30)
    assert (done.returncode == 0) is healthy
