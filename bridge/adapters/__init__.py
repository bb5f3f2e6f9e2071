"""What an owner holds in AMM pools: one adapter a protocol, all behind `PositionReader`."""
