// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IExposureLens} from "../interfaces/IExposureLens.sol";
import {IUniswapV3PoolReads as Pool} from "../interfaces/IUniswapV3PoolReads.sol";
import {
    IUniswapV3FactoryReads as Factory,
    IUniswapV3PositionReads as Manager
} from "../interfaces/IUniswapV3PositionReads.sol";
import {PositionRows} from "./PositionRows.sol";
import {StaticCall} from "./StaticCall.sol";

/// @title Uniswap v3 positions as their manager and pools hold them
library UniswapV3Positions {
    using PositionRows for PositionRows.Rows;

    /// @dev Add a position to an answer.
    /// @param rows the answer
    /// @param manager the NonfungiblePositionManager
    /// @param factory of its pools
    /// @param tokenId which position
    function add(PositionRows.Rows memory rows, address manager, Factory factory, uint256 tokenId) internal view {
        if (!StaticCall.withOneWord(manager, Manager.positions.selector, tokenId, rows.answer, 12)) {
            rows.addNone(tokenId);
            return;
        }
        uint256 key = _poolKey(rows.answer);
        if (!rows.seekPool(key)) rows.learnPool(key, _pool(rows.answer, factory));
        if (rows.poolStatus() != PositionRows.READ) {
            rows.addUnread(tokenId);
        } else if (rows.found.liquidity == 0) {
            rows.add(tokenId, 0, 0);
        } else {
            rows.add(tokenId, _tick(rows, rows.found.lower), _tick(rows, rows.found.upper));
        }
    }

    /// @dev What names the pool of a position: a hash of two tokens and fee, the words 2 to 4 of the manager's answer.
    function _poolKey(uint256 answer) private pure returns (uint256 key) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            key := shr(32, keccak256(add(answer, 64), 96))
        }
    }

    /// @dev Read the pool of a position.
    function _pool(uint256 answer, Factory factory) private view returns (IExposureLens.PoolSeen memory pool) {
        (pool.token0, pool.token1) = (
            address(uint160(StaticCall.at(answer, 2))),
            address(uint160(StaticCall.at(answer, 3)))
        );
        pool.fee = uint24(StaticCall.at(answer, 4));
        address where = factory.getPool(pool.token0, pool.token1, pool.fee);
        if (where == address(0)) {
            pool.status = PositionRows.NO_POOL;
            return pool;
        }
        pool.id = uint160(where);
        bool unlocked;
        (pool.sqrtPriceX96, pool.tick, , , , , unlocked) = Pool(where).slot0();
        (pool.growth0, pool.growth1) = (Pool(where).feeGrowthGlobal0X128(), Pool(where).feeGrowthGlobal1X128());
        if (!unlocked) pool.status = PositionRows.LOCKED;
    }

    /// @dev Where the growths outside a tick are: the third and fourth word that a pool keeps of it.
    function _tick(PositionRows.Rows memory rows, int24 tick) private view returns (uint256 growths) {
        growths = rows.seekTick(tick);
        if (growths != 0) return growths;
        uint256 answer = StaticCall.room(4);
        address pool = address(uint160(rows.poolId()));
        if (!StaticCall.withOneWord(pool, Pool.ticks.selector, uint256(int256(tick)), answer, 4)) {
            revert IExposureLens.NotAPool(pool);
        }
        growths = answer + 64;
        rows.learnTick(tick, growths);
    }
}
