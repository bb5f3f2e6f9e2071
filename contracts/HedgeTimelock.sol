// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The DAO's hands: every vote acts through this delay
/// @notice OpenZeppelin's TimelockController, whose delay is a day or more: else one vote that nobody saw could take
/// away the time in which the guardian cancels the next. What is not executed within two weeks after it became ready is
/// never executed: a vote that reverted must not fire into another market years later.
/// @dev The governor is the only account that should propose and cancel. The delay is a minimum of the contract and not
/// of the caller, so an account that both proposes and executes gains no time.
contract HedgeTimelock is TimelockController {
    /// @notice People would have too little time to see what was queued. Seconds.
    /// @param delay what was asked for
    /// @param min the shortest
    error TimelockDelayTooShort(uint256 delay, uint256 min);

    /// @notice Shortest delay that can be set, in seconds: time for several owners of a Safe to sign a cancellation.
    uint256 public constant MIN_DELAY = 1 days;

    /// @notice What was queued is too old: it has to be voted again.
    /// @param id of the operation
    /// @param lastAt last second at which it could be executed, unix seconds
    /// @param timestamp now, unix seconds
    error OperationLapsed(bytes32 id, uint256 lastAt, uint256 timestamp);

    /// @notice Seconds from when an operation is ready in which it may be executed: time to mend what made it revert.
    uint256 public constant EXECUTION_LIFE = 14 days;

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

    /// @inheritdoc TimelockController
    function execute(
        address target,
        uint256 value,
        bytes calldata payload,
        bytes32 predecessor,
        bytes32 salt
    ) public payable override {
        _requireLiving(hashOperation(target, value, payload, predecessor, salt));
        super.execute(target, value, payload, predecessor, salt);
    }

    /// @inheritdoc TimelockController
    function executeBatch(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata payloads,
        bytes32 predecessor,
        bytes32 salt
    ) public payable override {
        _requireLiving(hashOperationBatch(targets, values, payloads, predecessor, salt));
        super.executeBatch(targets, values, payloads, predecessor, salt);
    }

    /// @dev Revert where an operation became ready too long ago. One that is unknown or done is left to OpenZeppelin.
    function _requireLiving(bytes32 id) private view {
        if (!isOperationPending(id)) return;
        uint256 lastAt = getTimestamp(id) + EXECUTION_LIFE;
        if (block.timestamp > lastAt) revert OperationLapsed(id, lastAt, block.timestamp);
    }

    function _requireLong(uint256 delay) private pure {
        if (delay < MIN_DELAY) revert TimelockDelayTooShort(delay, MIN_DELAY);
    }
}
