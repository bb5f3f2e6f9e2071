"""Venues and publishers that are asked over HTTPS, read-only: what they say is checked field by field, never believed.

    clock, limits    time as it is injected; credits and paces that keep us below a venue's limits
    fields           numbers, texts and times of an answer, each with its range
    asking           one question: paced, asked again where that may help, a named error where not
    deribit          Deribit's public methods; shapes is what its answers are
    deribit_account  what an account there traded and holds, by a key that reads
    option_rows      its option chain as rows of a chain file
    leg_sizes        for how much the quotes stand that a plan's orders meet
    binance, fred    candles; figures of the economy as they were known day by day, which macro makes releases of
    cached           ranges of a history that are kept in parts, so that an interrupted fetch goes on
    histories        the files of histories, and where they are from

Read `deribit` first. May import `chain.connection`, `config`, `files` and what is below them.
"""
