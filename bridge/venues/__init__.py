"""Venues and publishers that are asked over HTTPS, read-only: what they say is checked field by field, never believed.

    clock, limits    time as it is injected; credits and paces that keep us below a venue's limits
    fields           numbers, texts and times of an answer, each with its range
    asking           one question: paced, asked again where that may help, a named error where not
    deribit          Deribit's public methods; shapes is what its answers are
    option_rows      its option chain as rows of a chain file
    binance, fred    candles; first releases of the economy's figures
    cached           ranges of a history that are kept in parts, so that an interrupted fetch goes on

Read `deribit` first. May import `chain.connection`, `config`, `files` and what is below them.
"""
