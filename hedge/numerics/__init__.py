"""Arrays, compiled kernels and Sobol' points: what options, pools and scenarios share, and nothing of finance.

In this order:

    arrays        numbers in, float64 arrays out, or a refusal with the first offender
    jit           from which size on a kernel pays; how one is compiled, cached, and run on two threads
    memory        where a kernel writes its results, used again when nobody looks at them
    kernel_rows   copies between columns, a kernel's scratch rows and the results
    past_caches   the store that those copies use for large results
    kernel_math   exp, log and Mills' ratio in a form that takes eight numbers at once
    sobol         scrambled Sobol' points for scenarios

It imports numpy and `hedge.errors`; SciPy only for points beyond `sobol`'s table, and numba only inside `jit.compiled`,
at a process's first bulk call. The kernels themselves are beside the formulas they repeat, in `hedge.options` and
`hedge.amm`.
"""
