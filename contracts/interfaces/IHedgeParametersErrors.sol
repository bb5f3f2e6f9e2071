// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Why HedgeParameters refuses
/// @notice Every error carries the numbers that were compared. Times are unix seconds, values in the unit of their key.
/// The errors of the rules across keys are in HedgeKeys, beside those rules.
interface IHedgeParametersErrors {
    // ---------------------------------------------------------------- set-up
    /// @notice Two roles are on one account, or one on the zero address: the separation of powers would be void.
    /// @param timelock who was to be the DAO
    /// @param steward who was to be the steward
    /// @param guardian who was to be the guardian
    error RolesNotSeparate(address timelock, address steward, address guardian);
    /// @notice The account holds another role: with two of them it could do what it is to watch, or be watched for.
    /// @param account who was to have the role
    /// @param held the role that it holds
    /// @param asked the role that it was to have
    error RoleHeldAlready(address account, bytes32 held, bytes32 asked);
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
    /// @notice The bounds leave those that are fixed in the code, which no vote can widen.
    /// @param key id of the key
    /// @param min lower bound asked for
    /// @param max upper bound asked for
    /// @param least the lowest lower bound
    /// @param most the highest upper bound
    error BeyondOuterBounds(uint8 key, uint32 min, uint32 max, uint32 least, uint32 most);
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

    /// @notice The judge refused without saying why, for want of gas for one. Nothing is known about the update.
    error NoReason();

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
    /// @notice The update was overlooked for too long after its veto period; it may be announced anew.
    /// @param updateHash its name, see `hashUpdate`
    /// @param lastAt last second at which it could be applied, unix seconds
    /// @param timestamp now, unix seconds
    error TooLate(bytes32 updateHash, uint64 lastAt, uint256 timestamp);
    /// @notice The guardian suspended the steward: it can neither announce nor apply until the DAO lets it go on.
    error StewardIsSuspended();
    /// @notice The steward is not suspended.
    error StewardNotSuspended();
    /// @notice The values in force are the voted ones, and no earlier vote is kept.
    error NothingToRollBack();
}
