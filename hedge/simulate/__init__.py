"""Monte-Carlo paths of prices, and of a hedged LP position along them.

In this order:

    models          GBM, Heston, Merton's jumps, regimes: parameters in, a kernel's columns out
    history         filtered historical simulation and the stationary bootstrap: paths made of what happened
    paths           simulate, summarise, track: prices, five numbers a path, or an LP's hedges
    columns         what the kernel reads of a model, and the checks before
    estimates       mean, deviation and CVaR, each with its standard error
    hedged_lp       one LP position, unhedged and under five hedges, on the same paths
    counter_kernel  Philox: numbers that depend on (seed, path, step, stream) only
    path_kernel     the loop over blocks of paths, and what each model does in a step
    record_kernel   what is written of each step

It imports `amm`, `options` and `numerics`; numba only inside the first call. docs/simulate.md has the formulas.
"""
