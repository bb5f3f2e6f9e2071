// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Derisk, HEDGE_KEYS} from "../libraries/HedgeKeys.sol";
import {IHedgeParametersErrors} from "./IHedgeParametersErrors.sol";

/// @title The governed numbers of the three hedge layers and of the overlay
/// @notice Integers by id (see `describe`) that a DAO votes on. A change is a whole update: keys and values that belong
/// together, when their inputs were observed, when they expire, and a hash of those inputs. Whoever makes it, each
/// value stays inside its bounds, each change inside its step, each key rests for its cooldown and drifts by at most
/// three of its steps up or down in a window of seven days, and the tuple that results obeys the rules across keys.
///
/// Four roles, no two of them on one account. The DAO (DEFAULT_ADMIN_ROLE, a timelock) changes values and limits and
/// ends a pause. The steward (STEWARD_ROLE) changes values after a delay in which the guardian can veto. The guardian
/// (GUARDIAN_ROLE) pauses, suspends the steward, vetoes, and rolls back to values that were voted; it can set nothing.
/// The automation (AUTOMATION_ROLE, a contract such as RegimeAutomation that the DAO names by a vote; nobody at first)
/// changes values by the steward's rules, with no delay of its own here: the contract that holds the role must bring
/// the delay and what may be set.
/// @dev Pausing is OpenZeppelin's Pausable: while paused, `check` and every update give EnforcedPause(). Rolling back
/// and setting limits stay possible.
///
/// Known limits. The hash of inputs is a pointer for people and monitors; the contract cannot verify it. A vote judges
/// the tuple that results from it, and what a steward changed before it and the vote left alone counts as voted from
/// then on. A steward's legal step can make a pending vote's step, its bounds or the rules across keys fail; the
/// guardian's rollback restores the voted values. A proposal that changes a value and then narrows its bounds leaves no
/// way back to the value before: that rollback is refused. Any seven days touch at most two windows of a key, and one
/// more for each rollback, so without one its lowest and highest value in them are at most nine steps apart (down three
/// and up six in one window, up three in the next); over many windows it reaches any value inside the bounds. A
/// majority that votes wider steps first reaches any of them as soon as the key has rested: the outer bounds hold then.
/// A guardian can undo every vote once, pause for as long as it likes, and cancel any proposal, the one that would name
/// another guardian included: a hostile guardian Safe can stall the DAO, but can set nothing.
interface IHedgeParameters is IHedgeParametersErrors {
    /// @notice Who makes a change; the DAO differs from the other two in order and cooldown (see `check`).
    enum Source {
        Dao,
        Steward,
        Automation
    }

    /// @notice What became of a steward's announcement: an applied one is forgotten, one that lapsed may be announced
    /// anew.
    enum ScheduleStatus {
        None,
        Waiting,
        Vetoed,
        Lapsed
    }

    /// @notice A change of parameters on its way.
    /// @param keys strictly ascending ids
    /// @param values new values, in the unit of their key
    /// @param observedAt when the inputs were observed, unix seconds
    /// @param expiry last second at which the update may be applied, at most 90 days after the observation
    /// @param inputsHash hash of the inputs that the values were computed from
    struct Update {
        uint8[] keys;
        uint32[] values;
        uint64 observedAt;
        uint64 expiry;
        bytes32 inputsHash;
    }

    /// @notice What a key may do.
    /// @param min lowest value, inside the key's outer bounds
    /// @param max highest value, inside the key's outer bounds
    /// @param stepUp largest rise in one update, above zero
    /// @param stepDown largest fall in one update, above zero
    /// @param cooldown seconds that must pass after a change of the key, one hour to 90 days
    struct Limits {
        uint32 min;
        uint32 max;
        uint32 stepUp;
        uint32 stepDown;
        uint32 cooldown;
    }

    /// @notice The window in which a key's drift is bounded. A change after its end begins the next one at the value in
    /// force before it.
    /// @param start the value with which it began
    /// @param least lowest value, inside the key's bounds, that a fall may lead to before it ends
    /// @param most highest one that a rise may lead to
    /// @param endsAt when it ends, unix seconds
    struct Window {
        uint32 start;
        uint32 least;
        uint32 most;
        uint64 endsAt;
    }

