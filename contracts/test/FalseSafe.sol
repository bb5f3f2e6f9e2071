// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A contract that answers whatever it is told to
/// @notice For tests only: it can pass for a Safe until somebody looks at its code.
contract FalseSafe {
    mapping(bytes4 selector => bytes answer) private _answers;
    mapping(bytes4 selector => uint256 size) private _sizes;

    // Anything else that is asked: as it was told, or as many zero bytes as it was told.
    fallback() external {
        bytes memory said = _answers[msg.sig];
        uint256 size = _sizes[msg.sig];
        assembly ("memory-safe") {
            if size {
                return(0x80, size)
            }
            return(add(said, 32), mload(said))
        }
    }

    /// @notice Answer a function with these bytes.
    function say(bytes4 selector, bytes calldata answer) external {
        _answers[selector] = answer;
    }

    /// @notice Answer a function with so many bytes.
    function flood(bytes4 selector, uint256 size) external {
        _sizes[selector] = size;
    }

    /// @notice Put a word into storage.
    function store(bytes32 slot, bytes32 word) external {
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }
}
