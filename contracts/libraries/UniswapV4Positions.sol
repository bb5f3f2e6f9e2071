// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IExposureLens} from "../interfaces/IExposureLens.sol";
import {IUniswapV4PoolReads as Pools, IUniswapV4PositionReads as Manager} from "../interfaces/IUniswapV4Reads.sol";
import {PositionRows} from "./PositionRows.sol";
import {StaticCall} from "./StaticCall.sol";

/// @title Uniswap v4 positions as their manager and the pool manager hold them
/// @notice The pool manager has no views of pools: they are read from its storage, as Uniswap's StateLibrary does.
library UniswapV4Positions {
    using PositionRows for PositionRows.Rows;

    /// @dev Slot of the pools in the pool manager.
    uint256 private constant _POOLS = 6;
    /// @dev From a pool's slot to its ticks.
    uint256 private constant _TICKS = 4;
    /// @dev From a pool's slot to its positions.
    uint256 private constant _POSITIONS = 6;
    /// @dev Where the pool manager notes for a transaction that it is unlocked: keccak256("Unlocked") - 1.
    bytes32 private constant _UNLOCKED = bytes32(uint256(keccak256("Unlocked")) - 1);

    /// @dev Revert while the pool manager is unlocked: any pool may be in the middle of a change.
    function requireLocked(address poolManager) internal view {
        if (Pools(poolManager).exttload(_UNLOCKED) != 0) revert IExposureLens.ManagerUnlocked(poolManager);
    }

    /// @dev Add a position to an answer.
    /// @param rows the answer
    /// @param manager the PositionManager, which is the positions' owner in the pool manager
    /// @param poolManager the PoolManager
    /// @param tokenId which position
    function add(
        PositionRows.Rows memory rows,
        address manager,
        address poolManager,
        uint256 tokenId
    ) internal view {
        uint256 info = _info(rows, manager, tokenId);
        if (info == 0) {
            rows.addNone(tokenId);
            return;
        }
        uint256 key = info >> 56;
        if (!rows.seekPool(key)) rows.learnPool(key, _pool(Manager(manager), key, poolManager));
        if (rows.poolStatus() != PositionRows.READ) {
            rows.addUnread(tokenId);
            return;
        }
        _fill(rows, poolManager, _key(manager, info, tokenId));
        PositionRows.Found memory found = rows.found;
        (found.lower, found.upper) = (int24(uint24(info >> 8)), int24(uint24(info >> 32)));
        if (found.liquidity == 0) rows.add(tokenId, 0, 0);
        else rows.add(tokenId, _tick(rows, poolManager, found.lower), _tick(rows, poolManager, found.upper));
    }

    /// @dev What the manager keeps of a position in one word, 0 where it has none.
    function _info(PositionRows.Rows memory rows, address manager, uint256 tokenId) private view returns (uint256) {
        bool answered = StaticCall.withOneWord(manager, Manager.positionInfo.selector, tokenId, rows.answer, 1);
        if (!answered) revert IExposureLens.NotAManager(manager);
        return StaticCall.at(rows.answer, 0);
    }

    /// @dev Key of a position in its pool: hash of owner, range and token id, packed.
    function _key(address manager, uint256 info, uint256 tokenId) private pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(manager, uint24(info >> 8), uint24(info >> 32), tokenId)));
    }

    /// @dev Fill in what the pool keeps of a position.
    function _fill(PositionRows.Rows memory rows, address poolManager, uint256 key) private view {
        uint256 answer = rows.answer;
        _load(poolManager, _slot(key, _slot(rows.poolId(), _POOLS) + _POSITIONS), 3, answer);
        PositionRows.Found memory found = rows.found;
        (uint256 liquidity, uint256 last0, uint256 last1) = (
            StaticCall.at(answer, 2),
            StaticCall.at(answer, 3),
            StaticCall.at(answer, 4)
        );
        (found.liquidity, found.last0, found.last1) = (uint128(liquidity), last0, last1);
        // v4 writes nothing down: whatever was earned is paid when liquidity changes.
        (found.written0, found.written1) = (0, 0);
    }

    /// @dev Read a pool by the first 200 bits of its id.
    function _pool(
        Manager manager,
        uint256 id,
        address poolManager
    ) private view returns (IExposureLens.PoolSeen memory pool) {
        Manager.PoolKey memory key = manager.poolKeys(bytes25(uint200(id)));
        pool.id = uint256(keccak256(abi.encode(key)));
        (pool.token0, pool.token1, pool.fee) = (key.currency0, key.currency1, key.fee);
        (pool.spacing, pool.hooks) = (key.tickSpacing, key.hooks);
        uint256 answer = StaticCall.room(5);
        _load(poolManager, _slot(pool.id, _POOLS), 3, answer);
        uint256 slot0 = StaticCall.at(answer, 2);
        (pool.sqrtPriceX96, pool.tick) = (uint160(slot0), int24(uint24(slot0 >> 160)));
        (pool.growth0, pool.growth1) = (StaticCall.at(answer, 3), StaticCall.at(answer, 4));
        if (pool.sqrtPriceX96 == 0) pool.status = PositionRows.NO_POOL;
    }

    /// @dev Where the growths outside a tick are: after the liquidity that the pool keeps of it.
    function _tick(
        PositionRows.Rows memory rows,
        address poolManager,
        int24 tick
    ) private view returns (uint256 growths) {
        growths = rows.seekTick(tick);
        if (growths != 0) return growths;
        uint256 answer = StaticCall.room(4);
        uint256 ticks = _slot(rows.poolId(), _POOLS) + _TICKS;
        _load(poolManager, _slot(uint256(int256(tick)), ticks) + 1, 2, answer);
        growths = answer + 64;
        rows.learnTick(tick, growths);
    }

    /// @dev Slot of a mapping's value.
    function _slot(uint256 key, uint256 mapping_) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(key, mapping_)));
    }

    /// @dev Load words of the pool manager's storage; they begin at the answer's third word.
    function _load(address poolManager, uint256 slot, uint256 words, uint256 answer) private view {
        bytes4 selector = Pools.extsload.selector;
        if (!StaticCall.withTwoWords(poolManager, selector, slot, words, answer, words + 2)) {
            revert IExposureLens.NotAPool(poolManager);
        }
    }
}
