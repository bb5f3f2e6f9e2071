// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Lanes} from "../libraries/Lanes.sol";

/// @title Which tuple is in force, which was voted, which was voted before
/// @notice Storage of HedgeParameters; who may change it, and when, is decided there.
/// @dev Three tuples of three words each, of which only differences are stored:
///
///     in force   _values[w]
///     voted      _voted[w]     where bit w of _drifted is set, else the word in force
///     last good  _lastGood[w]  where bit w of _undoable is set, else the voted word
///
/// So a vote writes two words per word it changes, and a steward one (the first time two).
///
///     event           in force        voted           last good
///     genesis         A               A               A
///     vote B          B               B               A
///     steward C       C               B               A
///     rollback        B               B               A
///     rollback        A               A               A         nothing is left to roll back
abstract contract TupleLedger {
    using Lanes for uint256;
    using Lanes for uint256[3];

    /// @dev A tuple on its way: what is in force, what would be, and the set of keys that are written.
    struct Draft {
        uint256[3] current;
        uint256[3] next;
        uint256 moved;
    }

    // One word, shared with the flag of Pausable where that is the parent before this one.
    /// @dev Newest observation that a vote applied, unix seconds.
    uint40 internal _votedObservedAt;
    /// @dev Newest observation that anybody applied, unix seconds.
    uint40 internal _anyObservedAt;
    /// @dev Counts tuples in force.
    uint48 internal _version;
    /// @dev Keys whose last change was a steward's. Such a change came no earlier than one cooldown after the DAO's own
    /// last change of the key, so the DAO owes no more waiting.
    uint24 internal _stewardMoved;
    /// @dev Words in which the tuple in force differs from the voted one.
    uint8 private _drifted;
    /// @dev Words in which the voted tuple differs from the last good one.
    uint8 private _undoable;
    /// @dev Which of _votedHash belongs to the voted tuple; the other one belongs to the last good tuple.
    uint8 private _hashSlot;
    /// @dev Whether a steward made the tuple in force.
    bool private _stewardLast;

    uint256[3] private _values;
    uint256[3] private _voted;
    uint256[3] private _lastGood;
    /// @dev When each key's cooldown last started: unix seconds, which uint32 holds until the year 2106.
    uint256[3] private _updatedAt;
    bytes32[2] private _votedHash;
    bytes32 private _stewardHash;

    /// @dev Put the first tuple in force; it counts as voted and as changed now.
    function _recordGenesis(uint256[3] memory words) internal {
        _values = words;
        _version = 1;
        _stamp(Lanes.ALL);
    }

    /// @dev Put a voted tuple in force. A vote that re-states the voted tuple keeps the last good one.
    function _recordVote(Draft memory draft, uint64 observedAt, bytes32 inputsHash) internal returns (uint48) {
        uint256[3] memory before = _votedWords(draft.current);
        uint256 undoable;
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            if (draft.next[w] != draft.current[w]) _values[w] = draft.next[w];
            if (draft.next[w] == before[w]) continue;
            _lastGood[w] = before[w];
            undoable |= 1 << w;
        }
        _stamp(draft.moved);
        uint8 slot = undoable == 0 ? _hashSlot : 1 - _hashSlot;
        _votedHash[slot] = inputsHash;

        (_votedObservedAt, _hashSlot) = (uint40(observedAt), slot);
        if (undoable != 0) _undoable = uint8(undoable);
        if (observedAt > _anyObservedAt) _anyObservedAt = uint40(observedAt);
        return _close(0, _stewardMoved & ~draft.moved, false);
    }

    /// @dev Put a steward's tuple in force; the voted one stays on record.
    function _recordSteward(Draft memory draft, uint64 observedAt, bytes32 inputsHash) internal returns (uint48) {
        uint256[3] memory votedWords = _votedWords(draft.current);
        uint256 drifted;
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            if (draft.next[w] != draft.current[w]) _values[w] = draft.next[w];
            if (draft.next[w] == votedWords[w]) continue;
            if (draft.current[w] == votedWords[w]) _voted[w] = votedWords[w];
            drifted |= 1 << w;
        }
        _stamp(draft.moved);
        _stewardHash = inputsHash;
        _anyObservedAt = uint40(observedAt);
        return _close(drifted, _stewardMoved | draft.moved, true);
    }

    /// @dev Put the tuple of `_rollbackDraft` in force.
    function _recordRollback(Draft memory draft, bool ofSteward) internal returns (uint48) {
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            if (draft.next[w] != draft.current[w]) _values[w] = draft.next[w];
        }
        _stamp(draft.moved);
        if (ofSteward) return _close(0, _stewardMoved, false);
        (_undoable, _hashSlot) = (0, 1 - _hashSlot);
        return _close(0, _stewardMoved & ~draft.moved, false);
    }

    /// @dev Start the cooldown of a set of keys.
    function _stamp(uint256 keys) internal {
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            uint256 lanes = (keys >> (8 * w)) & 0xff;
            if (lanes != 0) _updatedAt[w] = _updatedAt[w].fill(lanes, uint32(block.timestamp));
        }
    }

    function _current() internal view returns (uint256[3] memory) {
        return _values;
    }

    /// @dev The voted tuple, given the one in force.
    function _votedWords(uint256[3] memory current) internal view returns (uint256[3] memory words) {
        uint256 drifted = _drifted;
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            words[w] = (drifted >> w) & 1 == 0 ? current[w] : _voted[w];
        }
    }

    /// @dev The tuple that was voted before the voted one.
    function _lastGoodWords(uint256[3] memory current) internal view returns (uint256[3] memory words) {
        words = _votedWords(current);
        uint256 undoable = _undoable;
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            if ((undoable >> w) & 1 != 0) words[w] = _lastGood[w];
        }
    }

    /// @dev Where a rollback would go; an empty set of keys where there is nothing to roll back.
    function _rollbackDraft() internal view returns (Draft memory draft, bool ofSteward) {
        draft.current = _current();
        ofSteward = _drifted != 0;
        draft.next = ofSteward ? _votedWords(draft.current) : _lastGoodWords(draft.current);
        draft.moved = Lanes.differing(draft.current, draft.next);
    }

    /// @dev When each key's cooldown last started.
    function _stamps() internal view returns (uint256[3] memory) {
        return _updatedAt;
    }

    function _stampOf(uint256 key) internal view returns (uint32) {
        return uint32(_updatedAt[key >> 3] >> ((key & 7) << 5));
    }

    function _inputsHash() internal view returns (bytes32) {
        return _stewardLast ? _stewardHash : _votedHash[_hashSlot];
    }

    /// @dev The fields that every change ends with.
    function _close(uint256 drifted, uint256 stewardMoved, bool stewardLast) private returns (uint48 newVersion) {
        newVersion = _version + 1;
        _drifted = uint8(drifted);
        _stewardMoved = uint24(stewardMoved);
        _stewardLast = stewardLast;
        _version = newVersion;
    }
}
