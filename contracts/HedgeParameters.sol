// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";
import {UpdateJudge} from "./base/UpdateJudge.sol";
import {IHedgeParameters} from "./interfaces/IHedgeParameters.sol";
import {HedgeKeys} from "./libraries/HedgeKeys.sol";
import {HedgeRules} from "./libraries/HedgeRules.sol";
import {KeyState, WINDOW} from "./libraries/KeyState.sol";
import {PackedTuple} from "./libraries/PackedTuple.sol";
import {UpdateRules} from "./libraries/UpdateRules.sol";

/// @title The governed numbers of the three hedge layers and of the overlay
/// @notice See IHedgeParameters for what it promises, and its known limits.
/// @dev Who may do what, and when. UpdateJudge decides whether an update is right, TupleLedger keeps the tuples.
contract HedgeParameters is AccessControlEnumerable, UpdateJudge {
    using PackedTuple for uint256[3];

    /// @notice Number of keys.
    uint8 public constant KEY_COUNT = HedgeKeys.COUNT;
    /// @notice Changes values after a delay.
    bytes32 public constant STEWARD_ROLE = keccak256("STEWARD_ROLE");
    /// @notice Pauses, vetoes and rolls back.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    /// @notice Changes values without a delay, by the steward's rules.
    bytes32 public constant AUTOMATION_ROLE = keccak256("AUTOMATION_ROLE");
    /// @notice Shortest steward delay, in seconds: time for several owners of a Safe to sign a veto.
    uint32 public constant MIN_STEWARD_DELAY = 1 hours;
    /// @notice Longest steward delay, in seconds: slower than that, a vote is as fast.
    uint32 public constant MAX_STEWARD_DELAY = 14 days;
    /// @notice Seconds between a steward's announcement and its effect.
    uint32 public immutable STEWARD_DELAY;

    /// @dev Marks a vetoed update in `_scheduled`; no real time is that late.
    uint64 private constant _VETOED = type(uint64).max;

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
        uint32[24] memory values_,
        Limits[24] memory limits_
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
            _keys[key] = _keys[key].restarted(values_[key], block.timestamp);
            _storeLimits(key, values_[key], limits_[key]);
        }
        uint256[3] memory words = PackedTuple.pack(values_);
        _bubble(HedgeRules.broken(words));
        _recordGenesis(words);
        emit Genesis(values_, stewardDelay);
    }

    /// @inheritdoc IHedgeParameters
    function applyUpdate(Update calldata update) external onlyRole(DEFAULT_ADMIN_ROLE) {
        Draft memory draft;
        _accept(update, Source.Dao, block.timestamp, draft);
        _announce(update, Source.Dao, draft, _recordVote(draft, update.observedAt));
    }

    /// @inheritdoc IHedgeParameters
    function setLimits(uint8 key, Limits calldata newLimits) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _requireKey(key);
        (uint256[3] memory current, ) = _tuplesNow();
        _storeLimits(key, current.get(key), newLimits);
        _stewardMoved &= uint24(~(1 << key));
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
        Draft memory draft;
        _accept(update, Source.Steward, ready, draft);
        _scheduled[updateHash] = ready;
        emit UpdateScheduled(updateHash, ready, update);
    }

    /// @inheritdoc IHedgeParameters
    function applyScheduled(Update calldata update) external onlyRole(STEWARD_ROLE) {
        bytes32 updateHash = hashUpdate(update);
        uint64 ready = _requireScheduled(updateHash);
        if (block.timestamp < ready) revert TooEarly(updateHash, ready, block.timestamp);
        Draft memory draft;
        _accept(update, Source.Steward, block.timestamp, draft);
        delete _scheduled[updateHash];
        uint48 newVersion = _recordSteward(draft, update.observedAt);
        emit UpdateReleased(updateHash, newVersion);
        _announce(update, Source.Steward, draft, newVersion);
    }

    /// @inheritdoc IHedgeParameters
    function applyAutomated(Update calldata update) external onlyRole(AUTOMATION_ROLE) {
        Draft memory draft;
        _accept(update, Source.Automation, block.timestamp, draft);
        _announce(update, Source.Automation, draft, _recordSteward(draft, update.observedAt));
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
        // Where the DAO set limits after a steward moved a key, the cooldown that runs is the DAO's own: it goes on.
        _restart(draft.moved, ofSteward ? ~uint256(_stewardMoved) : 0, draft.next);
        uint48 newVersion = _recordRollback(draft, ofSteward);
        emit RolledBack(newVersion, msg.sender, ofSteward, draft.current.unpack(), draft.next.unpack());
    }

    /// @inheritdoc IHedgeParameters
    function check(Update calldata update, Source source, uint64 at) external view returns (bytes memory reason) {
        Draft memory draft;
        return _judge(update, source, at, draft);
    }

    /// @inheritdoc IHedgeParameters
    function readyAt(uint8 key, Source source) external view returns (uint64) {
        _requireKey(key);
        bool waived = source == Source.Dao && (_stewardMoved >> key) & 1 != 0;
        return waived ? 0 : uint64(_ready(_keys[key]));
    }

    /// @inheritdoc IHedgeParameters
    function scheduledAt(bytes32 updateHash) external view returns (uint64) {
        return _scheduled[updateHash];
    }

    /// @inheritdoc IHedgeParameters
    function values() external view returns (uint32[24] memory) {
        (uint256[3] memory current, ) = _tuplesNow();
        return current.unpack();
    }

    /// @inheritdoc IHedgeParameters
    function value(uint8 key) external view returns (uint32) {
        _requireKey(key);
        (uint256[3] memory current, ) = _tuplesNow();
        return current.get(key);
    }

    /// @inheritdoc IHedgeParameters
    function voted() external view returns (uint32[24] memory) {
        (, uint256[3] memory voted_) = _tuplesNow();
        return voted_.unpack();
    }

    /// @inheritdoc IHedgeParameters
    function lastGood() external view returns (uint32[24] memory) {
        (, uint256[3] memory voted_) = _tuplesNow();
        return _lastGoodWords(voted_).unpack();
    }

    /// @inheritdoc IHedgeParameters
    function limits(uint8 key) external view returns (Limits memory) {
        _requireKey(key);
        return _keys[key].limits();
    }

    /// @inheritdoc IHedgeParameters
    function allLimits() external view returns (Limits[24] memory all) {
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            all[key] = _keys[key].limits();
        }
    }

    /// @inheritdoc IHedgeParameters
    function updatedAt() external view returns (uint32[24] memory all) {
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            all[key] = _keys[key].changedAt();
        }
    }

    /// @inheritdoc IHedgeParameters
    function window(uint8 key) external view returns (Window memory) {
        _requireKey(key);
        return _window(_keys[key]);
    }

    /// @inheritdoc IHedgeParameters
    function windows() external view returns (Window[24] memory all) {
        for (uint8 key = 0; key < KEY_COUNT; ++key) {
            all[key] = _window(_keys[key]);
        }
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
    function describe(uint8 key) external pure returns (string memory name, string memory unit) {
        return HedgeKeys.describe(key);
    }

    /// @inheritdoc IHedgeParameters
    function hashUpdate(Update calldata update) public pure returns (bytes32) {
        return keccak256(abi.encode(update));
    }

    function _announce(Update calldata update, Source source, Draft memory draft, uint48 newVersion) private {
        _stamp(update.keys, draft.states);
        emit UpdateApplied(
            newVersion, source, update.inputsHash, update.keys, update.values, update.observedAt
        );
    }

    function _requireScheduled(bytes32 updateHash) private view returns (uint64 ready) {
        ready = _scheduled[updateHash];
        if (ready == 0) revert NotScheduled(updateHash);
        if (ready == _VETOED) revert Vetoed(updateHash);
    }

    function _window(KeyState state) private pure returns (Window memory) {
        (uint32 least, uint32 most) = UpdateRules.drift(state);
        return Window(state.windowStart(), least, most, uint64(state.windowAt() + WINDOW));
    }

    function _requireSeparate(address timelock, address steward, address guardian) private pure {
        bool isZero = timelock == address(0) || steward == address(0) || guardian == address(0);
        bool overlaps = timelock == steward || timelock == guardian || steward == guardian;
        if (isZero || overlaps) revert RolesNotSeparate(timelock, steward, guardian);
    }
}
