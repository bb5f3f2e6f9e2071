"""Where the histories of the signals come from: each file registers one source in `bridge.sources.signal_sources`.

    files    one file a table, in a folder

`signal_sources` loads every file here when a source is asked for. May import what `bridge.sources` may.
"""
