// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The DAO's hands: every vote acts through this delay
/// @notice OpenZeppelin's TimelockController, unchanged; this file exists so that the build emits its artifact.
/// @dev The governor is the only account that should propose and cancel. The delay is a minimum of the contract and not
/// of the caller, so an account that both proposes and executes gains no time.
contract HedgeTimelock is TimelockController {
    /// @param minDelay seconds between queueing and execution
    /// @param proposers who may queue (and cancel)
    /// @param executors who may execute once the delay has passed; the zero address means anyone
    /// @param admin a temporary administrator for deployment, which must renounce; the zero address for none
    constructor(
        uint256 minDelay,
        address[] memory proposers,
        address[] memory executors,
        address admin
    ) TimelockController(minDelay, proposers, executors, admin) {}
}
