"""What a node asks to be paid is refused where it is read, before anyone adds it up; on two chains."""

from __future__ import annotations

import pytest

from bridge.chain.node import Chain
from bridge.errors import FeeTooHigh
from tests.bridge.lying_node import GWEI, LyingNode, through
from tests.bridge.test_fees import fees


@pytest.mark.parametrize(
    ("tip", "base", "setting"), [(21 * GWEI, GWEI, "max_tip_gwei"), (GWEI, 250 * GWEI, "max_fee_gwei")]
)
def test_fees__above_a_setting__are_refused_as_they_are_read(
    real: Chain, node: LyingNode, tip: int, base: int, setting: str
) -> None:
    node.lie = fees(tip, base)
    with pytest.raises(FeeTooHigh) as caught:
        through(node, real).fees()
    assert caught.value.setting == setting


def test_fees__at_the_settings__are_twice_the_base_fee_and_the_tip(real: Chain, node: LyingNode) -> None:
    node.lie = fees(20 * GWEI, 240 * GWEI)
    offered = {"maxPriorityFeePerGas": 20 * GWEI, "maxFeePerGas": 500 * GWEI}
    assert through(node, real).fees() == offered
