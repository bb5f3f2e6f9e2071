"""Measurements against peers: `python -m benchmarks`. Not part of the product, never a test."""
