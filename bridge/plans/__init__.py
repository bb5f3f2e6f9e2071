"""From a snapshot to a plan on record.

    observe       prices, volatilities, book and governed parameters, all at one block
    stated_book   the same from a file that states a book, without a node
    signals       the signals of one plan
    make          `make_plan_at`, the one way to a plan for commands, demo and tests
    ideas         what a plan says beside its trades: worth, hold or move, bets, screens
    pool_bets     the pools of a book as bets, on its histories
    screens       exposure that valuation screens of a file allow
    promoter      a yield-chaser's plan beside the steward's, never on record
    records       plans as files, named by the hash of their inputs

Read `make` first. May import `sources`, `adapters` and what is below them; knows no vote.
"""
