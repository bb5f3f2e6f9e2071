"""The ledger of what was really bought and sold, kept in a database.

    exports     files of venues, and our own CSV, as fills
    labels      how an order at a venue names its plan
    place       where the ledger is
    schema      the tables, and their versions; migrations make them
    database    SQLite or PostgreSQL: opened, brought to our version, locked, its errors named
    rows        fills as rows, and what no row can hold
    store       append and read; never an edit
    corrections how corrections are named, and what an entry that comes again is compared with
    scale       whether prices that come are of the scale of those that are there
    account_trades  what an account at a venue traded, as a file, and what it holds beside our entries
    hand        what is typed as fills; closing trades and corrections

Read `store` first.
May import `hedge`, `config` and what is below them.
"""
