"""The loop of `alvh watch` on two chains: it outlives its node, shows no replaced block, and knows what time it is."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.chain.blocks import LOCAL_CHAIN_ID
from tests.bridge.lying_node import Answering, Asked
from tests.bridge.reorganising_node import reorganising_node
from tests.e2e.places import Place, through

SAID = "nothing was used, run it again"


@contextmanager
def loop(folder: Path) -> Iterator[Callable[[], dict[str, Any]]]:
    """Run the loop for the length of a `with` block, give what reads its next line, and see that it ran to the end."""
    code = "from bridge.cli import main; main()"
    words = (sys.executable, "-c", code, "watch", "--interval", "0.1", "--json")
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def look() -> dict[str, Any]:
        assert process.stdout is not None
        found = process.stdout.readline()
        assert found, process.communicate()
        return dict(json.loads(found))

    try:
        yield look
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        err = process.communicate(timeout=30)[1]
    assert "Traceback" not in err


def kinds(seen: dict[str, Any]) -> set[str]:
    return {alert["kind"] for alert in seen["alerts"]}


def down(answering: Answering, asked: Asked) -> bool:
    """Answer as a gateway whose node is away."""
    return answering.say(b"<html>down for repair</html>", 502)


def test_loop__block_replaced_node_away_and_chain_that_stands_still__says_each_and_looks_on(
    place: Place, tmp_path: Path
) -> None:
    """The world's newest block is months old by the clock; a local chain's time is moved by hand and says nothing."""
    with reorganising_node(place.world.chain) as node, through(place, tmp_path, node), loop(tmp_path) as look:
        replaced, after = look(), look()
        assert replaced.keys() == {"error"}
        assert SAID in replaced["error"]
        assert after["block"] == place.world.chain.head().__dict__
        assert kinds(after) == expected(place)
        node.lie = down
        while "error" not in (seen := look()):
            pass
        assert "HTTP 502" in seen["error"]
        node.lie = lambda answering, asked: False
        while "error" in (seen := look()):
            pass
        assert kinds(seen) == expected(place)


def expected(place: Place) -> set[str]:
    return {"plan", "range"} | ({"chain"} if place.chain_id != LOCAL_CHAIN_ID else set())


def test_watch__block_replaced_while_it_looks_once__exits_1_with_that_line(place: Place, tmp_path: Path) -> None:
    with reorganising_node(place.world.chain) as node, through(place, tmp_path, node):
        done = place.run("watch", "--once")
    assert (done.code, done.err, len(done.out.splitlines())) == (1, "", 1)
    assert done.out.startswith("no look this time: ")
    assert SAID in done.out


def test_watch__once__alerts_of_a_chain_that_stands_still_unless_it_is_the_local_one(place: Place) -> None:
    done = place.run("watch", "--once", "--json")
    assert (done.code, kinds(done.json())) == (1, expected(place))
