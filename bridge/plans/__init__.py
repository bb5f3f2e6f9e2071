"""From a snapshot to a plan on record.

    observe       prices, volatilities, book and governed parameters, all at one block
    stated_book   the same from a file that states a book, without a node
    signals       the signals of one plan
    make          `make_plan_at`, the one way to a plan for commands, demo and tests
    records       plans as files, named by the hash of their inputs

Read `make` first. May import `sources`, `adapters` and what is below them; knows no vote.
"""