    // ---------------------------------------------------------------- events
    /// @notice The contract was created with this tuple, which is version 1 and counts as voted and as updated now.
    /// @param firstValues in key order
    /// @param stewardDelay seconds between a steward's announcement and its effect
    event Genesis(uint32[HEDGE_KEYS] firstValues, uint32 stewardDelay);
    /// @notice An update took effect. What the keys were before follows from the events before.
    /// @param version number of the tuple that is in force from now on
    /// @param source who made it
    /// @param inputsHash hash of the inputs that the values were computed from
    /// @param changedKeys ids of the keys, ascending
    /// @param newValues their values, in the order of the keys
    /// @param observedAt when those inputs were observed, unix seconds
    event UpdateApplied(
        uint64 indexed version,
        Source indexed source,
        bytes32 indexed inputsHash,
        uint8[] changedKeys,
        uint32[] newValues,
        uint64 observedAt
    );
    /// @notice A steward's update waits until `readyAt`; the guardian may veto it.
    /// @param updateHash its name, see `hashUpdate`
    /// @param readyAt first second at which it may be applied, unix seconds
    /// @param update keys, values, times and the hash of its inputs
    event UpdateScheduled(bytes32 indexed updateHash, uint64 readyAt, Update update);
    /// @notice A scheduled update was applied and waits no longer.
    /// @param updateHash its name, see `hashUpdate`
    /// @param version number of the tuple that it put in force
    event UpdateReleased(bytes32 indexed updateHash, uint64 indexed version);
    /// @notice The guardian refused a scheduled update for good.
    /// @param updateHash its name, see `hashUpdate`
    /// @param guardian who it was
    event UpdateVetoed(bytes32 indexed updateHash, address indexed guardian);
    /// @notice The guardian refused everything that had been announced until then, for good.
    /// @param guardian who it was
    event AllVetoed(address indexed guardian);
    /// @notice The steward can neither announce nor apply from now on.
    /// @param guardian who it was
    event StewardSuspended(address indexed guardian);
    /// @notice The DAO let the steward go on.
    event StewardResumed();
    /// @notice The guardian went back to voted values.
    /// @param version number of the tuple that is in force from now on
    /// @param guardian who it was
    /// @param ofSteward true: changes of a steward or an automation were undone; false: the last vote was undone
    /// @param oldValues the tuple before, in key order
    /// @param newValues the tuple in force from now on, in key order
    event RolledBack(
        uint64 indexed version,
        address indexed guardian,
        bool ofSteward,
        uint32[HEDGE_KEYS] oldValues,
        uint32[HEDGE_KEYS] newValues
    );
    /// @notice A key got new limits, and its cooldown started again.
    /// @param key id of the key
    /// @param limits its limits from now on
    event LimitsSet(uint8 indexed key, Limits limits);

    // ---------------------------------------------------------------- the DAO
    /// @notice Apply an update. DAO only.
    /// @dev Reverts with exactly the bytes that `check(update, Source.Dao, block.timestamp)` returns.
    /// @param update keys, values, times and the hash of its inputs
    function applyUpdate(Update calldata update) external;

    /// @notice Replace a key's limits. DAO only.
    /// @dev The value in force and the voted one must lie inside, so that a steward can be rolled back, and the bounds
    /// inside `outerBounds`. The key then rests for the longer of its old and its new cooldown, so that nobody can set
    /// a short one and use wide steps before they were seen; a proposal that changes a value and narrows its bounds
    /// changes the value first.
    /// @param key id of the key
    /// @param newLimits bounds, steps and cooldown from now on
    function setLimits(uint8 key, Limits calldata newLimits) external;

    /// @notice End a pause. DAO only.
    function unpause() external;

    /// @notice Let a suspended steward go on. DAO only. What it announced before and what has not lapsed may be applied
    /// again.
    function resumeSteward() external;

    // ---------------------------------------------------------------- the steward
    /// @notice Announce an update, to be applied when STEWARD_DELAY has passed. Steward only.
    /// @dev Reverts with exactly the bytes that `check(update, Source.Steward, block.timestamp + STEWARD_DELAY)`
    /// returns.
    /// @param update keys, values, times and the hash of its inputs
    /// @return updateHash names it for a veto
    function scheduleUpdate(Update calldata update) external returns (bytes32 updateHash);

    /// @notice Apply an update whose delay has passed, at most SCHEDULE_LIFE ago, and that was not vetoed. Steward
    /// only. It is checked again.
    /// @param update keys, values, times and the hash of its inputs
    function applyScheduled(Update calldata update) external;

    // ---------------------------------------------------------------- the automation
    /// @notice Apply an update at once, by the steward's rules of order and cooldown. Automation only. For rollbacks it
    /// counts as a steward's change: the guardian undoes it without a vote.
    /// @dev Reverts with exactly the bytes that `check(update, Source.Automation, block.timestamp)` returns.
    /// @param update keys, values, times and the hash of its inputs
    function applyAutomated(Update calldata update) external;

    // ---------------------------------------------------------------- the guardian
    /// @notice Refuse a scheduled update for good. Guardian only.
    /// @param updateHash name of an update that waits
    function veto(bytes32 updateHash) external;

    /// @notice Refuse everything that was announced and not yet applied, for good. Guardian only.
    function vetoAll() external;

    /// @notice Let the steward neither announce nor apply until the DAO ends it. Guardian only.
    /// @dev Votes, the automation and rollbacks go on. `check` gives StewardIsSuspended() for a steward meanwhile. What
    /// was announced before is not refused by it; it lapses as always.
    function suspendSteward() external;

    /// @notice Stop every update until the DAO ends it. Guardian only.
    function pause() external;

