// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A module of a Safe that anyone may use
/// @notice For tests only: it makes any call of the Safe, and nobody signs.
contract SafeModule {
    /// @notice Let a Safe that has this module make a call.
    /// @param safe the Safe
    /// @param to whom it calls
    /// @param data what it calls with
    function act(address safe, address to, bytes calldata data) external returns (bool) {
        return ISafe(safe).execTransactionFromModule(to, 0, data, 0);
    }
}

/// @title What is called of a Safe here
/// @notice Safe's own.
interface ISafe {
    /// @notice Make a call as a module.
    function execTransactionFromModule(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation
    ) external returns (bool);
}
