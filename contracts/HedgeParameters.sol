// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {TupleLedger} from "./base/TupleLedger.sol";
import {IHedgeParameters} from "./interfaces/IHedgeParameters.sol";
import {HedgeKeys} from "./libraries/HedgeKeys.sol";
import {HedgeRules} from "./libraries/HedgeRules.sol";
import {Lanes} from "./libraries/Lanes.sol";
import {UpdateRules} from "./libraries/UpdateRules.sol";

/// @title The governed numbers of the three hedge layers and of the overlay
/// @notice See IHedgeParameters for what it promises, and its known limits.
/// @dev Judging (`_judge`) is a view that returns the encoded error; the setters revert with those bytes, so that a
/// preflight and an execution can never disagree. TupleLedger follows Pausable so that their small fields share one
/// word.
contract HedgeParameters is AccessControlEnumerable, Pausable, TupleLedger, IHedgeParameters {
    using Lanes for uint256[3];

    /// @notice Number of keys.
    uint8 public constant KEY_COUNT = HedgeKeys.COUNT;
    /// @notice Changes values after a delay.
    bytes32 public constant STEWARD_ROLE = keccak256("STEWARD_ROLE");
    /// @notice Pauses, vetoes and rolls back.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    /// @notice Shortest steward delay, in seconds: time for several owners of a Safe to sign a veto.
    uint32 public constant MIN_STEWARD_DELAY = 1 hours;
    /// @notice Longest steward delay, in seconds: slower than that, a vote is as fast.
    uint32 public constant MAX_STEWARD_DELAY = 14 days;
    /// @notice Seconds between a steward's announcement and its effect.
    uint32 public immutable STEWARD_DELAY;

    /// @dev Marks a vetoed update in `_scheduled`; no real time is that late.
    uint64 private constant _VETOED = type(uint64).max;

    /// @dev One word per key, of which 160 bits are used.
    Limits[18] private _limits;
    /// @dev When a steward's update may be applied, by its hash.
    mapping(bytes32 updateHash => uint64 readyAt) private _scheduled;

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
        uint32[18] memory values_,
        Limits[18] memory limits_
    ) {
        _requireSeparate(timelock, steward, guardian);
        if (stewardDelay < MIN_STEWARD_DELAY || stewardDelay > MAX_STEWARD_DELAY) {
            revert BadStewardDelay(stewardDelay, MIN_STEWARD_DELAY, MAX_STEWARD_DELAY);
        }
        STEWARD_DELAY = stewardDelay;
        _grantRole(DEFAULT_ADMIN_ROLE, timelock);
        _grantRole(STEWARD_ROLE, steward);
        _grantRole(GUARDIAN_ROLE, guardian);
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            _storeLimits(key, values_[key], limits_[key]);
        }
        uint256[3] memory words = Lanes.pack(values_);
        _bubble(HedgeRules.broken(words));
        _recordGenesis(words);
        emit Genesis(values_, stewardDelay);
    }

    /// @inheritdoc IHedgeParameters
    function applyUpdate(Update calldata update) external onlyRole(DEFAULT_ADMIN_ROLE) {
        Draft memory draft = _accept(update, Source.Dao, block.timestamp);
        _announce(update, Source.Dao, draft, _recordVote(draft, update.observedAt, update.inputsHash));
    }

    /// @inheritdoc IHedgeParameters
    function setLimits(uint8 key, Limits calldata newLimits) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _requireKey(key);
        _storeLimits(key, _current().get(key), newLimits);
        _stewardMoved &= uint24(~(1 << key));
        _stamp(1 << key);
    }

    /// @inheritdoc IHedgeParameters
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    /// @inheritdoc IHedgeParameters
    function scheduleUpdate(Update calldata update) external onlyRole(STEWARD_ROLE) returns (bytes32 updateHash) {
        updateHash = hashUpdate(update);
        uint64 ready = _scheduled[updateHash];
        if (ready == _VETOED) revert Vetoed(updateHash);
        if (ready != 0) revert AlreadyScheduled(updateHash, ready);
        ready = uint64(block.timestamp) + STEWARD_DELAY;
        _accept(update, Source.Steward, ready);
        _scheduled[updateHash] = ready;
        emit UpdateScheduled(updateHash, ready, update);
    }

    /// @inheritdoc IHedgeParameters
    function applyScheduled(Update calldata update) external onlyRole(STEWARD_ROLE) {
        bytes32 updateHash = hashUpdate(update);
        uint64 ready = _requireScheduled(updateHash);
        if (block.timestamp < ready) revert TooEarly(updateHash, ready, block.timestamp);
        Draft memory draft = _accept(update, Source.Steward, block.timestamp);
        delete _scheduled[updateHash];
        uint48 newVersion = _recordSteward(draft, update.observedAt, update.inputsHash);
        emit UpdateReleased(updateHash, newVersion);
        _announce(update, Source.Steward, draft, newVersion);
    }

    /// @inheritdoc IHedgeParameters
    function veto(bytes32 updateHash) external onlyRole(GUARDIAN_ROLE) {
        _requireScheduled(updateHash);
        _scheduled[updateHash] = _VETOED;
        emit UpdateVetoed(updateHash, msg.sender);
    }

    /// @inheritdoc IHedgeParameters
    function pause() external onlyRole(GUARDIAN_ROLE) {
        _pause();
    }

    /// @inheritdoc IHedgeParameters
    function rollback() external onlyRole(GUARDIAN_ROLE) {
        (Draft memory draft, bool ofSteward) = _rollbackDraft();
        if (draft.moved == 0) revert NothingToRollBack();
        _bubble(_judgeTuple(draft.next));
        uint48 newVersion = _recordRollback(draft, ofSteward);
        emit RolledBack(newVersion, msg.sender, ofSteward, draft.current.unpack(), draft.next.unpack());
    }

    /// @inheritdoc IHedgeParameters
    function check(Update calldata update, Source source, uint64 at) external view returns (bytes memory reason) {
        (reason,) = _judge(update, source, at);
    }

    /// @inheritdoc IHedgeParameters
    function readyAt(uint8 key, Source source) external view returns (uint64) {
        _requireKey(key);
        return uint64(_readyAt(key, source, _limits[key].cooldown));
    }

    /// @inheritdoc IHedgeParameters
    function scheduledAt(bytes32 updateHash) external view returns (uint64) {
        return _scheduled[updateHash];
    }

    /// @inheritdoc IHedgeParameters
    function values() external view returns (uint32[18] memory) {
        return _current().unpack();
    }

    /// @inheritdoc IHedgeParameters
    function value(uint8 key) external view returns (uint32) {
        _requireKey(key);
        return _current().get(key);
    }

    /// @inheritdoc IHedgeParameters
    function voted() external view returns (uint32[18] memory) {
        return _votedWords(_current()).unpack();
    }

    /// @inheritdoc IHedgeParameters
    function lastGood() external view returns (uint32[18] memory) {
        return _lastGoodWords(_current()).unpack();
    }

    /// @inheritdoc IHedgeParameters
    function limits(uint8 key) external view returns (Limits memory) {
        _requireKey(key);
        return _limits[key];
    }

    /// @inheritdoc IHedgeParameters
    function allLimits() external view returns (Limits[18] memory) {
        return _limits;
    }

    /// @inheritdoc IHedgeParameters
    function updatedAt() external view returns (uint32[18] memory) {
        return _stamps().unpack();
    }

    /// @inheritdoc IHedgeParameters
    function version() external view returns (uint64) {
        return _version;
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
    function lastInputsHash() external view returns (bytes32) {
        return _inputsHash();
    }

    /// @inheritdoc IHedgeParameters
    function describe(uint8 key) external pure returns (string memory name, string memory unit) {
        return HedgeKeys.describe(key);
    }

    /// @inheritdoc IHedgeParameters
    function hashUpdate(Update calldata update) public pure returns (bytes32) {
        return keccak256(abi.encode(update));
    }

    function _storeLimits(uint8 key, uint32 inForce, Limits memory newLimits) private {
        UpdateRules.requireLimits(key, inForce, newLimits);
        _limits[key] = newLimits;
        emit LimitsSet(key, newLimits);
    }

    function _announce(Update calldata update, Source source, Draft memory draft, uint48 newVersion) private {
        uint32[] memory oldValues = new uint32[](update.keys.length);
        for (uint256 i = 0; i < oldValues.length; ++i) {
            oldValues[i] = draft.current.get(update.keys[i]);
        }
        emit UpdateApplied(
            newVersion, source, update.inputsHash, update.keys, oldValues, update.values, update.observedAt
        );
    }

    /// @dev The tuple that an update leads to; reverts with the first broken rule.
    function _accept(Update calldata update, Source source, uint256 at) private view returns (Draft memory draft) {
        bytes memory reason;
        (reason, draft) = _judge(update, source, at);
        _bubble(reason);
    }

    /// @dev The first rule that an update breaks, and the tuple it leads to (meaningless when a rule is broken).
    function _judge(
        Update calldata update,
        Source source,
        uint256 at
    ) private view returns (bytes memory reason, Draft memory draft) {
        if (paused()) return (abi.encodeWithSelector(EnforcedPause.selector), draft);
        reason = UpdateRules.envelope(update, at, source == Source.Dao ? _votedObservedAt : _anyObservedAt);
        if (reason.length != 0) return (reason, draft);
        draft.current = _current();
        (draft.next[0], draft.next[1], draft.next[2]) = (draft.current[0], draft.current[1], draft.current[2]);
        reason = _judgeKeys(update, source, at, draft);
        if (reason.length == 0) reason = HedgeRules.broken(draft.next);
    }

    /// @dev Judge every key alone, and write the values into `draft.next`.
    function _judgeKeys(
        Update calldata update,
        Source source,
        uint256 at,
        Draft memory draft
    ) private view returns (bytes memory reason) {
        for (uint256 i = 0; i < update.keys.length; ++i) {
            uint8 key = update.keys[i];
            if (i != 0 && key <= update.keys[i - 1]) {
                return abi.encodeWithSelector(KeysNotAscending.selector, update.keys[i - 1], key);
            }
            if (key >= KEY_COUNT) return abi.encodeWithSelector(UnknownKey.selector, key, KEY_COUNT);
            reason = _judgeKey(key, update.values[i], source, at, draft.current);
            if (reason.length != 0) return reason;
            draft.next.set(key, update.values[i]);
            draft.moved |= 1 << key;
        }
    }

    function _judgeKey(
        uint8 key,
        uint32 newValue,
        Source source,
        uint256 at,
        uint256[3] memory current
    ) private view returns (bytes memory reason) {
        Limits memory limit = _limits[key];
        uint32 oldValue = current.get(key);
        reason = UpdateRules.bounds(key, newValue, limit);
        if (reason.length != 0) return reason;
        if (newValue == oldValue && !(source == Source.Dao && _votedWords(current).get(key) != oldValue)) {
            return abi.encodeWithSelector(NoChange.selector, key, newValue);
        }
        reason = UpdateRules.step(key, oldValue, newValue, limit);
        if (reason.length != 0) return reason;
        uint256 ready = _readyAt(key, source, limit.cooldown);
        if (at < ready) return abi.encodeWithSelector(CoolingDown.selector, key, at, ready);
    }

    /// @dev A whole tuple against today's bounds and the rules across keys.
    function _judgeTuple(uint256[3] memory tuple) private view returns (bytes memory reason) {
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            reason = UpdateRules.bounds(key, tuple.get(key), _limits[key]);
            if (reason.length != 0) return reason;
        }
        return HedgeRules.broken(tuple);
    }

    /// @dev A steward's change of a key never makes the DAO wait.
    function _readyAt(uint8 key, Source source, uint32 cooldown) private view returns (uint256) {
        if (source == Source.Dao && (_stewardMoved >> key) & 1 != 0) return 0;
        return uint256(_stampOf(key)) + cooldown;
    }

    function _requireScheduled(bytes32 updateHash) private view returns (uint64 ready) {
        ready = _scheduled[updateHash];
        if (ready == 0) revert NotScheduled(updateHash);
        if (ready == _VETOED) revert Vetoed(updateHash);
    }

    function _requireKey(uint8 key) private pure {
        if (key >= KEY_COUNT) revert UnknownKey(key, KEY_COUNT);
    }

    function _requireSeparate(address timelock, address steward, address guardian) private pure {
        bool isZero = timelock == address(0) || steward == address(0) || guardian == address(0);
        bool overlaps = timelock == steward || timelock == guardian || steward == guardian;
        if (isZero || overlaps) revert RolesNotSeparate(timelock, steward, guardian);
    }

    /// @dev Revert with an encoded error, if there is one.
    function _bubble(bytes memory reason) private pure {
        if (reason.length != 0) LowLevelCall.bubbleRevert(reason);
    }
}
