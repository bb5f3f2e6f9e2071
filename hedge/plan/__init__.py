"""The plan: from a book, a market, option chains, signals and parameters to an answer with its reasons.

    build     `build_plan`, the one way to a `Plan`
    inputs    its arguments in canonical JSON types, whose hash identifies the plan
    notes     what a reader must know before trusting the numbers
    explain   the tree of every number that decided something, down to the inputs
    notebook  its trades as a table of pandas, and all of it as a notebook shows it
    chase     what the promoter would sell unchecked, to compare with

Read `build` first. May import every other part of `hedge`; nothing of `hedge` imports it.
"""
