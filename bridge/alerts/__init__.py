"""One look at exposure, hedge, feeds and votes, and what it warns of."""
