"""What the monitor sees at one block, the rules that raise alerts of it, and how `alvh watch` says both."""
