"""Studies: backtests and simulations from files and settings, run, kept and reported.

In this order:

    tasks, inputs, store, results   a task and its result; what results follow from; a folder that survives a crash
    threads, processes, cluster     one thread a process; workers on this machine; a Dask cluster
    progress, runner                what is said meanwhile; `run_tasks`, which is all of it
    problems                        what is wrong in files, named and counted
    pool_files, chain_files         bars of pools, snapshots of option books
    settings, markets, strategies   what is played
    play, summary, study            one task; figures of all of them; from settings to figures

May import everything that quotes and files need: `sources`, `config`, `tables` and what is below them; no chain.
"""
