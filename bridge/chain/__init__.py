"""One node: connect, read at a pinned block, send, and turn every failure into a `BridgeError`.

    blocks             a block's number, hash and time
    connection, rpc    HTTP; JSON-RPC over it, each answer checked
    answers, logs      what a node's errors mean; eth_getLogs in pages
    log_cache          events of finalised blocks on the disk, in log_parts
    compared           what the answers of two nodes have in common
    providers, ways    several nodes as one; what a chain has beside its main node
    values, codec      what the ABI says of values, calls and events, from and to bytes
    pinned, node       `Chain`: reads name their block, sends are waited for
    signers            keys
    rehearsal          what would come of a transaction; nothing is sent
    receipts, pending  what became of one that was handed over; those that are stuck
    fees, provider     what a transaction may cost; web3.py on our own line
    reverts            what a contract's refusal says

Read `node` first. Only what sends loads web3.py. May import `artifacts` and `errors`.
"""
