// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @title A guard of a Safe that refuses as it is told
/// @notice For tests only. It lets everything pass until `refuse` is called.
contract RefusingGuard {
    /// @notice When it refuses; `Mined` is before the Safe's call too, and only where gas is paid for: in no rehearsal.
    enum When {
        Never,
        Before,
        After,
        Mined
    }

    When private _when;
    bytes private _answer;
    address private _friend;

    // The Safe asks `checkTransaction` before it makes its call, when the signatures are checked. Its eleven arguments
    // are too many for the stack; the last of them is who sends.
    fallback(bytes calldata asked) external returns (bytes memory) {
        return _check(address(bytes20(asked[336:356])));
    }

    /// @notice Refuse from now on.
    /// @param when before or after the Safe's call
    /// @param answer what it reverts with, selector and arguments
    /// @param friend who may send all the same
    function refuse(When when, bytes calldata answer, address friend) external {
        (_when, _answer, _friend) = (when, answer, friend);
    }

    /// @notice Asked by the Safe after its call.
    function checkAfterExecution(bytes32, bool) external view {
        if (_when == When.After) LowLevelCall.bubbleRevert(_answer);
    }

    /// @notice Says yes to every interface: a Safe asks for that of a guard.
    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }

    function _check(address sender) private view returns (bytes memory) {
        bool refuses = _when == When.Before || (_when == When.Mined && tx.gasprice > 0);
        if (refuses && sender != _friend) LowLevelCall.bubbleRevert(_answer);
        return "";
    }
}
