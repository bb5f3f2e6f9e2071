"""The whole loop as the newcomer runs it, its report in a real browser, and the package as pip installs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.command import Run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
)


MEASURE = """addEventListener("load", () => {
  const pictures = [...document.querySelectorAll("svg")].map(picture => picture.getBoundingClientRect());
  const page = document.documentElement;
  document.title = JSON.stringify({
    pictures: pictures.length,
    flat: pictures.filter(picture => picture.width < 40 || picture.height < 40).length,
    wide: page.scrollWidth - page.clientWidth,
    hidden: Math.max(...[...document.querySelectorAll(".scroll")].map(box => box.scrollWidth / box.clientWidth)),
  });
})"""


CRASH = ((3000, 90_000), (3100, 91_500), (2900, 88_000), (2350, 78_000), (2480, 80_500), (2510, 81_000))
DIP = ((3000, 90_000), (3050, 90_800), (2950, 89_000), (2800, 86_500), (2870, 87_300), (2900, 88_000))


def write_prices(folder: Path, prices: tuple[tuple[int, int], ...], hours: int = 24) -> Path:
    """Write a short path, a row every so many hours: the oftener pools trade, the more they earn a year."""
    rows = ["timestamp,ETH,BTC"]
    times = pd.date_range("2026-03-01T08:00", periods=len(prices), freq=f"{hours}h")
    rows += [f"{time:%Y-%m-%dT%H:%M:%SZ},{eth},{btc}" for time, (eth, btc) in zip(times, prices, strict=True)]
    file = folder / "prices.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_demo__price_file__runs_the_loop_and_the_report_opens_in_a_browser(run: Run, tmp_path: Path) -> None:
    write_prices(tmp_path, DIP, hours=6)
    done = run("demo", "--prices", "prices.csv", "--json")
    assert done.code == 0, done.err
    answer = done.json()
    assert "prices.csv: 6 rows" in answer["prices"]
    assert answer["proposal"].isdecimal()
    assert answer["plan"]["decision"]["answer"] == "hedge"
    changes = answer["plan"]["update"]["changes"]
    assert changes
    assert answer["plan"]["regime"]["missing"] == []
    assert all(
        "simulated" in signal["source"] for signal in answer["plan"]["inputs"]["signals"] if signal["name"] == "funding"
    )
    assert all(answer["parameters_after"][row["key"]] == row["new"] for row in changes)
    assert [step["name"] for step in answer["steps"]][-3:] == [
        "executed and read back",
        "BTC volatility reported",
        "ETH volatility reported",
    ]
    report = tmp_path / answer["report"]
    text = report.read_text(encoding="utf-8")
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert answer["inputs_hash"] in text
    if CHROMIUM is None:
        pytest.skip("no Chromium here: the report was written, but not opened in a browser")
    assert_opens(report, tmp_path)


def test_demo__crash_after_which_fees_do_not_pay__says_leave_the_pool_and_votes_on_nothing(
    run: Run, tmp_path: Path
) -> None:
    write_prices(tmp_path, CRASH)
    done = run("demo", "--prices", "prices.csv")
    assert done.code == 0, done.err
    assert "LEAVE THE POOL" in done.out
    assert "not brought to a vote" in done.out
    assert "nothing to vote on" in done.out
    assert "leave the pool" in (tmp_path / "reports" / "demo.html").read_text(encoding="utf-8").lower()


def assert_opens(report: Path, folder: Path) -> None:
    """Open a page in a real browser: every picture is laid out, nothing is wider than the window."""
    probe = folder / "probe.html"
    # The page forbids scripts by its own policy; the probe measures a copy that allows one.
    text = report.read_text(encoding="utf-8").replace(
        "default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';"
    )
    probe.write_text(text.replace("</body>", f"<script>{MEASURE}</script></body>"), encoding="utf-8")
    for width in ("1280,1000", "500,900"):
        dom = subprocess.run(
            [
                str(CHROMIUM),
                *QUIET,
                f"--user-data-dir={folder / 'profile'}",
                f"--window-size={width}",
                "--dump-dom",
                probe.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout
        title = dom.split("<title>")[1].split("</title>")[0].replace("&quot;", '"')
        seen = json.loads(title)
        assert seen["pictures"] >= 6
        assert seen["flat"] == 0
        assert seen["wide"] <= 0
        assert seen["hidden"] < (1.1 if width.startswith("1280") else 3)  # tables fit a desk, and scroll on a phone


def test_wheel__installed_alone__starts_and_has_its_abis(root: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    wheel = next(tmp_path.glob("alvh-*.whl"))
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    code = (
        "import bridge; from bridge.artifacts import artifact; "
        "print(bridge.__file__, len(artifact('HedgeParameters').abi), len(artifact('Safe').abi))"
    )
    where = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"}
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=where, capture_output=True, text=True, check=True
    ).stdout.split()
    assert answer[0].startswith(str(installed))
    assert int(answer[1]) > 40
    assert int(answer[2]) > 20
    helped = subprocess.run(
        [sys.executable, "-m", "bridge", "--version"],
        cwd=tmp_path,
        env=where,
        capture_output=True,
        text=True,
        check=True,
    )
    assert helped.stdout.startswith("alvh ")
