// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IHedgeParameters} from "./interfaces/IHedgeParameters.sol";
import {Announcements} from "./libraries/Announcements.sol";
import {Derisk, HedgeKeys, HEDGE_KEYS} from "./libraries/HedgeKeys.sol";
import {KeyRules} from "./libraries/KeyRules.sol";
import {UpdateEnvelope} from "./libraries/UpdateEnvelope.sol";

/// @title The governed numbers of the three hedge layers and of the overlay
/// @notice See IHedgeParameters for what it promises, and its known limits.
/// @dev Who may do what, and when, from the top down: the DAO, the steward, the automation, the guardian; then how an
/// update is judged and applied. KeyRules has the rules for one key, HedgeKeys those across keys. The tuples:
///
///     event           in force        voted           last good
///     genesis         A               A               A
///     vote B          B               B               A
///     steward C       C               B               A
///     rollback        B               B               A
///     rollback        A               A               A         nothing is left to roll back
///
/// A rollback of some keys does the same to those keys alone.
contract HedgeParameters is AccessControlEnumerable, Pausable, IHedgeParameters {
    using Announcements for Announcements.Book;
    using KeyRules for KeyRules.State;

    /// @notice Number of keys.
    uint8 public constant KEY_COUNT = HEDGE_KEYS;
    /// @notice Changes values after a delay.
    bytes32 public constant STEWARD_ROLE = keccak256("STEWARD_ROLE");
    /// @notice Pauses, vetoes and rolls back.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    /// @notice Changes values without a delay, by the steward's rules.
    bytes32 public constant AUTOMATION_ROLE = keccak256("AUTOMATION_ROLE");
    /// @notice Shortest steward delay, in seconds: time for several owners of a Safe to sign a veto.
    uint32 public constant MIN_STEWARD_DELAY = 1 hours;
    /// @notice Longest steward delay, in seconds: twice what a vote takes at first, beyond which nobody would wait.
    uint32 public constant MAX_STEWARD_DELAY = 14 days;
    /// @notice Seconds from `readyAt` in which a steward's update may be applied.
    uint64 public constant SCHEDULE_LIFE = Announcements.LIFE;
    /// @notice Seconds between a steward's announcement and its effect.
    uint32 public immutable STEWARD_DELAY;

    // The small fields share one word with the flag of Pausable.
    /// @dev Counts tuples in force.
    uint48 private _version;
    /// @dev Newest observation of any applied update, unix seconds.
    uint48 private _anyObservedAt;
    /// @dev Newest observation that a vote applied, unix seconds.
    uint48 private _votedObservedAt;
    /// @dev When a vote last changed the voted tuple, unix seconds.
    uint48 private _votedAt;
    /// @dev Whether `_steered` is in force, since a steward or an automation came after the last vote.
    bool private _isSteered;

    /// @dev The tuple as the last vote left it.
    uint32[KEY_COUNT] private _voted;
    /// @dev The tuple that was voted before.
    uint32[KEY_COUNT] private _lastGood;
    /// @dev The voted tuple with what a steward or an automation changed since; without meaning where nobody did.
    uint32[KEY_COUNT] private _steered;
    /// @dev Limits, cooldown and window of each key.
    KeyRules.State[KEY_COUNT] private _keys;
    /// @dev The steward's updates, and whether it is suspended.
    Announcements.Book private _announcements;

    /// @param timelock the DAO: values, limits, roles, end of a pause
    /// @param steward a Safe: values, after a delay
    /// @param guardian a Safe: pause, veto, rollback
    /// @param stewardDelay seconds between a steward's announcement and its effect, one hour to 14 days
    /// @param values_ first values, in key order
    /// @param limits_ limits, in key order
    constructor(
        address timelock,
        address steward,
        address guardian,
        uint32 stewardDelay,
        uint32[KEY_COUNT] memory values_,
        Limits[KEY_COUNT] memory limits_
    ) {
        bool isZero = timelock == address(0) || steward == address(0) || guardian == address(0);
        bool overlaps = timelock == steward || timelock == guardian || steward == guardian;
        if (isZero || overlaps) revert RolesNotSeparate(timelock, steward, guardian);
        if (stewardDelay < MIN_STEWARD_DELAY || stewardDelay > MAX_STEWARD_DELAY) {
            revert BadStewardDelay(stewardDelay, MIN_STEWARD_DELAY, MAX_STEWARD_DELAY);
        }
        STEWARD_DELAY = stewardDelay;
        _grantRole(DEFAULT_ADMIN_ROLE, timelock);
        _grantRole(STEWARD_ROLE, steward);
        _grantRole(GUARDIAN_ROLE, guardian);
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            _keys[key].beginWindow(values_[key]);
            _setLimits(key, values_[key], limits_[key]);
        }
        HedgeKeys.requireConsistent(values_);
        (_voted, _lastGood, _version) = (values_, values_, 1);
        emit Genesis(values_, stewardDelay);
    }

    // ---------------------------------------------------------------- the DAO
    /// @inheritdoc IHedgeParameters
    function applyUpdate(Update calldata update) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _apply(update, Source.Dao);
    }

    /// @inheritdoc IHedgeParameters
    function setLimits(uint8 key, Limits calldata newLimits) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _requireKey(key);
        _setLimits(key, _inForce()[key], newLimits);
        _keys[key].requireInside(key, _voted[key]); // where a rollback of the steward goes
    }

    /// @inheritdoc IHedgeParameters
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    /// @inheritdoc IHedgeParameters
    function resumeSteward() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _announcements.suspend(false);
        emit StewardResumed();
    }

    // ---------------------------------------------------------------- the steward
    /// @inheritdoc IHedgeParameters
    function scheduleUpdate(Update calldata update) external onlyRole(STEWARD_ROLE) returns (bytes32 updateHash) {
        updateHash = hashUpdate(update);
        _announcements.requireNew(updateHash);
        uint64 ready = uint64(block.timestamp) + STEWARD_DELAY;
        _judge(update, Source.Steward, ready);
        _announcements.add(updateHash, ready);
        emit UpdateScheduled(updateHash, ready, update);
    }

    /// @inheritdoc IHedgeParameters
    function applyScheduled(Update calldata update) external onlyRole(STEWARD_ROLE) {
        bytes32 updateHash = hashUpdate(update);
        _announcements.release(updateHash);
        emit UpdateReleased(updateHash, _version + 1);
        _apply(update, Source.Steward);
    }

    // ---------------------------------------------------------------- the automation
    /// @inheritdoc IHedgeParameters
    function applyAutomated(Update calldata update) external onlyRole(AUTOMATION_ROLE) {
        _apply(update, Source.Automation);
    }

    // ---------------------------------------------------------------- the guardian
    /// @inheritdoc IHedgeParameters
    function veto(bytes32 updateHash) external onlyRole(GUARDIAN_ROLE) {
        _announcements.veto(updateHash);
        emit UpdateVetoed(updateHash, msg.sender);
    }

    /// @inheritdoc IHedgeParameters
    function vetoAll() external onlyRole(GUARDIAN_ROLE) {
        ++_announcements.vetoRound;
        emit AllVetoed(msg.sender);
    }

    /// @inheritdoc IHedgeParameters
    function suspendSteward() external onlyRole(GUARDIAN_ROLE) {
        _announcements.suspend(true);
        emit StewardSuspended(msg.sender);
    }

    /// @inheritdoc IHedgeParameters
    function pause() external onlyRole(GUARDIAN_ROLE) {
        _pause();
    }

    /// @inheritdoc IHedgeParameters
    function rollback(uint8[] calldata keys, bool alsoDerisked) external onlyRole(GUARDIAN_ROLE) {
        uint32[KEY_COUNT] memory before = _inForce();
        (uint32[KEY_COUNT] memory goal, bool ofSteward) = _behind(_voted, keys, alsoDerisked);
        if (!ofSteward) {
            bool ofVote;
            (goal, ofVote) = _behind(_lastGood, keys, alsoDerisked);
            if (!ofVote) revert NothingToRollBack();
        }
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            if (goal[key] == before[key]) continue;
            _keys[key].requireInside(key, goal[key]);
            _keys[key].rollBack(goal[key], ofSteward);
            if (!ofSteward) _voted[key] = goal[key];
            if (_isSteered) _steered[key] = goal[key];
        }
        HedgeKeys.requireConsistent(goal);
        if (!ofSteward) HedgeKeys.requireConsistent(_voted); // what a steward is rolled back to, now and later
        if (_isVoted(goal)) _isSteered = false;
        emit RolledBack(++_version, msg.sender, ofSteward, before, goal);
    }

    // ---------------------------------------------------------------- judging
    /// @inheritdoc IHedgeParameters
    function check(Update calldata update, Source source, uint64 at) external view returns (bytes memory reason) {
        try this.judge(update, source, at) {
            return reason;
        } catch (bytes memory broken) {
            if (broken.length == 0) revert NoReason(); // out of gas inside, for one: empty would mean that all is well
            return broken;
        }
    }

    /// @inheritdoc IHedgeParameters
    function judge(Update calldata update, Source source, uint64 at) external view {
        _judge(update, source, at);
    }

    /// @inheritdoc IHedgeParameters
    function readyAt(uint8 key, Source source) external view returns (uint64) {
        _requireKey(key);
        return uint64(_keys[key].readyAt(source == Source.Dao));
    }

    /// @inheritdoc IHedgeParameters
    function hashUpdate(Update calldata update) public pure returns (bytes32) {
        return keccak256(abi.encode(update));
    }

    /// @inheritdoc IHedgeParameters
    function scheduled(bytes32 updateHash) external view returns (ScheduleStatus status, uint64 ready) {
        return _announcements.find(updateHash);
    }

    // ---------------------------------------------------------------- reading
    /// @inheritdoc IHedgeParameters
    function values() external view returns (uint32[KEY_COUNT] memory) {
        return _inForce();
    }

    /// @inheritdoc IHedgeParameters
    function value(uint8 key) external view returns (uint32) {
        _requireKey(key);
        return _inForce()[key];
    }

    /// @inheritdoc IHedgeParameters
    function voted() external view returns (uint32[KEY_COUNT] memory) {
        return _voted;
    }

    /// @inheritdoc IHedgeParameters
    function lastGood() external view returns (uint32[KEY_COUNT] memory) {
        return _lastGood;
    }

    /// @inheritdoc IHedgeParameters
    function limits(uint8 key) external view returns (Limits memory) {
        _requireKey(key);
        return _keys[key].limits();
    }

    /// @inheritdoc IHedgeParameters
    function allLimits() external view returns (Limits[KEY_COUNT] memory all) {
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            all[key] = _keys[key].limits();
        }
    }

    /// @inheritdoc IHedgeParameters
    function restsUntil() external view returns (uint32[KEY_COUNT] memory all) {
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            all[key] = _keys[key].restsUntil;
        }
    }

    /// @inheritdoc IHedgeParameters
    function window(uint8 key) external view returns (Window memory) {
        _requireKey(key);
        return _keys[key].window();
    }

    /// @inheritdoc IHedgeParameters
    function windows() external view returns (Window[KEY_COUNT] memory all) {
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            all[key] = _keys[key].window();
        }
    }

    /// @inheritdoc IHedgeParameters
    function version() external view returns (uint64) {
        return _version;
    }

    /// @inheritdoc IHedgeParameters
    function stewardSuspended() external view returns (bool) {
        return _announcements.isSuspended;
    }

    /// @inheritdoc IHedgeParameters
    function lastObservedAt() external view returns (uint64) {
        return _anyObservedAt;
    }

    /// @inheritdoc IHedgeParameters
    function lastVotedObservedAt() external view returns (uint64) {
        return _votedObservedAt;
    }

    /// @inheritdoc IHedgeParameters
    function outerBounds(uint8 key) external pure returns (uint32 least, uint32 most) {
        return HedgeKeys.outerBounds(key);
    }

    /// @inheritdoc IHedgeParameters
    function derisk(uint8 key) external pure returns (Derisk) {
        _requireKey(key);
        return HedgeKeys.derisk(key);
    }

    /// @inheritdoc IHedgeParameters
    function describe(uint8 key) external pure returns (string memory name, string memory unit) {
        return HedgeKeys.describe(key);
    }

    // ---------------------------------------------------------------- inside
    /// @dev No account ever holds two of the four roles.
    function _grantRole(bytes32 role, address account) internal override returns (bool) {
        bytes32[4] memory roles = [DEFAULT_ADMIN_ROLE, STEWARD_ROLE, GUARDIAN_ROLE, AUTOMATION_ROLE];
        for (uint256 i = 0; i < roles.length; ++i) {
            if (roles[i] != role && hasRole(roles[i], account)) revert RoleHeldAlready(account, roles[i], role);
        }
        return super._grantRole(role, account);
    }

    /// @dev Judge an update now, and put the tuple that it leads to in force.
    function _apply(Update calldata update, Source source) private {
        bool isVote = source == Source.Dao;
        uint32[KEY_COUNT] memory next = _judge(update, source, block.timestamp);
        uint32[KEY_COUNT] storage tuple = isVote ? _openVote(next) : _openSteered();
        (uint8[] calldata keys, uint32[] calldata newValues) = (update.keys, update.values);
        for (uint256 i = 0; i < keys.length; ++i) {
            uint8 key = keys[i];
            _keys[key].change(tuple[key], isVote);
            tuple[key] = newValues[i];
        }
        uint48 observedAt = uint48(update.observedAt); // not in the future, so it fits
        if (isVote) _votedObservedAt = observedAt;
        if (observedAt > _anyObservedAt) _anyObservedAt = observedAt;
        emit UpdateApplied(++_version, source, update.inputsHash, keys, newValues, observedAt);
    }

    /// @dev The voted tuple, with what was in force before a vote; what was voted before becomes the last good one. A
    /// vote that re-states the voted tuple keeps the last good one. Votes of one second, such as the updates of one
    /// proposal, are undone as one: else a harmless update behind a bad one would make the bad tuple the last good.
    /// @param next what the vote leads to
    function _openVote(uint32[KEY_COUNT] memory next) private returns (uint32[KEY_COUNT] storage) {
        bool restates = _isSteered && _isVoted(next);
        if (!restates) {
            if (block.timestamp != _votedAt) _lastGood = _voted;
            _votedAt = uint48(block.timestamp);
        }
        if (_isSteered) {
            _voted = _steered;
            _isSteered = false;
        }
        return _voted;
    }

    /// @dev The steered tuple, with what was in force before a steward's or an automation's update.
    function _openSteered() private returns (uint32[KEY_COUNT] storage) {
        if (!_isSteered) {
            _steered = _voted;
            _isSteered = true;
        }
        return _steered;
    }

    /// @dev The tuple in force with some keys as they are in an earlier one; those that were de-risked since only on
    /// request.
    /// @return goal that tuple
    /// @return moves whether it differs from the tuple in force
    function _behind(
        uint32[KEY_COUNT] storage earlier,
        uint8[] calldata keys,
        bool alsoDerisked
    ) private view returns (uint32[KEY_COUNT] memory goal, bool moves) {
        goal = _inForce();
        for (uint256 i = 0; i < keys.length; ++i) {
            uint8 key = keys[i];
            _requireKey(key);
            (uint32 old, uint32 present) = (earlier[key], goal[key]);
            if (present == old || (!alsoDerisked && HedgeKeys.derisks(key, old, present))) continue;
            (goal[key], moves) = (old, true);
        }
    }

    /// @dev The tuple in force.
    function _inForce() private view returns (uint32[KEY_COUNT] storage) {
        return _isSteered ? _steered : _voted;
    }

    /// @dev Whether a tuple is the voted one.
    function _isVoted(uint32[KEY_COUNT] memory tuple) private view returns (bool) {
        return keccak256(abi.encode(tuple)) == keccak256(abi.encode(_voted));
    }

    /// @dev Replace a key's limits; starts its cooldown.
    function _setLimits(uint8 key, uint32 inForce, Limits memory newLimits) private {
        _keys[key].setLimits(key, inForce, newLimits);
        emit LimitsSet(key, newLimits);
    }

    /// @dev The tuple that an update leads to; reverts with the first rule that it breaks.
    /// @param at when it would be applied, unix seconds
    function _judge(
        Update calldata update,
        Source source,
        uint256 at
    ) private view returns (uint32[KEY_COUNT] memory next) {
        _requireNotPaused();
        if (source == Source.Steward && _announcements.isSuspended) revert StewardIsSuspended();
        bool isVote = source == Source.Dao;
        UpdateEnvelope.requireFit(update, isVote ? _votedObservedAt : _anyObservedAt, at);
        next = _judgeKeys(update.keys, update.values, isVote, at);
        HedgeKeys.requireConsistent(next);
    }

    /// @dev The tuple that new values lead to; each key alone is judged.
    function _judgeKeys(
        uint8[] calldata keys,
        uint32[] calldata newValues,
        bool isVote,
        uint256 at
    ) private view returns (uint32[KEY_COUNT] memory next) {
        next = _inForce();
        for (uint256 i = 0; i < keys.length; ++i) {
            (uint8 key, uint32 newValue) = (keys[i], newValues[i]);
            if (i != 0 && key <= keys[i - 1]) revert KeysNotAscending(keys[i - 1], key);
            _requireKey(key);
            uint32 oldValue = next[key];
            _keys[key].requireReach(key, oldValue, newValue, at);
            if (newValue == oldValue && !(isVote && newValue != _voted[key])) revert NoChange(key, newValue);
            _keys[key].requireRested(key, isVote, at);
            next[key] = newValue;
        }
    }

    function _requireKey(uint8 key) private pure {
        if (key >= KEY_COUNT) revert UnknownKey(key, KEY_COUNT);
    }
}
