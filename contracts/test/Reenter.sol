// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title A target that calls back while it is called
/// @notice For tests only: re-entering an execution.
contract Reenter {
    /// @notice How often it was called.
    uint256 public calls;

    address private _target;
    bytes private _data;

    /// @notice What to call from inside.
    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    /// @notice Call it; what it reverts with is handed on.
    function poke() external {
        ++calls;
        Address.functionCall(_target, _data);
    }
}
