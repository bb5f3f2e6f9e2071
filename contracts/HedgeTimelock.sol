// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The DAO's hands: every vote acts through this delay
/// @notice OpenZeppelin's TimelockController, whose delay is a day or more: else one vote that nobody saw could take
/// away the time in which the guardian cancels the next.
/// @dev The governor is the only account that should propose and cancel. The delay is a minimum of the contract and not
/// of the caller, so an account that both proposes and executes gains no time.
contract HedgeTimelock is TimelockController {
    /// @notice People would have too little time to see what was queued. Seconds.
    /// @param delay what was asked for
    /// @param min the shortest
    error TimelockDelayTooShort(uint256 delay, uint256 min);

    /// @notice Shortest delay that can be set, in seconds: time for several owners of a Safe to sign a cancellation.
    uint256 public constant MIN_DELAY = 1 days;

    /// @param minDelay seconds between queueing and execution
    /// @param proposers who may queue (and cancel)
    /// @param executors who may execute once the delay has passed; the zero address means anyone
    /// @param admin a temporary administrator for deployment, which must renounce; the zero address for none
    constructor(
        uint256 minDelay,
        address[] memory proposers,
        address[] memory executors,
        address admin
    ) TimelockController(minDelay, proposers, executors, admin) {
        _requireLong(minDelay);
    }

    /// @inheritdoc TimelockController
    function updateDelay(uint256 newDelay) public override {
        super.updateDelay(newDelay); // who may call comes before every other rule
        _requireLong(newDelay);
    }

    function _requireLong(uint256 delay) private pure {
        if (delay < MIN_DELAY) revert TimelockDelayTooShort(delay, MIN_DELAY);
    }
}
