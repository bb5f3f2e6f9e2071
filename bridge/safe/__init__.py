"""The guardian's and the steward's multi-sig.

    multisig   a Safe transaction: built, hashed, signed by several owners, executed by the real Safe contract
    actions    what our Safes are asked to do, by name
    records    transactions as files that owners pass on

Read `multisig` first. May import `governance` and what is below it.
"""
