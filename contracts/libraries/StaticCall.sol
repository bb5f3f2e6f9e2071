// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A static call whose answer is words
/// @notice Answers go to memory that the next call uses again: thousands of calls cost the memory of one.
library StaticCall {
    /// @dev Call `selector(argument)`; false where the contract reverts or says less than `words` words.
    /// @param target contract to call
    /// @param selector of the function
    /// @param argument of one word
    /// @param answer memory of at least `words` words
    /// @param words how many of the answer's words are wanted
    function withOneWord(
        address target,
        bytes4 selector,
        uint256 argument,
        uint256 answer,
        uint256 words
    ) internal view returns (bool answered) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, argument)
            let size := shl(5, words)
            answered := staticcall(gas(), target, 0, 36, answer, size)
            answered := and(answered, iszero(lt(returndatasize(), size)))
        }
    }

    /// @dev As `withOneWord`, for a call with two arguments of one word.
    function withTwoWords(
        address target,
        bytes4 selector,
        uint256 first,
        uint256 second,
        uint256 answer,
        uint256 words
    ) internal view returns (bool answered) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            mstore(add(free, 4), first)
            mstore(add(free, 36), second)
            let size := shl(5, words)
            answered := staticcall(gas(), target, free, 68, answer, size)
            answered := and(answered, iszero(lt(returndatasize(), size)))
        }
    }

    /// @dev Memory for answers of so many words.
    function room(uint256 words) internal pure returns (uint256 answer) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            answer := mload(0x40)
            mstore(0x40, add(answer, shl(5, words)))
        }
    }

    /// @dev The word at a place in memory.
    function at(uint256 answer, uint256 index) internal pure returns (uint256 word) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := mload(add(answer, shl(5, index)))
        }
    }
}
