// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A tuple of values, packed as eight uint32 lanes per storage word
/// @notice Key k lives in word k / 8, lane k % 8 (lane 0 is the least significant). A set of keys is a bit mask: bit k
/// for key k.
/// @dev Three words hold 24 lanes, and every lane is a key; a further key would need a fourth word.
library PackedTuple {
    /// @dev Words of a tuple.
    uint256 internal constant WORDS = 3;
    /// @dev Keys in use.
    uint256 internal constant KEYS = 24;
    /// @dev One full lane.
    uint256 private constant _LANE = type(uint32).max;

    /// @dev Read a key's lane of a tuple.
    function get(uint256[3] memory words, uint256 key) internal pure returns (uint32) {
        return uint32(words[key >> 3] >> _shift(key));
    }

    /// @dev Replace the value of one lane of a tuple in memory, given its old value.
    function exchange(uint256[3] memory words, uint256 key, uint32 oldValue, uint32 newValue) internal pure {
        words[key >> 3] ^= uint256(oldValue ^ newValue) << _shift(key);
    }

    /// @dev Write one lane of a tuple in memory.
    function set(uint256[3] memory words, uint256 key, uint32 value) internal pure {
        uint256 shift = _shift(key);
        words[key >> 3] = (words[key >> 3] & ~(_LANE << shift)) | (uint256(value) << shift);
    }

    /// @dev The set of keys in which two tuples differ.
    function differing(uint256[3] memory a, uint256[3] memory b) internal pure returns (uint256 keys) {
        for (uint256 key = 0; key < KEYS; ++key) {
            if (get(a, key) != get(b, key)) keys |= 1 << key;
        }
    }

    /// @dev Values in key order to words.
    function pack(uint32[24] memory values) internal pure returns (uint256[3] memory words) {
        for (uint256 key = 0; key < KEYS; ++key) {
            set(words, key, values[key]);
        }
    }

    /// @dev Words to values in key order.
    function unpack(uint256[3] memory words) internal pure returns (uint32[24] memory values) {
        for (uint256 key = 0; key < KEYS; ++key) {
            values[key] = get(words, key);
        }
    }

    function _shift(uint256 key) private pure returns (uint256) {
        return (key & 7) << 5;
    }
}
