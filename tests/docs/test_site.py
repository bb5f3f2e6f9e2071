"""The built site: it asks no other host for anything, lists all that is public, and is easy to read in both schemes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from scripts.docs_site.build import SITE, build
from scripts.docs_site.python_pages import exports, modules
from tests.architecture.reach import read_code

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LOADS = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\s(?:src|srcset|data)=[\"']?(?:https?:)?//[^\"'\s>]+"
    r"|<link\b(?![^>]*rel=[\"']?(?:canonical|next|prev))[^>]*href=[\"']?(?:https?:)?//[^\"'\s>]+"
    r"|url\([\"']?(?:https?:)?//[^)]+\)|@import\s+[\"'](?:https?:)?//[^\"']+"
)
"""What makes a browser ask another host; links that people follow are none of it."""
LOOKED_AT = ("index", "tutorial", "ideas/01-layer-1", "reference/hedge/amm", "governance", "benchmarks")


SOURCES = (
    "README.md",
    "CHANGELOG.md",
    "mkdocs.yml",
    "benchmarks",
    "bridge",
    "contracts",
    "docs",
    "hedge",
    "scripts/docs_site",
)
ENDINGS = {".md", ".py", ".sol", ".yml", ".json", ".svg", ".css", ".js"}


@pytest.fixture(scope="module")
def site() -> Path:
    """Return the site that `make docs` built, or build it where a source is newer."""
    index = SITE / "index.html"
    files = [file for name in SOURCES for file in (ROOT / name, *(ROOT / name).rglob("*")) if file.suffix in ENDINGS]
    newest = max(file.stat().st_mtime for file in files)
    assert (index.is_file() and index.stat().st_mtime > newest) or build() == 0
    return SITE


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Say nothing of requests."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve the site."""
    with served(site) as found:
        yield found


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<script src="https://cdn.example/a.js">', True),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', True),
        ("a { background: url(https://img.example/a.png) }", True),
        ('<a href="https://www.deribit.com/">venue</a>', False),
        ('<script src="assets/a.js">', False),
    ],
)
def test_loads__of_a_text__are_what_a_browser_fetches_by_itself(text: str, found: bool) -> None:
    assert bool(LOADS.search(text)) is found


@pytest.mark.e2e
def test_site__every_file__loads_nothing_from_another_host(site: Path) -> None:
    files = [file for file in site.rglob("*") if file.suffix in {".html", ".css"}]
    assert len(files) > 150
    loads = {(file.name, load[0]) for file in files for load in LOADS.finditer(file.read_text(encoding="utf-8"))}
    assert loads == set()


@pytest.mark.e2e
@pytest.mark.parametrize("package", ["hedge", "bridge"])
def test_reference__of_a_package__has_an_entry_for_all_that_is_public(site: Path, package: str) -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (site / "reference" / package).glob("*.html"))
    listed = set(re.findall(rf'id="?({package}[\w.]+)', pages))
    files = modules(ROOT, package)
    public = {name for name in read_code(ROOT, package).public if name.rpartition(".")[0] in files}
    assert len(public) > 300
    assert public - listed == set()
    named = {f"{module}.{name}" for module, path in files.items() for name in exports(path)}
    assert {name for name in named if name not in pages} == set()


@pytest.mark.e2e
def test_reference__contracts_and_commands__have_a_page_each(site: Path) -> None:
    contracts = {page.stem for page in (site / "reference" / "contracts").glob("*.html")}
    commands = {page.stem for page in (site / "reference" / "commands").glob("*.html")}
    assert {path.stem for path in (ROOT / "contracts").glob("*.sol")} <= contracts
    assert {"exposure", "plan", "propose", "gov", "safe", "watch"} <= commands


@pytest.mark.e2e
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages__in_a_browser__ask_our_host_alone_and_axe_finds_nothing(
    browser: Browser, address: str, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    findings = {}
    for name in LOOKED_AT:
        page.goto(f"{address}/{place(name)}")
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run().then(all => all.violations)")
        findings[name] = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found]
    context.close()
    assert {name: found for name, found in findings.items() if found} == {}
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))} == {
        urlsplit(address).netloc
    }


def place(name: str) -> str:
    """Return the file of a page, of which the beginning of its name may be given."""
    return str(sorted((SITE / name).parent.glob(f"{Path(name).name}*.html"))[0].relative_to(SITE))


@pytest.mark.e2e
def test_diagram__in_a_browser__is_drawn(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/architecture.html")
    page.wait_for_selector(".mermaid:not(pre)", timeout=60_000)
    assert page.locator("pre.mermaid").count() == 0
    page.close()


@pytest.mark.e2e
def test_page__on_a_phone__does_not_scroll_sideways(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for name in LOOKED_AT:
        page.goto(f"{address}/{place(name)}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    page.close()


@pytest.mark.e2e
def test_search__its_index__leads_to_pages_that_are_there(site: Path) -> None:
    items = json.loads((site / "search.json").read_text(encoding="utf-8"))["items"]
    places = {item["location"].partition("#")[0] for item in items if "condor" in item["text"].lower()}
    assert len(places) > 10
    assert all((site / place).is_file() for place in places)


@pytest.mark.e2e
def test_search__words_of_an_idea__lead_to_its_page(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/index.html")
    page.keyboard.press("/")
    page.keyboard.type("iron condor")
    page.get_by_text("Layer 1: iron condor").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/*condor*")
    assert page.get_by_role("heading", name="iron condor").count() > 0
    page.close()
