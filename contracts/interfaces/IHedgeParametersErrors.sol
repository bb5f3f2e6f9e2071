// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Why HedgeParameters refuses
/// @notice Every error carries the numbers that were compared. Times are unix seconds, values in the unit of their key.
interface IHedgeParametersErrors {
    // ---------------------------------------------------------------- set-up
    /// @notice Two roles are on one account, or one on the zero address: the separation of powers would be void.
    /// @param timelock who was to be the DAO
    /// @param steward who was to be the steward
    /// @param guardian who was to be the guardian
    error RolesNotSeparate(address timelock, address steward, address guardian);
    /// @notice The steward's delay is too short for a guardian to react, or so long that a steward is useless. Seconds.
    /// @param delay what was asked for
    /// @param min the shortest
    /// @param max the longest
    error BadStewardDelay(uint32 delay, uint32 min, uint32 max);
    /// @notice The lower bound exceeds the upper one.
    /// @param key id of the key
    /// @param min lower bound asked for
    /// @param max upper bound asked for
    error BoundsReversed(uint8 key, uint32 min, uint32 max);
    /// @notice A step of zero would freeze the key in that direction; narrow its bounds instead.
    /// @param key id of the key
    /// @param stepUp largest rise asked for
    /// @param stepDown largest fall asked for
    error ZeroStep(uint8 key, uint32 stepUp, uint32 stepDown);
    /// @notice The cooldown is too short to make steps meaningful, or freezes the key. Seconds.
    /// @param key id of the key
    /// @param cooldown what was asked for
    /// @param min the shortest
    /// @param max the longest
    error BadCooldown(uint8 key, uint32 cooldown, uint32 min, uint32 max);

    // ---------------------------------------------------------------- the update as a whole
    /// @notice Keys and values do not pair up.
    /// @param keys how many keys
    /// @param values how many values
    error LengthMismatch(uint256 keys, uint256 values);
    /// @notice The update names no key.
    error EmptyUpdate();
    /// @notice Keys repeat or are not in strictly ascending order.
    /// @param previous the key before
    /// @param key the key that does not exceed it
    error KeysNotAscending(uint8 previous, uint8 key);
    /// @notice There is no such key.
    /// @param key the id asked for
    /// @param keyCount ids run from 0 to one below it
    error UnknownKey(uint8 key, uint8 keyCount);
    /// @notice The update was applied, or would be, after its expiry.
    /// @param expiry last second at which it may be applied
    /// @param at when it was applied, or would be
    error Expired(uint64 expiry, uint256 at);
    /// @notice The update expires before, or when, its inputs were observed.
    /// @param observedAt when it was observed, unix seconds
    /// @param expiry last second at which it may be applied
    error ExpiryNotAfterObservation(uint64 observedAt, uint64 expiry);
    /// @notice The update lives longer after its observation than any vote takes. Seconds.
    /// @param lifetime from observation to expiry
    /// @param max the longest
    error LifetimeTooLong(uint64 lifetime, uint64 max);
    /// @notice The inputs claim to be observed in the future.
    /// @param observedAt when it was observed, unix seconds
    /// @param timestamp now, unix seconds
    error FutureObservation(uint64 observedAt, uint256 timestamp);
    /// @notice The inputs are not strictly newer than those of an update that was applied before: a replay, or old
    /// data.
    /// @param observedAt when it was observed, unix seconds
    /// @param lastObservedAt what it must be later than, unix seconds
    error NotNewer(uint64 observedAt, uint256 lastObservedAt);

