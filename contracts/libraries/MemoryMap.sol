// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A hash map in memory
/// @notice A table from keys of 224 bits to numbers of 32, so that thousands of positions ask each pool and tick once.
/// @dev Open addressing: an entry is key and number in one word; a number is never 0, so an empty entry is. A key's
/// first place is its product with 2^64 over the golden ratio (Knuth).
library MemoryMap {
    /// @dev A table for `most` entries, at most half full.
    function make(uint256 most) internal pure returns (uint256[] memory table) {
        uint256 length = 2;
        while (length < 2 * most) length <<= 1;
        table = new uint256[](length);
    }

    /// @dev The number of a key, 0 if it is new.
    function find(uint256[] memory table, uint256 key) internal pure returns (uint256 value) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let mask := shl(5, sub(mload(table), 1))
            let offset := shr(27, and(mul(key, 0x9e3779b97f4a7c15), 0xffffffffffffffff))
            for {} 1 { offset := add(offset, 32) } {
                value := mload(add(add(table, 32), and(offset, mask)))
                if iszero(value) { break }
                if eq(shr(32, value), key) {
                    value := and(value, 0xffffffff)
                    break
                }
            }
        }
    }

    /// @dev Write a new entry.
    function put(uint256[] memory table, uint256 key, uint256 value) internal pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let mask := shl(5, sub(mload(table), 1))
            let offset := shr(27, and(mul(key, 0x9e3779b97f4a7c15), 0xffffffffffffffff))
            for {} mload(add(add(table, 32), and(offset, mask))) {} { offset := add(offset, 32) }
            mstore(add(add(table, 32), and(offset, mask)), or(shl(32, key), value))
        }
    }
}
