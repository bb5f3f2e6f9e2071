"""Bytecode of Uniswap, Safe and WETH9 as their authors published it on npm; nothing of it is copied into this package.

Needed by local chains only: it is read from ALVH_NODE_MODULES, else from `node_modules` beside this program (where it
runs from its repository) or in the working folder. Parents of that are not looked into: anyone may write to some.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path

from bridge.artifacts import Artifact
from bridge.errors import MissingTool

V3_CORE = "@uniswap/v3-core/artifacts/contracts"
V3_PERIPHERY = "@uniswap/v3-periphery/artifacts/contracts"
SAFE = "@safe-global/safe-contracts/build/artifacts/contracts"
SAFE_HANDLER = f"{SAFE}/handler/CompatibilityFallbackHandler.sol"
SOURCES = {
    "WETH9": "canonical-weth/build/contracts/WETH9.json",
    "UniswapV2Factory": "@uniswap/v2-core/build/UniswapV2Factory.json",
    "UniswapV2Pair": "@uniswap/v2-core/build/UniswapV2Pair.json",
    "UniswapV2Router02": "@uniswap/v2-periphery/build/UniswapV2Router02.json",
    "UniswapV3Factory": f"{V3_CORE}/UniswapV3Factory.sol/UniswapV3Factory.json",
    "UniswapV3Pool": f"{V3_CORE}/UniswapV3Pool.sol/UniswapV3Pool.json",
    "NonfungiblePositionManager": f"{V3_PERIPHERY}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json",
    "SwapRouter": f"{V3_PERIPHERY}/SwapRouter.sol/SwapRouter.json",
    "UniswapV3Staker": "@uniswap/v3-staker/artifacts/contracts/UniswapV3Staker.sol/UniswapV3Staker.json",
    "IAllowanceTransfer": "@uniswap/v4-periphery/foundry-out/IAllowanceTransfer.sol/IAllowanceTransfer.default.json",
    "PoolSwapTest": "@uniswap/v4-core/out/PoolSwapTest.sol/PoolSwapTest.json",
    "PoolManager": "@uniswap/v4-core/out/PoolManager.sol/PoolManager.json",
    "PositionManager": "@uniswap/v4-periphery/foundry-out/PositionManager.sol/PositionManager.json",
    "StateView": "@uniswap/v4-periphery/foundry-out/StateView.sol/StateView.json",
    "Safe": f"{SAFE}/Safe.sol/Safe.json",
    "MultiSendCallOnly": f"{SAFE}/libraries/MultiSendCallOnly.sol/MultiSendCallOnly.json",
    "SafeProxyFactory": f"{SAFE}/proxies/SafeProxyFactory.sol/SafeProxyFactory.json",
    "CompatibilityFallbackHandler": f"{SAFE_HANDLER}/CompatibilityFallbackHandler.json",
}
BESIDE = Path(__file__).resolve().parents[2] / "node_modules"
PERMIT2_SOURCE = "@uniswap/v4-periphery/lib/permit2/test/utils/DeployPermit2.sol"
PERMIT2_ADDRESS = "0x000000000022D473030F116dDEE9F6B43aC78BA3"


def package_folders() -> list[Path]:
    """Return where npm's packages are looked for: beside this program, then in the working folder."""
    return [BESIDE, Path.cwd() / "node_modules"]


@cache
def node_modules() -> Path:
    """Find the node_modules folder that holds the third-party contracts.

    Raises
    ------
    MissingTool
        There is none with the packages we need.
    """
    named = os.environ.get("ALVH_NODE_MODULES")
    for candidate in [Path(named)] if named else package_folders():
        if (candidate / "@uniswap" / "v3-core").is_dir():
            return candidate
    raise MissingTool("a local chain needs node_modules of the project: run `make setup`, or set ALVH_NODE_MODULES")


@cache
def vendor(name: str) -> Artifact:
    """Read a published artifact by contract name (see SOURCES)."""
    path = node_modules() / SOURCES[name]
    if not path.is_file():
        raise MissingTool(f"{path} is missing: run `make setup` to install the packages of package-lock.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    runtime = content.get("deployedBytecode") or content["evm"]["deployedBytecode"]
    return Artifact(name, content["abi"], _hex(content["bytecode"]), _hex(runtime))


def _hex(published: str | dict[str, str]) -> str:
    """Return bytecode as 0x hex; compilers publish it bare or in an object."""
    code = published["object"] if isinstance(published, dict) else published
    return code if code.startswith("0x") else "0x" + code


def permit2_runtime_code() -> str:
    """Read Permit2's runtime code from the source that Uniswap publishes it in."""
    text = (node_modules() / PERMIT2_SOURCE).read_text(encoding="utf-8")
    found = re.search(r'hex"([0-9a-f]+)"', text)
    if found is None:
        raise MissingTool(f"no Permit2 bytecode in {PERMIT2_SOURCE}: another version of v4-periphery is installed")
    return "0x" + found.group(1)
