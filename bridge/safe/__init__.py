"""The guardian's and the steward's multi-sig.

    multisig   a Safe transaction: built, hashed, signed by several owners, executed by the real Safe contract
    transactions
               what owners sign, and its hashes
    actions, owner_actions
               what our Safes are asked to do, by name
    records    transactions as files that owners pass on
    builder    batch files of the Safe app's Transaction Builder
    service, relayed
               a Safe Transaction Service; what it says, held against bytes, signatures and chain
    batch      several calls as one transaction, by MultiSendCallOnly
    effects    what a transaction changes, played on the chain: values before and after
    readings, moves
               everything that is compared for it; coins and tokens that move
    words      a transaction told from its bytes

Read `multisig` first. May import `governance` and what is below it.
"""
