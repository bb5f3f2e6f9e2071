// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {KeyState} from "../libraries/KeyState.sol";
import {PackedTuple} from "../libraries/PackedTuple.sol";

/// @title Which tuple is in force, which was voted, which was voted before
/// @notice Storage of HedgeParameters; who may change it, and when, is decided there.
/// @dev For each of the three words of a tuple:
///
///     voted      _tuples[a][w]       a is bit w of _active
///     last good  _tuples[1 - a][w]   where bit w of _undoable is set, else the voted word
///     in force   _steward[w]         where bit w of _drifted is set, else the voted word
///
/// So a vote or a steward writes one word for each that it changes, and a rollback only turns bits.
///
///     event           in force        voted           last good
///     genesis         A               A               A
///     vote B          B               B               A
///     steward C       C               B               A
///     rollback        B               B               A
///     rollback        A               A               A         nothing is left to roll back
abstract contract TupleLedger {
    using PackedTuple for uint256;

    /// @dev A tuple on its way.
    /// @param current the tuple in force
    /// @param voted the voted tuple
    /// @param next the tuple that would be
    /// @param states what would be kept of the keys that are written, in the order of the update
    /// @param moved the set of keys that are written
    /// @param waived the set of keys that need not wait for their cooldown: for a vote, those that a steward moved
    struct Draft {
        uint256[3] current;
        uint256[3] voted;
        uint256[3] next;
        KeyState[] states;
        uint256 moved;
        uint256 waived;
    }

    // One word, shared with the flag of Pausable where that is the parent before this one.
    /// @dev Newest observation that a vote applied, unix seconds.
    uint40 internal _votedObservedAt;
    /// @dev Newest observation of any applied update, unix seconds.
    uint40 internal _anyObservedAt;
    /// @dev Counts tuples in force.
    uint48 internal _version;
    /// @dev Keys whose last change was a steward's. Such a change came no earlier than one cooldown after the DAO's own
    /// last change of the key, so the DAO owes no more waiting. One bit for each of the 24 keys.
    uint24 internal _stewardMoved;
    uint8 private _active;
    uint8 private _undoable;
    uint8 private _drifted;
    /// @dev When a vote last changed the voted tuple, unix seconds.
    uint40 private _votedAt;

    uint256[3][2] private _tuples;
    uint256[3] private _steward;

    /// @dev Put the first tuple in force; it counts as voted.
    function _recordGenesis(uint256[3] memory words) internal {
        _tuples[0] = words;
        _version = 1;
    }

    /// @dev Put a voted tuple in force.
    function _recordVote(Draft memory draft, uint64 observedAt) internal returns (uint48) {
        (uint256 active, uint256 undoable) = _writeVoted(draft.voted, draft.next);
        uint256 newest = observedAt > _anyObservedAt ? observedAt : _anyObservedAt;
        return _close(observedAt, newest, active, undoable, 0, draft.waived & ~draft.moved);
    }

    /// @dev Put the tuple of a steward or an automaton in force; the voted one stays on record.
    function _recordSteward(Draft memory draft, uint64 observedAt) internal returns (uint48) {
        uint256[3] memory before = draft.voted;
        uint256 drifted = 0;
        for (uint256 w = 0; w < PackedTuple.WORDS; ++w) {
            uint256 word = draft.next[w];
            if (word == before[w]) continue;
            drifted |= 1 << w;
            if (word != draft.current[w]) _steward[w] = word;
        }
        uint256 stewardMoved = _stewardMoved | draft.moved;
        return _close(_votedObservedAt, observedAt, _active, _undoable, drifted, stewardMoved);
    }

    /// @dev Put the tuple of `_rollbackDraft` in force.
    function _recordRollback(Draft memory draft, bool ofSteward) internal returns (uint48) {
        (uint256 active, uint256 undoable, uint256 stewardMoved) = (_active, _undoable, _stewardMoved);
        if (!ofSteward) {
            (active, undoable, stewardMoved) = (active ^ undoable, 0, stewardMoved & ~draft.moved);
        }
        return _close(_votedObservedAt, _anyObservedAt, active, undoable, 0, stewardMoved);
    }

    /// @dev The tuple in force and the voted one.
    function _tuplesNow() internal view returns (uint256[3] memory current, uint256[3] memory voted_) {
        (uint256 active, uint256 drifted) = (_active, _drifted);
        for (uint256 w = 0; w < PackedTuple.WORDS; ++w) {
            uint256 word = _tuples[(active >> w) & 1][w];
            voted_[w] = word;
            current[w] = (drifted >> w) & 1 == 0 ? word : _steward[w];
        }
    }

    /// @dev Begin a draft: the tuple in force, the voted one, and what it leads to.
    function _begin(Draft memory draft) internal view {
        (draft.current, draft.voted) = _tuplesNow();
        (draft.next[0], draft.next[1], draft.next[2]) = (draft.current[0], draft.current[1], draft.current[2]);
    }

    /// @dev The tuple that was voted before the voted one.
    function _lastGoodWords(uint256[3] memory voted_) internal view returns (uint256[3] memory words) {
        (uint256 active, uint256 undoable) = (_active, _undoable);
        for (uint256 w = 0; w < PackedTuple.WORDS; ++w) {
            words[w] = (undoable >> w) & 1 == 0 ? voted_[w] : _tuples[1 - ((active >> w) & 1)][w];
        }
    }

    /// @dev Where a rollback would go; an empty set of keys where there is nothing to roll back.
    function _rollbackDraft() internal view returns (Draft memory draft, bool ofSteward) {
        (draft.current, draft.voted) = _tuplesNow();
        ofSteward = _drifted != 0;
        draft.next = ofSteward ? draft.voted : _lastGoodWords(draft.voted);
        draft.moved = PackedTuple.differing(draft.current, draft.next);
    }

    /// @dev Write the words of a voted tuple that are new. A vote that re-states the voted tuple keeps the last good
    /// one. Votes of one second, such as the updates of one proposal, are undone as one: else a harmless update behind
    /// a bad one would make the bad tuple the last good.
    function _writeVoted(
        uint256[3] memory before,
        uint256[3] memory next
    ) private returns (uint256 active, uint256 undoable) {
        (active, undoable) = (_active, _undoable);
        uint256 joined = block.timestamp == _votedAt ? undoable : 0;
        uint256 written = 0;
        for (uint256 w = 0; w < PackedTuple.WORDS; ++w) {
            uint256 word = next[w];
            if (word == before[w]) continue;
            written |= 1 << w;
            if ((joined >> w) & 1 == 0) active ^= 1 << w;
            _tuples[(active >> w) & 1][w] = word;
        }
        if (written == 0) return (active, undoable);
        _votedAt = uint40(block.timestamp);
        undoable = joined | written;
    }

    /// @dev Write the small fields, which share one word, at once.
    function _close(
        uint256 votedObservedAt,
        uint256 anyObservedAt,
        uint256 active,
        uint256 undoable,
        uint256 drifted,
        uint256 stewardMoved
    ) private returns (uint48 newVersion) {
        unchecked {
            newVersion = _version + 1; // 2^48 changes are out of reach
        }
        _version = newVersion;
        _votedObservedAt = uint40(votedObservedAt); // not in the future, so it fits
        _anyObservedAt = uint40(anyObservedAt);
        _stewardMoved = uint24(stewardMoved);
        _active = uint8(active);
        _undoable = uint8(undoable);
        _drifted = uint8(drifted);
    }
}
