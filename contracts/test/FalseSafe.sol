// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A contract that answers whatever it is told to
/// @notice For tests only: it can pass for a Safe until somebody looks at its code.
contract FalseSafe {
    mapping(bytes4 selector => bytes answer) private _answers;
    mapping(bytes4 selector => uint256 size) private _sizes;

    // Whatever is asked: as it was told, or as many zero bytes as it was told.
    fallback(bytes calldata) external returns (bytes memory) {
        return _sizes[msg.sig] > 0 ? new bytes(_sizes[msg.sig]) : _answers[msg.sig];
    }

    /// @notice Answer a function with these bytes.
    function say(bytes4 selector, bytes calldata answer) external {
        _answers[selector] = answer;
    }

    /// @notice Answer a function with so many bytes; with more than anyone's gas pays for, it burns all of it.
    function flood(bytes4 selector, uint256 size) external {
        _sizes[selector] = size;
    }
}
