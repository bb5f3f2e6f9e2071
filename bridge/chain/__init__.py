"""One node: connect, read at a pinned block, send, and turn every failure into a `BridgeError`.

    blocks, rpc        a block's number, hash and time; plain JSON-RPC without web3.py
    node               `Chain`: reads name their block, sends are waited for
    signers, pending   keys; transactions that are stuck
    reverts            what a contract's refusal says

Read `node` first. May import `artifacts` and `errors`.
"""