    // ---------------------------------------------------------------- one key
    /// @notice The value does not change.
    /// @param key id of the key
    /// @param value the value in force, which the update names again
    error NoChange(uint8 key, uint32 value);
    /// @notice The value leaves the bounds of its key.
    /// @param key id of the key
    /// @param value the value asked for, or the one in force that new bounds leave out
    /// @param min lower bound
    /// @param max upper bound
    error OutOfBounds(uint8 key, uint32 value, uint32 min, uint32 max);
    /// @notice The change is larger than one update may make in that direction.
    /// @param key id of the key
    /// @param oldValue the value in force
    /// @param newValue the value asked for
    /// @param maxStep the largest change in that direction
    error StepTooLarge(uint8 key, uint32 oldValue, uint32 newValue, uint32 maxStep);
    /// @notice Together with earlier changes in this window, the key would drift too far.
    /// @param key id of the key
    /// @param windowStart the value with which the window began
    /// @param newValue the value asked for
    /// @param maxDrift how far from it a value may go in that direction
    error DriftTooLarge(uint8 key, uint32 windowStart, uint32 newValue, uint256 maxDrift);
    /// @notice The key was changed too recently.
    /// @param key id of the key
    /// @param at when it was applied, or would be
    /// @param readyAt when the key may change again
    error CoolingDown(uint8 key, uint256 at, uint256 readyAt);

    // ---------------------------------------------------------------- across keys
    /// @notice The goal looks further ahead than options may reach (days).
    /// @param horizon to the next plan
    /// @param reach the shorter of the longest tenors of layers 2 and 3
    error HorizonAboveLongestTenor(uint32 horizon, uint32 reach);
    /// @notice More could be lost on options in 30 days than may be spent on them (bps of book value).
    /// @param costBudget expected cost in 30 days
    /// @param cashBudget of all options
    error CostBudgetAboveCashBudget(uint32 costBudget, uint32 cashBudget);
    /// @notice Layer 2 could hold more cash than all options together (bps of book value).
    /// @param volatilityCap of layer 2
    /// @param cashBudget of all options
    error VolatilityPremiumCapAboveCashBudget(uint32 volatilityCap, uint32 cashBudget);
    /// @notice Layer 3 could hold more cash than all options together (bps of book value).
    /// @param tailCap of layer 3
    /// @param cashBudget of all options
    error TailPremiumCapAboveCashBudget(uint32 tailCap, uint32 cashBudget);
    /// @notice Legs could be sold nearer the money than the tail's puts are bought (delta x 1e4).
    /// @param condorDelta largest of a sold leg
    /// @param tailDelta where the tail ends
    error CondorDeltaAboveTailDelta(uint32 condorDelta, uint32 tailDelta);
    /// @notice No tenor is left for layer 2 (days).
    /// @param leastDays its shortest
    /// @param mostDays its longest
    error VolatilityLeastDaysNotBelowMostDays(uint32 leastDays, uint32 mostDays);
    /// @notice No delta is left for layer 2, which begins where the tail ends (delta x 1e4).
    /// @param tailDelta where the tail ends
    /// @param volatilityDelta largest of layer 2
    error TailDeltaNotBelowVolatilityDelta(uint32 tailDelta, uint32 volatilityDelta);
    /// @notice No tenor is left for layer 3 (days).
    /// @param leastDays its shortest
    /// @param mostDays its longest
    error TailLeastDaysNotBelowMostDays(uint32 leastDays, uint32 mostDays);
    /// @notice No delta is left for layer 3 (delta x 1e4).
    /// @param leastDelta least of a tail put
    /// @param mostDelta where the tail ends
    error TailLeastDeltaNotBelowMostDelta(uint32 leastDelta, uint32 mostDelta);

    // ---------------------------------------------------------------- the steward's path, and rolling back
    /// @notice This update is already scheduled.
    /// @param updateHash its name, see `hashUpdate`
    /// @param readyAt first second at which it may be applied, unix seconds
    error AlreadyScheduled(bytes32 updateHash, uint64 readyAt);
    /// @notice No such update is scheduled.
    /// @param updateHash the name asked for
    error NotScheduled(bytes32 updateHash);
    /// @notice The guardian refused this update for good.
    /// @param updateHash its name, see `hashUpdate`
    error Vetoed(bytes32 updateHash);
    /// @notice The veto period is still running.
    /// @param updateHash its name, see `hashUpdate`
    /// @param readyAt first second at which it may be applied, unix seconds
    /// @param timestamp now, unix seconds
    error TooEarly(bytes32 updateHash, uint64 readyAt, uint256 timestamp);
    /// @notice The values in force are the voted ones, and no earlier vote is kept.
    error NothingToRollBack();
}
