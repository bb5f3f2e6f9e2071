// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IExposureLens} from "../interfaces/IExposureLens.sol";
import {IUniswapV2FactoryReads as Factory, IUniswapV2PairReads as Pair} from "../interfaces/IUniswapV2PairReads.sol";
import {PositionRows} from "./PositionRows.sol";
import {StaticCall} from "./StaticCall.sol";

/// @title Shares of Uniswap v2 pairs as `burn` would pay them
library UniswapV2Shares {
    /// @dev Gas to ask whether a pair is locked: enough for its one read of storage, and all lost where it is not.
    uint256 private constant _GAS_OF_LOCK = 10_000;

    /// @dev Read an owner's share of a pair.
    function read(address pair, address owner) internal view returns (IExposureLens.Share memory share) {
        share.pair = pair;
        share.status = _status(pair);
        if (share.status != PositionRows.READ) return share;
        (share.token0, share.token1) = (Pair(pair).token0(), Pair(pair).token1());
        (share.reserve0, share.reserve1, ) = Pair(pair).getReserves();
        (share.totalSupply, share.balance) = (Pair(pair).totalSupply(), Pair(pair).balanceOf(owner));
        if (share.balance == 0) return share;
        uint256 supply = share.totalSupply + _protocolShare(pair, share);
        share.amount0 = (share.balance * IERC20(share.token0).balanceOf(pair)) / supply;
        share.amount1 = (share.balance * IERC20(share.token1).balanceOf(pair)) / supply;
    }

    /// @dev Whether there is a pair, and nobody is inside it. A pair has no view of its lock; but `sync` in a static
    /// call ends at the lock, with a reason, or at the first write behind it, without one.
    function _status(address pair) private view returns (uint256) {
        if (!StaticCall.withOneWord(pair, Pair.getReserves.selector, 0, StaticCall.room(3), 3)) {
            return PositionRows.NO_POOL;
        }
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, bytes memory reason) = pair.staticcall{gas: _GAS_OF_LOCK}(abi.encodeCall(Pair.sync, ()));
        return done || reason.length != 0 ? PositionRows.LOCKED : PositionRows.READ;
    }

    /// @dev Liquidity tokens that the next change mints to the protocol: a sixth of the growth of sqrt(k).
    function _protocolShare(address pair, IExposureLens.Share memory share) private view returns (uint256) {
        uint256 last = Pair(pair).kLast();
        if (last == 0 || Factory(Pair(pair).factory()).feeTo() == address(0)) return 0;
        uint256 root = Math.sqrt(uint256(share.reserve0) * share.reserve1);
        uint256 rootLast = Math.sqrt(last);
        return root > rootLast ? (share.totalSupply * (root - rootLast)) / (root * 5 + rootLast) : 0;
    }
}
