"""Backtests and simulations from files: what is read, run, kept and shown.

    problems     what is wrong in files, named and counted
    pool_files   bars of pools

Read `problems` first. May import `tables` and `errors`.
"""