    /// @notice Put keys back to voted values, also while paused. Guardian only.
    /// @dev If a steward changed any of these keys since the last vote, their voted values are restored. Otherwise the
    /// values that were voted before (`lastGood`) are restored and become the voted ones; once all are, nothing is left
    /// to roll back until the next vote. A key that was de-risked since, see `derisk`, keeps its value unless
    /// `alsoDerisked`, and does not count as changed: so a bad key goes back without the protection that others gained.
    /// Steps and cooldowns do not apply; today's bounds and the rules across keys do, and a tuple that breaks one is
    /// refused with that error: then name the keys that belong together. Each key that changes begins a new window at
    /// the restored value. Undoing a vote starts the cooldown of the keys that change; undoing a steward starts it for
    /// the steward alone, so that the DAO never waits because of a steward. Where the DAO set a key's limits after the
    /// steward moved it, the cooldown of those limits goes on for both.
    /// @param keys ids of the keys, in any order
    /// @param alsoDerisked whether de-risked keys go back too
    function rollback(uint8[] calldata keys, bool alsoDerisked) external;

    // ---------------------------------------------------------------- judging
    /// @notice The first rule that an update breaks, as the encoded custom error; empty when it breaks none.
    /// @dev Order and cooldown by source: a DAO update must be observed after the last DAO update, and waits for the
    /// cooldown that a vote, the rollback of a vote or new limits of the key started last; a steward's and an
    /// automation's must be observed after the last update from any source, and wait for any cooldown of the key. So
    /// a steward never overrides newer data, and its cooldowns never hold up a vote. A vote may also confirm a value
    /// that a steward set; otherwise a key must change.
    /// @param update keys, values, times and the hash of its inputs
    /// @param source who would apply it
    /// @param at when it would be applied, unix seconds
    function check(Update calldata update, Source source, uint64 at) external view returns (bytes memory reason);

    /// @notice Revert with the first rule that an update breaks: what `check` and every setter ask.
    /// @param update keys, values, times and the hash of its inputs
    /// @param source who would apply it
    /// @param at when it would be applied, unix seconds
    function judge(Update calldata update, Source source, uint64 at) external view;

    /// @notice First second at which a key's cooldown lets this source change it.
    /// @param key id of the key
    /// @param source who would change the key
    function readyAt(uint8 key, Source source) external view returns (uint64);

    /// @notice The hash under which an update is scheduled and vetoed.
    /// @param update keys, values, times and the hash of its inputs
    function hashUpdate(Update calldata update) external pure returns (bytes32);

    /// @notice What became of an update that the steward announced, and from when on it may be applied, unix seconds.
    /// @param updateHash name of an update, see `hashUpdate`
    function scheduled(bytes32 updateHash) external view returns (ScheduleStatus status, uint64 ready);

    // ---------------------------------------------------------------- reading
    /// @notice All values in force, in key order.
    function values() external view returns (uint32[HEDGE_KEYS] memory);

    /// @notice One value in force.
    /// @param key id of the key
    function value(uint8 key) external view returns (uint32);

    /// @notice The tuple as the last vote left it; differs from `values` only by what a steward changed since.
    function voted() external view returns (uint32[HEDGE_KEYS] memory);

    /// @notice The tuple that was voted before: where a rollback of the last vote goes. Equal to `voted` when there is
    /// none. Updates that the DAO applies in one second, such as those of one proposal, are one vote.
    function lastGood() external view returns (uint32[HEDGE_KEYS] memory);

    /// @notice Limits of one key.
    /// @param key id of the key
    function limits(uint8 key) external view returns (Limits memory);

    /// @notice Limits of all keys, in key order.
    function allLimits() external view returns (Limits[HEDGE_KEYS] memory);

    /// @notice When the last cooldown of each key ends, unix seconds; see `readyAt` for whom it binds.
    function restsUntil() external view returns (uint32[HEDGE_KEYS] memory);

    /// @notice The window of one key.
    /// @param key id of the key
    function window(uint8 key) external view returns (Window memory);

    /// @notice The windows of all keys, in key order.
    function windows() external view returns (Window[HEDGE_KEYS] memory);

    /// @notice Counts the tuples that were in force; the first is 1.
    function version() external view returns (uint64);

    /// @notice Whether the guardian suspended the steward.
    function stewardSuspended() external view returns (bool);

    /// @notice Newest observation among applied updates from any source; 0 before the first.
    function lastObservedAt() external view returns (uint64);

    /// @notice Newest observation among applied updates of the DAO; 0 before the first.
    function lastVotedObservedAt() external view returns (uint64);

    /// @notice Bounds of a key that are fixed in the code: limits stay inside them, whatever is voted.
    /// @param key id of the key
    function outerBounds(uint8 key) external pure returns (uint32 least, uint32 most);

    /// @notice Which way a key takes risk away from who provides liquidity: less that is sold or goes unhedged, or more
    /// that may be spent on protection.
    /// @param key id of the key
    function derisk(uint8 key) external pure returns (Derisk);

    /// @notice Name and unit of a key.
    /// @param key id of the key
    function describe(uint8 key) external pure returns (string memory name, string memory unit);
}
