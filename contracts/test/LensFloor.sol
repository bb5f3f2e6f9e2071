// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IUniswapV3PoolReads as Pool} from "../interfaces/IUniswapV3PoolReads.sol";
import {IUniswapV3PositionReads as Manager} from "../interfaces/IUniswapV3PositionReads.sol";

/// @title The least that reading v3 positions costs
/// @notice For benchmarks only: puts to a manager and its pools each question that a reader cannot avoid, once, and
/// forgets every answer. What is left of an `eth_call` of it is the node's own work.
contract LensFloor {
    /// @notice Ask.
    /// @param manager a NonfungiblePositionManager
    /// @param tokenIds positions to ask it for
    /// @param pools pools to ask for price and both growths
    /// @param ticks ticks to ask pools for: the pool's index in 232 bits, the tick in 24
    /// @return asked how many questions were answered
    function ask(
        address manager,
        uint256[] calldata tokenIds,
        address[] calldata pools,
        uint256[] calldata ticks
    ) external view returns (uint256 asked) {
        asked = _each(manager, Manager.positions.selector, tokenIds);
        for (uint256 i = 0; i < pools.length; ++i) {
            asked += _one(pools[i], Pool.slot0.selector, 0);
            asked += _one(pools[i], Pool.feeGrowthGlobal0X128.selector, 0);
            asked += _one(pools[i], Pool.feeGrowthGlobal1X128.selector, 0);
        }
        for (uint256 i = 0; i < ticks.length; ++i) {
            asked += _one(pools[ticks[i] >> 24], Pool.ticks.selector, uint256(int256(int24(uint24(ticks[i])))));
        }
    }

    function _each(address target, bytes4 selector, uint256[] calldata arguments) private view returns (uint256 asked) {
        for (uint256 i = 0; i < arguments.length; ++i) {
            asked += _one(target, selector, arguments[i]);
        }
    }

    function _one(address target, bytes4 selector, uint256 argument) private view returns (uint256 answered) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, argument)
            answered := staticcall(gas(), target, 0, 36, 0, 0)
        }
    }
}
