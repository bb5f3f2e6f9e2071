"""Where option quotes come from: each file registers one source in `bridge.sources.option_chains`.

    files        quotes of a file, ours or Deribit's
    deribit      what the venue quotes now
    synthetic    a stated smile, for the local chain and where nothing is quoted

`option_chains` loads every file here when a source is asked for. May import what `bridge.sources` may.
"""
