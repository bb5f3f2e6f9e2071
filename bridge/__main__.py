"""Allow `python -m bridge` where the `alvh` script is not on PATH."""

from bridge.cli import main

if __name__ == "__main__":
    main()
