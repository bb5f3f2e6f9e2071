"""A plug-in of alvh: one of each thing that can be added, each in a file of its own.

`alvh` imports this module at the start of a command, because pyproject.toml names it in the entry-point group
``alvh.plugins``. Importing a file registers what it holds.
"""

from alvh_example import action, alert, amm, layer, signal, sources, strategy

__all__ = ["action", "alert", "amm", "layer", "signal", "sources", "strategy"]
