// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IExposureLens} from "../interfaces/IExposureLens.sol";
import {MemoryMap} from "./MemoryMap.sol";
import {StaticCall} from "./StaticCall.sol";

/// @title The answer of the lens while it grows
/// @notice Common to v3 and v4: rows of positions, the pools they name, and what is remembered of pools and ticks.
library PositionRows {
    using MemoryMap for uint256[];

    /// @dev Status of a position whose numbers are valid.
    uint256 internal constant READ = 0;
    /// @dev Status: burnt, or of another manager.
    uint256 internal constant NO_POSITION = 1;
    /// @dev Status: its pool does not exist.
    uint256 internal constant NO_POOL = 2;
    /// @dev Status: its pool is in the middle of a change.
    uint256 internal constant LOCKED = 3;
    /// @dev Gas that a position may need: two contracts, a new pool and two new ticks, all storage cold, take 100,000.
    uint256 private constant _GAS_OF_ONE = 300_000;
    /// @dev Gas to write down the answer, per position: three words are copied, and memory grows to hold them.
    uint256 private constant _GAS_OF_ANSWER = 1_000;

    /// @dev An answer in the making. Assembly below counts on the order of these fields, and of PoolSeen's.
    /// @param count rows written
    /// @param words the rows, with room for all that were asked
    /// @param pools pools in the order in which they were met
    /// @param poolMap index + 1 of a pool by what names it
    /// @param tickMap where a tick's two growths are in memory, by its key
    /// @param answer memory for a position's answer: 12 words, of which `found` is the last seven
    /// @param found the position that is being read
    /// @param at index + 1 of its pool
    struct Rows {
        uint256 count;
        uint256[] words;
        IExposureLens.PoolSeen[] pools;
        uint256[] poolMap;
        uint256[] tickMap;
        uint256 answer;
        Found found;
        uint256 at;
    }

    /// @dev A position, in the order in which v3's manager ends its answer.
    /// @param lower and upper its range
    /// @param liquidity its liquidity
    /// @param last0 and last1 growth inside the range when fees were last written down
    /// @param written0 and written1 fees written down
    struct Found {
        int24 lower;
        int24 upper;
        uint128 liquidity;
        uint256 last0;
        uint256 last1;
        uint128 written0;
        uint128 written1;
    }

    /// @dev Room for so many positions.
    function make(uint256 most) internal pure returns (Rows memory rows) {
        rows.words = new uint256[](3 * most);
        rows.poolMap = MemoryMap.make(most);
        rows.tickMap = MemoryMap.make(2 * most);
        rows.answer = StaticCall.room(12);
        (uint256 found, uint256 pools) = (rows.answer + 160, StaticCall.room(most + 1));
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(add(rows, 192), found)
            // An array of pointers that begins empty: a typed `new` would clear a whole pool for each element.
            mstore(pools, 0)
            mstore(add(rows, 64), pools)
        }
    }

    /// @dev Whether the gas that is left serves one more position and the answer.
    function mayGoOn(Rows memory rows) internal view returns (bool) {
        unchecked {
            return gasleft() > _GAS_OF_ONE + _GAS_OF_ANSWER * rows.count;
        }
    }

    /// @dev Make the pool with a key, 224 bits, that of the position being read; false if it is new.
    function seekPool(Rows memory rows, uint256 key) internal pure returns (bool) {
        rows.at = rows.poolMap.find(key);
        return rows.at != 0;
    }

    /// @dev Remember a new pool and make it that of the position being read.
    function learnPool(Rows memory rows, uint256 key, IExposureLens.PoolSeen memory seen) internal pure {
        IExposureLens.PoolSeen[] memory pools = rows.pools;
        uint256 index = pools.length;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(pools, add(index, 1)) // `make` left room for as many pools as positions
        }
        pools[index] = seen;
        rows.at = index + 1;
        rows.poolMap.put(key, index + 1);
    }

    /// @dev Status of the pool of the position being read. (To return the pool itself would clear a new one each time.)
    function poolStatus(Rows memory rows) internal pure returns (uint256) {
        return StaticCall.at(_pool(rows), 10);
    }

    /// @dev Id of that pool.
    function poolId(Rows memory rows) internal pure returns (uint256) {
        return StaticCall.at(_pool(rows), 0);
    }

    /// @dev Where the growths outside a tick of that pool are in memory, 0 if the tick is new.
    function seekTick(Rows memory rows, int24 tick) internal pure returns (uint256) {
        return rows.tickMap.find((rows.at << 24) | uint24(tick));
    }

    /// @dev Remember a new tick of that pool.
    function learnTick(Rows memory rows, int24 tick, uint256 growths) internal pure {
        rows.tickMap.put((rows.at << 24) | uint24(tick), growths);
    }

    /// @dev Write a row without numbers, of a position without a pool.
    function addNone(Rows memory rows, uint256 tokenId) internal pure {
        _write(rows, tokenId, NO_POSITION << 248, 0);
    }

    /// @dev Write a row without numbers, of a position whose pool cannot be read.
    function addUnread(Rows memory rows, uint256 tokenId) internal pure {
        _write(rows, tokenId, (poolStatus(rows) << 248) | ((rows.at - 1) << 176), 0);
    }

    /// @dev Write the row of `rows.found`. In assembly with the two functions below, because the three are most of the
    /// work that is not other contracts'.
    /// @param tokenId its id
    /// @param below and above where the growths outside its lower and upper tick are in memory; not read without
    /// liquidity
    function add(Rows memory rows, uint256 tokenId, uint256 below, uint256 above) internal pure {
        uint256 word1;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let found := mload(add(rows, 192))
            word1 := or(shl(24, and(mload(found), 0xffffff)), and(mload(add(found, 32)), 0xffffff))
            word1 := or(or(shl(176, sub(mload(add(rows, 224)), 1)), shl(128, word1)), mload(add(found, 64)))
        }
        (uint256 owed0, uint256 owed1) = (_owed(rows, below, above, 0), _owed(rows, below, above, 32));
        _write(rows, tokenId, word1, (owed1 << 128) | uint128(owed0));
    }

    /// @dev Fees of one token, in Uniswap's own arithmetic: growth is a 128.128 number that wraps, and so do its
    /// differences; v3's manager adds up in 128 bits, which the caller cuts off.
    /// @param side 0 for token0, 32 for token1: from a number of token0 to that of token1
    function _owed(Rows memory rows, uint256 below, uint256 above, uint256 side) private pure returns (uint256 owed) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let found := mload(add(rows, 192))
            owed := mload(add(add(found, 160), side))
            let liquidity := mload(add(found, 64))
            if liquidity {
                let place := mload(add(mload(add(rows, 64)), shl(5, mload(add(rows, 224)))))
                let tick := mload(add(place, 224))
                let outside := mload(add(below, side))
                let growth := mload(add(above, side))
                // Inside grew below - above, above - below, or all - below - above, by where the tick is.
                switch slt(tick, mload(found))
                case 1 { growth := sub(outside, growth) }
                default {
                    switch slt(tick, mload(add(found, 32)))
                    case 0 { growth := sub(growth, outside) }
                    default { growth := sub(sub(mload(add(add(place, 256), side)), outside), growth) }
                }
                growth := sub(growth, mload(add(add(found, 96), side)))
                // growth * liquidity / 2^128 in two halves, since the product may have 384 bits.
                owed := add(owed, mul(shr(128, growth), liquidity))
                owed := add(owed, shr(128, mul(shr(128, shl(128, growth)), liquidity)))
            }
        }
    }

    /// @dev Where the pool of the position being read is in memory.
    function _pool(Rows memory rows) private pure returns (uint256 place) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            place := mload(add(mload(add(rows, 64)), shl(5, mload(add(rows, 224)))))
        }
    }

    function _write(Rows memory rows, uint256 word0, uint256 word1, uint256 word2) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let count := mload(rows)
            let place := add(mload(add(rows, 32)), add(32, mul(96, count)))
            mstore(place, word0)
            mstore(add(place, 32), word1)
            mstore(add(place, 64), word2)
            mstore(rows, add(count, 1))
        }
    }

    /// @dev Cut off the room that was not used.
    function close(Rows memory rows) internal pure {
        uint256[] memory words = rows.words;
        uint256 length = 3 * rows.count;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(words, length)
        }
    }
}
