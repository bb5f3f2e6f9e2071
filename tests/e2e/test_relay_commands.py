"""`--relay` and ALVH_RELAY_URL on a command: what is signed goes to the private endpoint, and to no node."""

from __future__ import annotations

from pathlib import Path

from bridge.chain.signers import KEY_VARIABLE
from bridge.chain.ways import RELAY_VARIABLE
from bridge.local.accounts import account
from tests.bridge.lying_node import lying_node
from tests.e2e.places import Place, key_of, through
from tests.e2e.test_commands import assert_one_line_error

SENT = "eth_sendRawTransaction"


def test_command__relay_by_option_or_environment__the_node_never_sees_a_transaction(
    place: Place, tmp_path: Path
) -> None:
    url = place.world.chain.url
    words = ("gov", "delegate", account("operator").address, "--send")
    with lying_node(url) as node, lying_node(url) as relay, through(place, tmp_path, node):
        assert place.run(*words, "--relay", f"{relay.url}/fast", role="voter-2").code == 0
        assert len(relay.asked(SENT)) == 1
        key = {KEY_VARIABLE: key_of("voter-3"), RELAY_VARIABLE: f"{relay.url}/?key=KEY98765"}
        assert place.call(*words, **key).code == 0
        assert len(relay.asked(SENT)) == 2
        assert node.asked(SENT) == []
        refused = place.run(*words, "--relay", f"{relay.url}/?key=KEY98765", role="voter-3")
        assert_one_line_error(refused, 2, "give the whole URL in ALVH_RELAY_URL")
        assert "KEY98765" not in refused.err + refused.out
        assert len(relay.asked(SENT)) == 2
