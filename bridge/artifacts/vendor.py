"""Bytecode of Uniswap, Safe and WETH9 as their authors published it on npm; nothing of it is copied into this package.

Needed by local chains only: it is read from ALVH_NODE_MODULES, else from `node_modules` beside this program (where it
runs from its repository), in the working folder, or where npm on PATH installs for all projects. Parents of the working
folder are not looked into: anyone may write to some.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bridge.artifacts import Artifact
from bridge.environment import for_program
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


LOCAL_CHAIN: dict[str, str] = {
    "@foundry-rs/anvil": "1.7.1",
    "@safe-global/safe-contracts": "1.4.1",
    "@uniswap/v2-core": "1.0.1",
    "@uniswap/v2-periphery": "1.1.0-beta.0",
    "@uniswap/v3-core": "1.0.1",
    "@uniswap/v3-periphery": "1.4.4",
    "@uniswap/v4-core": "1.0.2",
    "@uniswap/v4-periphery": "1.0.3",
    "canonical-weth": "1.4.0",
}
"""npm packages of a local chain and their versions, as in package.json."""


def how_to_install() -> str:
    """Return the one line that installs what a local chain needs: in a checkout, or beside an installed package."""
    if (BESIDE.parent / "Makefile").is_file():
        return "run `make setup`"
    packages = " ".join(f"{name}@{version}" for name, version in LOCAL_CHAIN.items())
    return f"install Node 20, then `npm install --global --ignore-scripts --legacy-peer-deps {packages}`"


def package_folders() -> Iterator[Path]:
    """Yield where npm's packages are looked for: beside this program, in the working folder, then npm's own folder."""
    yield BESIDE
    yield Path.cwd() / "node_modules"
    shared = shared_packages()
    if shared:
        yield shared


@cache
def shared_packages() -> Path | None:
    """Return where npm on PATH installs packages for all projects; None without npm."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    prefix = {name: value for name, value in os.environ.items() if name.lower() == "npm_config_prefix"}
    environment = for_program(os.environ) | prefix
    try:
        told = subprocess.run(
            [npm, "root", "--global"], env=environment, capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    place = Path(told.stdout.strip())
    return place if place.is_absolute() else None


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
    raise MissingTool(
        f"a local chain needs the npm packages of Uniswap and Safe: {how_to_install()}, or set ALVH_NODE_MODULES"
    )


@cache
def vendor(name: str) -> Artifact:
    """Read a published artifact by contract name (see SOURCES)."""
    path = node_modules() / SOURCES[name]
    if not path.is_file():
        raise MissingTool(f"{path} is missing: {how_to_install()}")
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
