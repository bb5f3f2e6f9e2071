"""The world outside: chain, feeds, governance, reports and the command line. Imports `hedge`, never brownie."""

__version__ = "0.1.0"
