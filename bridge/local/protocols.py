"""Deploy other people's contracts on a local chain: WETH, Uniswap v2, v3 and v4, Permit2, Safe."""

from __future__ import annotations

from typing import Any

from bridge.artifacts.vendor import PERMIT2_ADDRESS, permit2_runtime_code, vendor
from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.governance.safe_builds import MULTISEND_PLACES
from bridge.safe.transactions import ZERO

V4_UNSUBSCRIBE_GAS_LIMIT = 300_000  # the value of Uniswap's own mainnet deployment


def deploy_vendor(chain: Chain, signer: Signer, name: str, *arguments: Any) -> str:
    """Deploy a published artifact by name and return its address."""
    published = vendor(name)
    return chain.deploy_code(signer, name, published.abi, published.bytecode, *arguments)


def deploy_protocols(chain: Chain, signer: Signer) -> dict[str, str]:
    """Deploy all third-party contracts; returns addresses by contract name."""
    weth = deploy_vendor(chain, signer, "WETH9")
    v2_factory = deploy_vendor(chain, signer, "UniswapV2Factory", signer.address)
    v3_factory = deploy_vendor(chain, signer, "UniswapV3Factory")
    pool_manager = deploy_vendor(chain, signer, "PoolManager", signer.address)
    chain.request("anvil_setCode", PERMIT2_ADDRESS, permit2_runtime_code())
    chain.request("anvil_setCode", MULTISEND_PLACES[0], vendor("MultiSendCallOnly").runtime)
    return {
        "WETH9": weth,
        "UniswapV2Factory": v2_factory,
        "UniswapV2Router02": deploy_vendor(chain, signer, "UniswapV2Router02", v2_factory, weth),
        "UniswapV3Factory": v3_factory,
        # The third argument draws the NFT's picture; nothing here reads it.
        "NonfungiblePositionManager": deploy_vendor(
            chain, signer, "NonfungiblePositionManager", v3_factory, weth, ZERO
        ),
        "SwapRouter": deploy_vendor(chain, signer, "SwapRouter", v3_factory, weth),
        "Permit2": PERMIT2_ADDRESS,
        "PoolManager": pool_manager,
        "PositionManager": deploy_vendor(
            chain, signer, "PositionManager", pool_manager, PERMIT2_ADDRESS, V4_UNSUBSCRIBE_GAS_LIMIT, ZERO, weth
        ),
        # Uniswap's own router for tests: the real one for v4 comes without bytecode on npm.
        "PoolSwapTest": deploy_vendor(chain, signer, "PoolSwapTest", pool_manager),
        "StateView": deploy_vendor(chain, signer, "StateView", pool_manager),
        "Safe": deploy_vendor(chain, signer, "Safe"),
        "SafeProxyFactory": deploy_vendor(chain, signer, "SafeProxyFactory"),
        "CompatibilityFallbackHandler": deploy_vendor(chain, signer, "CompatibilityFallbackHandler"),
    }
