"""`latest`, and the only open proposal: which one a command takes, and when it takes none."""

from __future__ import annotations

import pytest

from bridge.errors import UsageError
from bridge.governance.chosen import chosen_proposal
from bridge.local.world import World
from bridge.safe.actions import SAFE_ACTIONS
from tests.bridge.test_many_proposals import bring

pytestmark = pytest.mark.chain


@pytest.mark.parametrize("wanted", [None, "latest"])
def test_chosen_proposal__none_yet__says_how_one_comes(world: World, wanted: str | None) -> None:
    with pytest.raises(UsageError, match="there is no proposal yet: `alvh propose --send`"):
        chosen_proposal(world.snapshot(), wanted, certain=False)


def test_chosen_proposal__empty_text__names_none_though_one_is_open(world: World) -> None:
    bring(world, "# One")
    with pytest.raises(UsageError, match="names no proposal"):
        chosen_proposal(world.snapshot(), "", certain=False)


def test_chosen_proposal__one_open__is_taken_without_a_name_and_as_the_latest(world: World) -> None:
    one = bring(world, "# One")
    snapshot = world.snapshot()
    chosen = [chosen_proposal(snapshot, wanted, certain=True) for wanted in (None, "latest", str(one), str(one)[:9])]
    assert [(each.id, each.title) for each in chosen] == [(one, "One")] * 4


def test_chosen_proposal__a_strangers_beside_it__is_signed_only_by_name(world: World) -> None:
    one, other = bring(world, "# One"), bring(world, "# Other", "unpause")
    snapshot = world.snapshot()
    assert chosen_proposal(snapshot, "latest", certain=False).id == other
    for wanted, certain in ((None, False), (None, True), ("latest", True)):
        with pytest.raises(UsageError, match="2 proposals are open: name one by the first digits of its id"):
            chosen_proposal(snapshot, wanted, certain=certain)
    assert chosen_proposal(snapshot, str(one), certain=True).id == one


def test_safe_cancel__no_proposal_named__may_be_left_out_and_no_more_than_one_given() -> None:
    cancel = SAFE_ACTIONS["cancel"]
    cancel.require_arguments([])
    cancel.require_arguments(["latest"])
    with pytest.raises(UsageError, match=r"usage: cancel \[PROPOSAL\]"):
        cancel.require_arguments(["1", "2"])
