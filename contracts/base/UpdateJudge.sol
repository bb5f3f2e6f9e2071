// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IHedgeParameters} from "../interfaces/IHedgeParameters.sol";
import {HedgeKeys} from "../libraries/HedgeKeys.sol";
import {HedgeRules} from "../libraries/HedgeRules.sol";
import {KeyState} from "../libraries/KeyState.sol";
import {PackedTuple} from "../libraries/PackedTuple.sol";
import {UpdateRules} from "../libraries/UpdateRules.sol";
import {TupleLedger} from "./TupleLedger.sol";

/// @title Whether an update is right
/// @notice Limits, cooldowns and windows of the keys, and the order in which the rules are asked.
/// @dev Judging is a view that returns the encoded error; the setters revert with those bytes, so that a preflight and
/// an execution can never disagree. TupleLedger follows Pausable so that their small fields share one word.
abstract contract UpdateJudge is Pausable, TupleLedger, IHedgeParameters {
    using PackedTuple for uint256[3];

    /// @dev Limits, cooldown and window, one word per key.
    KeyState[24] internal _keys;

    /// @dev Replace a key's limits; starts its cooldown.
    function _storeLimits(uint8 key, uint32 inForce, Limits memory newLimits) internal {
        UpdateRules.requireLimits(key, inForce, newLimits);
        _keys[key] = _keys[key].withLimits(newLimits, block.timestamp);
        emit LimitsSet(key, newLimits);
    }

    /// @dev Start the cooldown of the keys of an update, and the window of those whose last one is over.
    function _stamp(uint8[] calldata keys, KeyState[] memory states) internal {
        for (uint256 i = 0; i < states.length; ++i) {
            _keys[keys[i]] = states[i];
        }
    }

    /// @dev Start the window of a set of keys, from the values they have in a tuple, and the cooldown of those that are
    /// not `resting`.
    function _restart(uint256 set, uint256 resting, uint256[3] memory tuple) internal {
        for (uint256 key = 0; key < HedgeKeys.COUNT; ++key) {
            if ((set >> key) & 1 == 0) continue;
            (KeyState state, uint256 start) = (_keys[key], tuple.get(key));
            bool isResting = (resting >> key) & 1 != 0;
            _keys[key] = isResting ? state.windowed(start, block.timestamp) : state.restarted(start, block.timestamp);
        }
    }

    /// @dev Write the tuple that an update leads to into `draft`; revert with the first broken rule.
    function _accept(Update calldata update, Source source, uint256 at, Draft memory draft) internal view {
        _bubble(_judge(update, source, at, draft));
    }

    /// @dev The first rule that an update breaks; the tuple it leads to goes into `draft`.
    function _judge(
        Update calldata update,
        Source source,
        uint256 at,
        Draft memory draft
    ) internal view returns (bytes memory reason) {
        if (paused()) return abi.encodeWithSelector(EnforcedPause.selector);
        bool isVote = source == Source.Dao;
        reason = UpdateRules.envelope(update, at, isVote ? _votedObservedAt : _anyObservedAt);
        if (reason.length != 0) return reason;
        _begin(draft);
        if (isVote) draft.waived = _stewardMoved; // a steward's change of a key never makes the DAO wait
        reason = _judgeKeys(update.keys, update.values, isVote, at, draft);
        if (reason.length == 0) reason = HedgeRules.broken(draft.next);
    }

    /// @dev Judge every key alone, and write the values into `draft`.
    function _judgeKeys(
        uint8[] calldata keys,
        uint32[] calldata newValues,
        bool isVote,
        uint256 at,
        Draft memory draft
    ) private view returns (bytes memory reason) {
        uint256 moved = 0;
        draft.states = new KeyState[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            uint8 key = keys[i];
            if (moved >> key != 0) return abi.encodeWithSelector(KeysNotAscending.selector, keys[i - 1], key);
            if (key >= HedgeKeys.COUNT) return abi.encodeWithSelector(UnknownKey.selector, key, HedgeKeys.COUNT);
            moved |= 1 << key;
            KeyState state = _keys[key];
            uint32 oldValue = draft.current.get(key);
            reason = _judgeKey(key, oldValue, newValues[i], isVote, at, state, draft);
            if (reason.length != 0) return reason;
            draft.states[i] = state.changed(oldValue, at);
        }
        draft.moved = moved;
    }

    /// @dev Judge one key, and write its value into `draft.next`.
    function _judgeKey(
        uint8 key,
        uint32 oldValue,
        uint32 newValue,
        bool isVote,
        uint256 at,
        KeyState state,
        Draft memory draft
    ) private pure returns (bytes memory reason) {
        reason = UpdateRules.change(key, oldValue, newValue, state, at);
        if (reason.length != 0) return reason;
        if (newValue == oldValue && !(isVote && draft.voted.get(key) != oldValue)) {
            return abi.encodeWithSelector(NoChange.selector, key, newValue);
        }
        draft.next.exchange(key, oldValue, newValue);
        if ((draft.waived >> key) & 1 != 0) return reason;
        uint256 ready = _ready(state);
        if (at < ready) reason = abi.encodeWithSelector(CoolingDown.selector, key, at, ready);
    }

    /// @dev A whole tuple against today's bounds and the rules across keys.
    function _judgeTuple(uint256[3] memory tuple) internal view returns (bytes memory reason) {
        for (uint8 key = 0; key < HedgeKeys.COUNT; ++key) {
            reason = UpdateRules.bounds(key, tuple.get(key), _keys[key]);
            if (reason.length != 0) return reason;
        }
        return HedgeRules.broken(tuple);
    }

    /// @dev When the cooldown of a key ends; two numbers of 32 bits cannot overflow.
    function _ready(KeyState state) internal pure returns (uint256) {
        unchecked {
            return uint256(state.changedAt()) + state.cooldown();
        }
    }

    function _requireKey(uint8 key) internal pure {
        if (key >= HedgeKeys.COUNT) revert UnknownKey(key, HedgeKeys.COUNT);
    }

    /// @dev Revert with an encoded error, if there is one.
    function _bubble(bytes memory reason) internal pure {
        if (reason.length != 0) LowLevelCall.bubbleRevert(reason);
    }
}
