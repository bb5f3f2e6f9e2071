"""Numbers from outside, each checked before it is used, each with its provenance.

    option_chains    `QuoteSource`: `quote_files`, `synthetic_quotes`
    prices           `PriceSource`: `pool_prices`
    signal_sources   `HistorySource`: `history_files`
    oracle           our own volatility feed: reports, rounds, age

Read `option_chains` first. To add a source, add one file that registers it; docs/extending.md shows one. May import
`adapters`, `config` and what is below them.
"""
