"""Film the monitor over a plan, a crash and the next plan on a local chain into docs/img/monitor.webp: `make film`."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, expect, sync_playwright

from bridge.config import Config
from bridge.genesis import GovernanceTerms
from bridge.governance.governor import send_execute
from bridge.governance.proposals import note_proposal, send_proposal
from bridge.local.accounts import account
from bridge.local.anvil import advance_time, anvil
from bridge.local.price_path import simulated_path
from bridge.local.rounds import submit_rounds
from bridge.local.world import World, build_world
from bridge.plans.records import PlanRecord
from tests.bridge.steps import TERMS, draft, found, plan_now, queue, trade, vote
from tests.bridge.test_watch_ledger import fills, keep
from tests.e2e.serving import Serving, serving

ROOT: Final = Path(__file__).resolve().parent.parent
FILM: Final = ROOT / "docs" / "img" / "monitor.webp"
WIDE, HIGH, STRIP = 900, 600, 52
SCALE: Final = 1.2
"""The page is this much wider than its picture."""
STEPS: Final = 8
FRAME_MS, LAST_MS = 3_200, 6_000
INK, PAPER, FAINT = "#1b2431", "#ffffff", "#8fa0b5"
FONT: Final = findfont("DejaVu Sans")
DRIFTED: Final = '#alerts-body > ul [data-alert^="exposure_drifted"]'
SWAY, NOISE, DAYS = 0.015, 0.05, 3
"""Of trading before the fall, from which the pools earn: share of the price each way, beyond it and back, days."""
FALL: Final = 0.9


@dataclass
class Camera:
    """A page that is filmed, and its frames with their captions."""

    page: Page
    frames: list[tuple[str, Image.Image]] = field(default_factory=list)

    def take(self, caption: str, place: str = "body") -> None:
        """Take a frame with a place of the page at its top."""
        self.page.mouse.move(0, 0)
        self.page.locator(place).first.evaluate("e => scrollTo(0, e.getBoundingClientRect().top + scrollY - 12)")
        self.page.wait_for_timeout(700)  # charts are drawn anew
        self.frames.append((caption, Image.open(io.BytesIO(self.page.screenshot()))))


def write_film(frames: Sequence[tuple[str, Image.Image]], file: Path) -> None:
    """Write frames below their captions as an animated picture."""
    shown = [_captioned(frame, caption, at, len(frames)) for at, (caption, frame) in enumerate(frames, 1)]
    times = [FRAME_MS] * (len(shown) - 1) + [LAST_MS]
    shown[0].save(file, save_all=True, append_images=shown[1:], duration=times, loop=0, lossless=True, method=6)


def _captioned(frame: Image.Image, caption: str, at: int, count: int) -> Image.Image:
    """Return a frame below a strip with its caption and how much of the film is over."""
    made = Image.new("RGB", (WIDE, HIGH + STRIP), INK)
    made.paste(frame.convert("RGB"), (0, STRIP))
    draw = ImageDraw.Draw(made)
    draw.text((20, STRIP / 2), caption, PAPER, ImageFont.truetype(FONT, 17), anchor="lm")
    draw.text((WIDE - 20, STRIP / 2), f"{at}/{count}", FAINT, ImageFont.truetype(FONT, 14), anchor="rm")
    draw.rectangle((0, STRIP - 4, WIDE * at / count, STRIP - 1), FAINT)
    return made


@dataclass
class Play:
    """The chain, the monitor of it, and the camera on its page."""

    world: World
    config: Config
    monitor: Serving
    camera: Camera

    def seen(self, fits: Callable[[dict[str, Any]], Any]) -> None:
        """Wait until the page shows a look that fits."""
        cycle, foot = self.monitor.until(fits)["cycle"], self.camera.page.locator("#foot")
        while int(foot.inner_text().partition("look ")[2].partition(",")[0]) < cycle:
            self.camera.page.wait_for_timeout(100)

    def report(self) -> None:
        """Let every feed have two rounds: the one after a silence is read when a second one agrees."""
        for _ in range(2):
            submit_rounds(self.world.snapshot(), self.config)
            advance_time(self.world.chain, 60)

    def swaps(self) -> None:
        """Let days of trading pass in the pools."""
        spots = {asset: float(prices[-1]) for asset, prices in self.world.path.prices.items()}
        for step in range(3 * DAYS):
            advance_time(self.world.chain, 8 * 3600)
            share = 1.0 + (SWAY if step % 2 else -SWAY)
            moved = {asset: spot * share for asset, spot in spots.items()}
            self.world.market.move_to({"USD": 1.0} | moved, noise=NOISE)
            self.report()

    def buy(self, record: PlanRecord, name: str) -> None:
        """Put fills of every order of a plan into the ledger, and wait until the page shows them done."""
        self.report()
        keep(self.config, [replace(each, id=f"{name}:{number}") for number, each in enumerate(fills(record))])
        self.seen(lambda view: _done(view, record))


def _done(view: dict[str, Any], record: PlanRecord) -> bool:
    made = view["decision"]
    left = [order["left"] for order in made["orders"]]
    return made["plan"] == record.inputs_hash and left == [0] * len(record.plan["trades"])


def _govern(play: Play) -> PlanRecord:
    """Make a plan and carry it through its vote; returns it."""
    world, take = play.world, play.camera.take
    record = plan_now(world, play.config).record
    record.save(play.config.state)
    drafted, operator = draft(world, record), account("operator")
    send_proposal(world.snapshot(), operator, drafted)
    note_proposal(world.chain, drafted, operator.address, play.config.state)
    number = drafted.id
    vote(world, number)
    play.report()
    play.seen(lambda view: [each["state"] for each in view["proposals"]] == ["active"])
    take("A plan asks the DAO for new budgets: who must act, until when, with which command", "#proposals")
    queue(world, number)
    play.report()
    play.seen(lambda view: [each["state"] for each in view["proposals"]] == ["queued"])
    take("Voted. The timelock holds it: what changes, and from when anyone may execute it", "#proposals")
    advance_time(world.chain, TERMS.timelock_delay + 1)
    send_execute(world.snapshot(), account("outsider"), found(world, number))
    play.report()
    play.seen(lambda view: view["decision"]["plan"] == record.inputs_hash)
    return record


def _acknowledge(play: Play) -> None:
    """Take the alert for known, as a person does."""
    page = play.camera.page
    alert = page.locator(DRIFTED)
    alert.get_by_role("button", name="Acknowledge").click()
    page.locator("#act-by").fill("ann")
    play.camera.take("Somebody takes it, by name", "#alerts")
    page.locator("#act-go").click()
    expect(alert).to_contain_text("Acknowledged by ann")
    play.camera.take("Acknowledged: everybody sees who is at it, and it is not escalated", "#alerts")


def play_all(play: Play) -> None:
    """Play every scene."""
    take = play.camera.take
    play.seen(lambda view: view["cycle"] >= 2)
    take("Eight positions in three kinds of pools, read at one block. Nothing is hedged yet")
    record = _govern(play)
    play.buy(record, "first")
    take("Executed and bought: the ledger has the fills, and most of the delta is gone")
    take("What each layer covers, against what the DAO allows", "#coverage")
    take("Pay-off of each layer, and of all, by price", "#payoff")
    play.swaps()
    trade(play.world, [(1 + FALL) / 2, FALL])
    advance_time(play.world.chain, 3600)
    play.report()
    play.seen(lambda view: any(each["rule"] == "exposure_drifted" for each in view["alerts"]))
    expect(play.camera.page.locator(DRIFTED)).to_have_count(1)
    take(f"Prices fall by {1 - FALL:.0%} in the pools: the page follows within seconds")
    take("The fall is an alert, told once: what happened, who can act, what to do first", "#alerts")
    _acknowledge(play)
    renewed = plan_now(play.world, play.config).record
    assert renewed.plan["decision"]["answer"] == "hedge", renewed.plan["decision"]
    renewed.save(play.config.state)
    play.buy(renewed, "second")
    expect(play.camera.page.locator(DRIFTED)).to_have_count(0)
    take("A new plan for the new prices is bought")
    play.camera.page.locator('[data-key="summary over"]').click()
    take("That alert is over; what still needs a decision stays: positions out of their range", "#alerts")


def main() -> None:
    """Write docs/img/monitor.webp, or the file that is named."""
    file = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else FILM
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = build_world(
            stack.enter_context(anvil()), simulated_path(STEPS), GovernanceTerms(), lambda text, share: None
        )
        config = Config(state=folder / ".alvh")
        submit_rounds(world.snapshot(), config)
        world.deployment.save(config.state / "deployment.json")
        (folder / "alvh.toml").write_text(f'[chain]\nrpc_url = "{world.chain.url}"\n', encoding="utf-8")
        monitor = stack.enter_context(serving(folder))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        size = {"width": round(SCALE * WIDE), "height": round(SCALE * HIGH)}
        page = browser.new_page(viewport=size, device_scale_factor=1 / SCALE)
        monitor.until(lambda view: view["cycle"] >= 1)
        page.goto(f"{monitor.page}/#token={monitor.token}")
        camera = Camera(page)
        play_all(Play(world, config, monitor, camera))
        browser.close()
    write_film(camera.frames, file)
    print(f"written: {file}, {len(camera.frames)} frames, {file.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
