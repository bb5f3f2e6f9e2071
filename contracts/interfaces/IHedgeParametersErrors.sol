// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Why HedgeParameters refuses
/// @notice Every error carries the numbers that were compared. Times are unix seconds, values in the unit of their key.
interface IHedgeParametersErrors {
    // ---------------------------------------------------------------- set-up
    /// @notice Two roles fall on one account, or one on the zero address: the separation of powers would be void.
    error RolesNotSeparate(address timelock, address steward, address guardian);
    /// @notice The steward's delay is too short for a guardian to react, or so long that a steward is useless. Seconds.
    error BadStewardDelay(uint32 delay, uint32 min, uint32 max);
    /// @notice The lower bound exceeds the upper one.
    error BoundsReversed(uint8 key, uint32 min, uint32 max);
    /// @notice A step of zero would freeze the key in that direction; narrow its bounds instead.
    error ZeroStep(uint8 key, uint32 stepUp, uint32 stepDown);
    /// @notice The cooldown is too short to make steps meaningful, or freezes the key. Seconds.
    error BadCooldown(uint8 key, uint32 cooldown, uint32 min, uint32 max);

    // ---------------------------------------------------------------- the update as a whole
    /// @notice Keys and values do not pair up.
    error LengthMismatch(uint256 keys, uint256 values);
    /// @notice The update names no key.
    error EmptyUpdate();
    /// @notice Keys repeat or are not in strictly ascending order.
    error KeysNotAscending(uint8 previous, uint8 key);
    /// @notice There is no such key.
    error UnknownKey(uint8 key, uint8 keyCount);
    /// @notice The update was applied, or would be, after its expiry.
    error Expired(uint64 expiry, uint256 at);
    /// @notice The update expires before, or when, its inputs were observed.
    error ExpiryNotAfterObservation(uint64 observedAt, uint64 expiry);
    /// @notice The update lives longer after its observation than any vote takes. Seconds.
    error LifetimeTooLong(uint64 lifetime, uint64 max);
    /// @notice The inputs claim to be observed in the future.
    error FutureObservation(uint64 observedAt, uint256 timestamp);
    /// @notice The inputs are not strictly newer than those of an update that was applied before: a replay, or old
    /// data.
    error NotNewer(uint64 observedAt, uint256 lastObservedAt);

    // ---------------------------------------------------------------- one key
    /// @notice The value is what it was.
    error NoChange(uint8 key, uint32 value);
    /// @notice The value leaves the bounds of its key.
    error OutOfBounds(uint8 key, uint32 value, uint32 min, uint32 max);
    /// @notice The change is larger than one update may make in that direction.
    error StepTooLarge(uint8 key, uint32 oldValue, uint32 newValue, uint32 maxStep);
    /// @notice Together with earlier changes in this window, the key would drift further than they all may.
    error DriftTooLarge(uint8 key, uint32 windowStart, uint32 newValue, uint256 maxDrift);
    /// @notice The key was changed too recently.
    error CoolingDown(uint8 key, uint256 at, uint256 readyAt);

    // ---------------------------------------------------------------- across keys
    /// @notice The ramp of layer 2 is too steep: start + minWidth must not exceed full (bps of 100 % volatility).
    error RampTooNarrow(uint32 start, uint32 full, uint32 minWidth);
    /// @notice The premium caps of layers 2 and 3 together exceed the overlay's budget (bps of book value).
    error PremiumCapsAboveBudget(uint32 volatilityCap, uint32 tailCap, uint32 budget);
    /// @notice Layer 1 could be larger than all layers together (USD).
    error CondorCapAboveOverlayCap(uint32 condorCap, uint32 overlayCap);
    /// @notice Layer 1 must expire before layer 2 (days).
    error CondorTenorNotBelowVolatilityTenor(uint32 condorTenor, uint32 volatilityTenor);
    /// @notice Layer 2 must not outlast layer 3 (days).
    error VolatilityTenorAboveTailTenor(uint32 volatilityTenor, uint32 tailTenor);
    /// @notice The bought tail put must lie further out of the money than the sold legs (delta x 1e4).
    error TailDeltaNotBelowCondorDelta(uint32 tailDelta, uint32 condorDelta);
    /// @notice More could be sold in layer 1 than layer 3 covers (bps).
    error CondorSizeAboveTailCoverage(uint32 condorSize, uint32 tailCoverage);

    // ---------------------------------------------------------------- the steward's path, and rolling back
    /// @notice This update waits already.
    error AlreadyScheduled(bytes32 updateHash, uint64 readyAt);
    /// @notice No such update waits.
    error NotScheduled(bytes32 updateHash);
    /// @notice The guardian refused this update for good.
    error Vetoed(bytes32 updateHash);
    /// @notice The veto period still runs.
    error TooEarly(bytes32 updateHash, uint64 readyAt, uint256 timestamp);
    /// @notice The values in force are the voted ones, and no earlier vote is kept.
    error NothingToRollBack();
}
