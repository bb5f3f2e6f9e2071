"""From an observation to a plan on record."""
