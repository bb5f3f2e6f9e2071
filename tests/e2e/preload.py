"""What the process that commands are forked from has loaded: the libraries, and no state of ours."""

from __future__ import annotations

import bridge.cli.app
import bridge.plans.make
import bridge.report.html
import bridge.sources.history_files
import bridge.sources.quote_files  # noqa: F401
