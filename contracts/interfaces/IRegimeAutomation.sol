// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParameters} from "./IHedgeParameters.sol";

/// @title Parameters that follow volatility by a table the DAO voted
/// @notice A row holds from its floor of volatility up to the next one's. Rows are ordered by volatility; the DAO puts
/// the more careful values into the higher rows. Anyone may apply the row that the oracle selects:
///
/// - to a higher row when every answer of the last `dwellUp` seconds is at its floor plus the hysteresis or above;
/// - to a lower row when every answer of the last `dwellDown` seconds is below the present floor minus the
///   hysteresis, and none of them is flagged. This takes a day at least, in which people see it coming.
///
/// An answer counts from when it came on chain, so that reports that were held back cannot make up for time.
///
/// Values move towards the row's by one step of HedgeParameters at a time, through all of its limits (bounds, steps,
/// cooldowns, window, rules across keys); a key that still rests, or that its window or bounds hold back, is left for
/// later. Nothing happens while the breaker is tripped, while implied and realised volatility are apart, or after the
/// guardian stopped it.
/// @dev Known limits. Keys of the table belong to the table: what a steward or a vote changes there is moved back at
/// the next application, which needs no dwell while the row that holds is still selected. A guardian who rolls back
/// what this contract did stops it first, else it is done again when the keys have rested. A table that was voted
/// before the stop and is executed after it ends the stop: the guardian cancels such proposals too. A step of several
/// keys may break a rule across keys half-way; then it reverts with that rule until the table, or a vote, changes. Each
/// application makes what a steward announced before too old (NotNewer), in whatever keys: the steward announces it
/// again. Automation has no power until the DAO grants it AUTOMATION_ROLE on HedgeParameters.
interface IRegimeAutomation {
    /// @notice A row of the table.
    /// @param floor lowest volatility of the row, 8 decimals; of the first row 0
    /// @param values one per key of the table
    struct Row {
        uint64 floor;
        uint32[] values;
    }

    /// @notice How slowly the table is followed.
    /// @param hysteresis distance beyond a floor that a change of row takes, 8 decimals
    /// @param dwellUp seconds that volatility must stay beyond it for a higher row, an hour or more
    /// @param dwellDown the same for a lower row, a day or more
    struct Terms {
        uint64 hysteresis;
        uint32 dwellUp;
        uint32 dwellDown;
    }

    /// @notice A run of answers that all select a row beyond the one that holds, written down: so a feed with more
    /// rounds in a dwell time than it keeps proves that time too. All zero where the newest answer selects the row that
    /// holds.
    /// @param row the row of the run that is nearest to the one that holds: every answer selects it, or one beyond it
    /// @param since when the first answer of the run came on chain, unix seconds
    /// @param round the newest round that was looked at
    struct Checkpoint {
        uint8 row;
        uint64 since;
        uint64 round;
    }

    /// @notice Only the DAO, that is an admin of HedgeParameters, may do this.
    /// @param caller who tried
    error OnlyDao(address caller);
    /// @notice Only the guardian of HedgeParameters may do this.
    /// @param caller who tried
    error OnlyGuardian(address caller);
    /// @notice The breaker compares another feed than the one that selects the row.
    /// @param theirs feed of the breaker
    /// @param ours feed of the automation
    error BreakerOfOtherFeed(address theirs, address ours);
    /// @notice The guardian stopped it, or no table was voted yet.
    error Stopped();
    /// @notice A table has 2 to 16 rows.
    /// @param rows how many there are
    error BadRowCount(uint256 rows);
    /// @notice The first row must start at 0, and each next one more than two hysteresis above the one before.
    /// @param row its number, from 0
    /// @param floor where it starts, 8 decimals
    /// @param least where it may start at the lowest, 8 decimals
    error BadFloor(uint256 row, uint64 floor, uint256 least);
    /// @notice A row does not have one value for each key of the table, or there are no keys.
    /// @param row its number, from 0
    /// @param values how many values it has
    /// @param keys how many keys the table has
    error BadRowLength(uint256 row, uint256 values, uint256 keys);
    /// @notice Keys of a table are ids of HedgeParameters, strictly ascending.
    /// @param index its place among the keys, from 0
    /// @param key the id
    error BadKey(uint256 index, uint8 key);
    /// @notice The dwell times are too short or too long, or the one down is shorter than the one up. Seconds.
    /// @param dwellUp asked for on the way up
    /// @param dwellDown asked for on the way down
    error BadDwell(uint32 dwellUp, uint32 dwellDown);
    /// @notice There is no such row.
    /// @param row the number asked for
    /// @param rows how many there are
    error UnknownRow(uint8 row, uint256 rows);
    /// @notice The oracle's rounds do not reach back over the dwell time.
    /// @param oldestSubmittedAt when the oldest round came on chain, unix seconds
    /// @param needed when the dwell time began, unix seconds
    error HistoryTooShort(uint64 oldestSubmittedAt, uint64 needed);
    /// @notice Two rounds of the oracle are further apart than its age limit: what was between is unknown. Seconds.
    /// @param round the later of the two
    /// @param gap between the two
    error FeedGap(uint64 round, uint64 gap);
    /// @notice A flagged answer, clamped or without an anchor, does not prove that volatility is low.
    /// @param round its number
    /// @param flags see `IVolatilityOracle.Round`
    error FlaggedRound(uint64 round, uint8 flags);
    /// @notice The row moves all of its keys or none, and this one cannot reach its value in one step now.
    /// @param row its number
    /// @param key id of the key
    /// @param reach as far as it may go now
    /// @param wanted its value in the row
    error RowNotWhole(uint8 row, uint8 key, uint32 reach, uint32 wanted);
    /// @notice The row holds, and every key of it that may move now has its value, or is as near to it as limits
    /// let it be.
    /// @param row the row that holds
    error NothingToApply(uint8 row);

