"""`alvh up` in a folder that an older chain has left things in, until Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.governance.journal import JournalEntry, read_journal
from bridge.local.anvil import free_port


def test_up__until_ctrl_c__forgets_rounds_and_proposals_of_the_chain_before_and_stops(tmp_path: Path) -> None:
    state, port = tmp_path / ".alvh", free_port()
    for chain_id in (LOCAL_CHAIN_ID, 5):
        JournalEntry("8", chain_id, "one change", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", 7).save(state)
        (state / "reports" / str(chain_id) / "0xfeed").mkdir(parents=True)
    command = [sys.executable, "-m", "bridge", "up", "--port", str(port), "--json"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    told = "".join(iter(process.stdout.readline, "}\n")) + "}"
    for line in process.stderr:
        if line.startswith("the settings name another node"):
            break
    time.sleep(1.0)  # it waits by now
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=120)[1]
    assert (process.returncode, err) == (0, "stopped\n")
    assert json.loads(told)["prices"].startswith("simulated")
    assert [(state / "reports" / str(chain_id)).exists() for chain_id in (LOCAL_CHAIN_ID, 5)] == [False, True]
    assert (read_journal(state, LOCAL_CHAIN_ID), len(read_journal(state, 5))) == ([], 1)
