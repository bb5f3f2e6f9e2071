// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IHedgeParameters} from "../interfaces/IHedgeParameters.sol";
import {IHedgeParametersErrors as Errors} from "../interfaces/IHedgeParametersErrors.sol";
import {KeyState, WINDOW, WINDOW_STEPS} from "./KeyState.sol";

/// @title Rules for one update and for one key of it
/// @notice A rule that is broken is returned as the encoded custom error; empty means fine.
library UpdateRules {
    /// @dev Longest life of an update, in seconds from its observation: longer than any vote and timelock take
    /// together, and short enough that a forgotten proposal cannot fire into another market.
    uint64 internal constant MAX_LIFETIME = 90 days;
    /// @dev Shortest cooldown, in seconds: zero would switch off the step limit, since steps could follow in one
    /// transaction.
    uint32 internal constant MIN_COOLDOWN = 1 hours;
    /// @dev Longest cooldown, in seconds: longer would freeze a key for more than a quarter.
    uint32 internal constant MAX_COOLDOWN = 90 days;

    /// @dev Shape, times and order of an update.
    /// @param at when it would be applied, unix seconds
    /// @param newest observation that it must be newer than, unix seconds
    function envelope(
        IHedgeParameters.Update calldata update,
        uint256 at,
        uint256 newest
    ) internal view returns (bytes memory reason) {
        (uint256 keys, uint256 values) = (update.keys.length, update.values.length);
        if (keys != values) return abi.encodeWithSelector(Errors.LengthMismatch.selector, keys, values);
        if (keys == 0) return abi.encodeWithSelector(Errors.EmptyUpdate.selector);
        (uint64 observedAt, uint64 expiry) = (update.observedAt, update.expiry);
        if (observedAt > block.timestamp) {
            return abi.encodeWithSelector(Errors.FutureObservation.selector, observedAt, block.timestamp);
        }
        if (observedAt <= newest) return abi.encodeWithSelector(Errors.NotNewer.selector, observedAt, newest);
        if (expiry <= observedAt) {
            return abi.encodeWithSelector(Errors.ExpiryNotAfterObservation.selector, observedAt, expiry);
        }
        if (expiry - observedAt > MAX_LIFETIME) {
            return abi.encodeWithSelector(Errors.LifetimeTooLong.selector, expiry - observedAt, MAX_LIFETIME);
        }
        if (expiry < at) reason = abi.encodeWithSelector(Errors.Expired.selector, expiry, at);
    }

    /// @dev One value against the bounds of its key.
    function bounds(uint8 key, uint32 value, KeyState state) internal pure returns (bytes memory reason) {
        (uint32 least, uint32 most) = (state.min(), state.max());
        if (value < least || value > most) {
            reason = abi.encodeWithSelector(Errors.OutOfBounds.selector, key, value, least, most);
        }
    }

    /// @dev A new value against the bounds of its key, its distance from the old one, and from the window's start; the
    /// last two may differ up and down.
    /// @param at when it would be applied, unix seconds
    function change(
        uint8 key,
        uint32 oldValue,
        uint32 newValue,
        KeyState state,
        uint256 at
    ) internal pure returns (bytes memory reason) {
        if (newValue < state.min() || newValue > state.max()) return bounds(key, newValue, state);
        unchecked {
            bool up = newValue > oldValue;
            uint256 most = up ? state.stepUp() : state.stepDown();
            if ((up ? newValue - oldValue : oldValue - newValue) > most) {
                return abi.encodeWithSelector(Errors.StepTooLarge.selector, key, oldValue, newValue, most);
            }
            // A value that stays does not drift; after its end, a new window begins with the old value.
            if (newValue == oldValue || at >= uint256(state.windowAt()) + WINDOW) return reason;
            (uint256 start, uint256 maxDrift) = (state.windowStart(), WINDOW_STEPS * most);
            if (up ? newValue > start + maxDrift : newValue + maxDrift < start) {
                reason = abi.encodeWithSelector(Errors.DriftTooLarge.selector, key, start, newValue, maxDrift);
            }
        }
    }

    /// @dev How far a key may fall and rise, inside its bounds, before its window ends. Reads what `change` judges.
    function drift(KeyState state) internal pure returns (uint32 least, uint32 most) {
        uint256 start = state.windowStart();
        uint256 lowest = Math.saturatingSub(start, WINDOW_STEPS * state.stepDown());
        least = uint32(Math.max(state.min(), lowest));
        most = uint32(Math.min(state.max(), start + WINDOW_STEPS * state.stepUp()));
    }

    /// @dev Revert unless limits make sense around the value that is in force.
    function requireLimits(uint8 key, uint32 value, IHedgeParameters.Limits memory limit) internal pure {
        if (limit.min > limit.max) revert Errors.BoundsReversed(key, limit.min, limit.max);
        if (value < limit.min || value > limit.max) revert Errors.OutOfBounds(key, value, limit.min, limit.max);
        if (limit.stepUp == 0 || limit.stepDown == 0) revert Errors.ZeroStep(key, limit.stepUp, limit.stepDown);
        if (limit.cooldown < MIN_COOLDOWN || limit.cooldown > MAX_COOLDOWN) {
            revert Errors.BadCooldown(key, limit.cooldown, MIN_COOLDOWN, MAX_COOLDOWN);
        }
    }
}
