"""Formats of exports: each file registers one in `bridge.ledger.exports.format`.

    deribit_log       Deribit's transaction log: its CSV, and the answer of ``private/get_transaction_log``
    deribit_trades    answers of ``private/get_user_trades_by_*`` as JSON, or as CSV with the same columns
    plain             our own CSV

May import what `bridge.ledger.exports` may.
"""
