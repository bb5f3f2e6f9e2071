"""`alvh`, whose local chain is built and moved through web3.py alone: `python -m benchmarks.plain_demo demo ...`."""

from bridge.cli import main
from tests.bridge.plain_market import plain_way

if __name__ == "__main__":
    with plain_way():
        main()
