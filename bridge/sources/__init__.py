"""Numbers from outside, each checked before it is used, each with its provenance.

    option_chains    `QuoteSource`, each a file of `quotes`
    prices           `PriceSource`, each a file of `spot_prices`
    signal_sources   `HistorySource`, each a file of `histories`
    quoted_index     the volatility index that quotes give, by the method that the settings name
    oracle           our own volatility feed: reports, rounds, age

Read `option_chains` first. To add a source, add one file that registers it to the folder of its kind, which is loaded
when a source of that kind is asked for; docs/extending.md shows one. May import `adapters`, `config` and what is below
them.
"""
