// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Lanes} from "../libraries/Lanes.sol";

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
    using Lanes for uint256;

    /// @dev A tuple on its way.
    /// @param current the tuple in force
    /// @param next the tuple that would be
    /// @param oldValues values in force of the keys that are written, in the order of the update
    /// @param moved the set of keys that are written
    /// @param waived the set of keys that need not wait for their cooldown: for a vote, those that a steward moved
    struct Draft {
        uint256[3] current;
        uint256[3] next;
        uint32[] oldValues;
        uint256 moved;
        uint256 waived;
    }

    /// @dev The bit of _active that tells which of _votedHash belongs to the voted tuple.
    uint256 private constant _HASH = 1 << Lanes.WORDS;

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
    uint8 private _active;
    uint8 private _undoable;
    uint8 private _drifted;
    /// @dev Whether a steward made the tuple in force.
    bool private _stewardLast;

    uint256[3][2] private _tuples;
    uint256[3] private _steward;
    /// @dev When each key's cooldown last started: unix seconds, which uint32 holds until the year 2106.
    uint256[3] private _updatedAt;
    /// @dev Hashes of inputs of the voted and of the last good tuple.
    bytes32[2] private _votedHash;
    bytes32 private _stewardHash;

    /// @dev Put the first tuple in force; it counts as voted and as changed now.
    function _recordGenesis(uint256[3] memory words) internal {
        _tuples[0] = words;
        _version = 1;
        _stamp(Lanes.ALL);
    }

    /// @dev Put a voted tuple in force. A vote that re-states the voted tuple keeps the last good one.
    function _recordVote(Draft memory draft, uint64 observedAt, bytes32 inputsHash) internal returns (uint48) {
        (uint256[3] memory next, uint256[3] memory before) = (draft.next, _votedWords(draft.current));
        uint256 active = _active;
        uint256 undoable = 0;
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            uint256 word = next[w];
            if (word == before[w]) continue;
            active ^= 1 << w;
            undoable |= 1 << w;
            _tuples[(active >> w) & 1][w] = word;
        }
        if (undoable == 0) undoable = _undoable;
        else active ^= _HASH;
        _votedHash[active >> Lanes.WORDS] = inputsHash;
        _stamp(draft.moved);
        uint256 newest = observedAt > _anyObservedAt ? observedAt : _anyObservedAt;
        return _close(observedAt, newest, active, undoable, 0, draft.waived & ~draft.moved, false);
    }

    /// @dev Put a steward's tuple in force; the voted one stays on record.
    function _recordSteward(Draft memory draft, uint64 observedAt, bytes32 inputsHash) internal returns (uint48) {
        uint256[3] memory before = _votedWords(draft.current);
        uint256 drifted = 0;
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            uint256 word = draft.next[w];
            if (word == before[w]) continue;
            drifted |= 1 << w;
            if (word != draft.current[w]) _steward[w] = word;
        }
        _stewardHash = inputsHash;
        _stamp(draft.moved);
        uint256 stewardMoved = _stewardMoved | draft.moved;
        return _close(_votedObservedAt, observedAt, _active, _undoable, drifted, stewardMoved, true);
    }

    /// @dev Put the tuple of `_rollbackDraft` in force.
    function _recordRollback(Draft memory draft, bool ofSteward) internal returns (uint48) {
        _stamp(draft.moved);
        (uint256 active, uint256 undoable, uint256 stewardMoved) = (_active, _undoable, _stewardMoved);
        if (!ofSteward) {
            (active, undoable, stewardMoved) = (active ^ undoable ^ _HASH, 0, stewardMoved & ~draft.moved);
        }
        return _close(_votedObservedAt, _anyObservedAt, active, undoable, 0, stewardMoved, false);
    }

    /// @dev Start the cooldown of a set of keys.
    function _stamp(uint256 keys) internal {
        unchecked {
            for (uint256 w = 0; keys != 0; ++w) {
                uint256 lanes = keys & 0xff;
                if (lanes != 0) _updatedAt[w] = _updatedAt[w].fill(lanes, uint32(block.timestamp));
                keys >>= 8;
            }
        }
    }

    /// @dev The tuple in force.
    function _current() internal view returns (uint256[3] memory words) {
        (uint256 active, uint256 drifted) = (_active, _drifted);
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            words[w] = (drifted >> w) & 1 == 0 ? _tuples[(active >> w) & 1][w] : _steward[w];
        }
    }

    /// @dev Begin a draft: the tuple in force, twice.
    function _begin(Draft memory draft) internal view {
        uint256[3] memory words = _current();
        draft.current = words;
        (draft.next[0], draft.next[1], draft.next[2]) = (words[0], words[1], words[2]);
    }

    /// @dev The voted tuple, given the one in force.
    function _votedWords(uint256[3] memory current) internal view returns (uint256[3] memory words) {
        (uint256 active, uint256 drifted) = (_active, _drifted);
        if (drifted == 0) return current;
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            words[w] = (drifted >> w) & 1 == 0 ? current[w] : _tuples[(active >> w) & 1][w];
        }
    }

    /// @dev The tuple that was voted before the voted one.
    function _lastGoodWords(uint256[3] memory current) internal view returns (uint256[3] memory words) {
        uint256[3] memory before = _votedWords(current);
        (uint256 active, uint256 undoable) = (_active, _undoable);
        for (uint256 w = 0; w < Lanes.WORDS; ++w) {
            words[w] = (undoable >> w) & 1 == 0 ? before[w] : _tuples[1 - ((active >> w) & 1)][w];
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

    /// @dev When one key's cooldown last started.
    function _stampOf(uint256 key) internal view returns (uint32) {
        return _updatedAt[key >> 3].lane(key);
    }

    function _inputsHash() internal view returns (bytes32) {
        return _stewardLast ? _stewardHash : _votedHash[_active >> Lanes.WORDS];
    }

    /// @dev Write the small fields, which share one word, at once.
    function _close(
        uint256 votedObservedAt,
        uint256 anyObservedAt,
        uint256 active,
        uint256 undoable,
        uint256 drifted,
        uint256 stewardMoved,
        bool stewardLast
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
        _stewardLast = stewardLast;
    }
}
