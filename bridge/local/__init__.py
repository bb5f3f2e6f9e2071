"""A local chain with the real contracts of other people, funded accounts, pools and positions."""
