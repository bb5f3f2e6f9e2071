"""Numbers from outside, each checked before it is used: prices, option chains, signals, the volatility oracle."""