    /// @notice The DAO voted a table, and says which row holds now.
    /// @param tableKeys ids of HedgeParameters
    /// @param rows values for each band of volatility, lowest first
    /// @param terms how slowly it is followed
    /// @param row the row that holds now
    event TableSet(uint8[] tableKeys, Row[] rows, Terms terms, uint8 row);
    /// @notice The DAO voted which rows move all of their keys or none.
    /// @param rows their numbers
    event WholeRowsSet(uint8[] rows);
    /// @notice A row was applied, as far as one step goes.
    /// @param row the row that holds from now on
    /// @param round the oracle's newest round
    /// @param volatility its answer, annual, 8 decimals
    /// @param changedKeys ids of the keys that moved; none where only the row changed
    /// @param newValues their values, in the order of the keys
    event RowApplied(
        uint8 indexed row, uint64 indexed round, uint64 volatility, uint8[] changedKeys, uint32[] newValues
    );
    /// @notice A run of answers was looked at; all zero where there is none.
    /// @param row every answer of it selects this row, or one beyond it
    /// @param since when its first answer came on chain, unix seconds
    /// @param round the newest round that was looked at
    event RowSelectedSince(uint8 row, uint64 since, uint64 round);
    /// @notice The guardian stopped it.
    /// @param guardian who it was
    event AutomationStopped(address indexed guardian);

    /// @notice Vote a table, which also ends a stop. DAO only.
    /// @param keys_ ids of HedgeParameters, strictly ascending
    /// @param rows_ values for each band of volatility, lowest first
    /// @param terms_ how slowly it is followed
    /// @param row_ the row that holds now
    function setTable(uint8[] calldata keys_, Row[] calldata rows_, Terms calldata terms_, uint8 row_) external;

    /// @notice Say which rows of the table move all of their keys in one update, or none. DAO only; a new table has no
    /// such row.
    /// @dev For values that make sense together alone. Such a row waits until each key that differs may reach its value
    /// in one step; until then `applyRow` reverts with RowNotWhole, and the row before holds.
    /// @param rows_ their numbers, from 0
    function setWholeRows(uint8[] calldata rows_) external;

    /// @notice Stop until the DAO votes a table again. Guardian only.
    function stop() external;

    /// @notice Write down since when the oracle's answers select a row beyond the one that holds. Anyone may.
    /// @dev Needed where more than 128 rounds come in a dwell time: then at least once in 128 rounds. It looks back to
    /// the last checkpoint, or as far as the oracle's rounds reach. Where an answer of the run selected a nearer row,
    /// that row is proven alone, and the next one takes another dwell.
    function poke() external;

    /// @notice Apply the row that the oracle selects, as far as one step goes. Anyone may.
    function applyRow() external;

    /// @notice What `applyRow` would do now: the row, and the update that it would make (no keys: only the row
    /// changes). Its `check` says whether HedgeParameters accepts that update.
    function preview() external view returns (uint8 newRow, IHedgeParameters.Update memory update);

    /// @notice The row that holds.
    function row() external view returns (uint8);

    /// @notice Whether a row moves all of its keys in one update, or none.
    /// @param row_ its number
    function isWhole(uint8 row_) external view returns (bool);

    /// @notice The newest checkpoint, see `poke`.
    function checkpoint() external view returns (Checkpoint memory);

    /// @notice Whether it is stopped.
    function stopped() external view returns (bool);

    /// @notice The table.
    function table() external view returns (uint8[] memory keys, Row[] memory rows, Terms memory terms);
}
