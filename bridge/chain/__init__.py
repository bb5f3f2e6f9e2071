"""One node: connections, blocks, signers, and failures in words."""
