"""The ledger of what was really bought and sold, kept in a database.

    exports     files of venues, and our own CSV, as fills
    labels      how an order at a venue names its plan
    place       where the ledger is
    schema      the tables, and their versions
    store       append and read; never an edit

May import `hedge`, `config` and what is below them.
"""
