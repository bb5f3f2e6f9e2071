// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParameters} from "../interfaces/IHedgeParameters.sol";
import {IHedgeParametersErrors as Errors} from "../interfaces/IHedgeParametersErrors.sol";

/// @title What is judged of an update before its keys
/// @notice Its shape, its times, and that it is newer than what it follows.
library UpdateEnvelope {
    /// @dev Longest life of an update, in seconds from its observation: longer than any vote and timelock take
    /// together, and short enough that a forgotten proposal cannot fire into another market.
    uint64 internal constant MAX_LIFETIME = 90 days;

    /// @dev Revert with the first rule that is broken.
    /// @param newest observation that it must be newer than, unix seconds
    /// @param at when it would be applied, unix seconds
    function requireFit(IHedgeParameters.Update calldata update, uint256 newest, uint256 at) internal view {
        (uint256 keys, uint256 amounts) = (update.keys.length, update.values.length);
        (uint64 observedAt, uint64 expiry) = (update.observedAt, update.expiry);
        if (keys != amounts) revert Errors.LengthMismatch(keys, amounts);
        if (keys == 0) revert Errors.EmptyUpdate();
        if (observedAt > block.timestamp) revert Errors.FutureObservation(observedAt, block.timestamp);
        if (observedAt <= newest) revert Errors.NotNewer(observedAt, newest);
        if (expiry <= observedAt) revert Errors.ExpiryNotAfterObservation(observedAt, expiry);
        if (expiry - observedAt > MAX_LIFETIME) revert Errors.LifetimeTooLong(expiry - observedAt, MAX_LIFETIME);
        if (expiry < at) revert Errors.Expired(expiry, at);
    }
}
