"""The ledger of what was really bought and sold, kept in a database.

    exports     files of venues, and our own CSV, as fills
    schema      the tables, and their versions
    store       append and read; never an edit

May import `hedge`, `config` and what is below them.
"""
