// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Governed} from "./base/Governed.sol";
import {IHedgeParameters} from "./interfaces/IHedgeParameters.sol";
import {IRegimeAutomation} from "./interfaces/IRegimeAutomation.sol";
import {IVolatilityBreaker} from "./interfaces/IVolatilityBreaker.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";
import {HEDGE_KEYS} from "./libraries/HedgeKeys.sol";
import {MOST_ROWS, RegimeTable} from "./libraries/RegimeTable.sol";

/// @title Parameters that follow volatility by a table the DAO voted
/// @notice See IRegimeAutomation for what it promises, and its known limits.
contract RegimeAutomation is Governed, IRegimeAutomation {
    using RegimeTable for Row[];

    /// @notice Rounds that the oracle keeps.
    uint64 public constant ORACLE_HISTORY = 128;
    /// @notice Where values are set.
    IHedgeParameters public immutable PARAMETERS;
    /// @notice What selects the row.
    IVolatilityOracle public immutable ORACLE;
    /// @notice What must be closed.
    IVolatilityBreaker public immutable BREAKER;

    /// @inheritdoc IRegimeAutomation
    uint8 public row;
    /// @inheritdoc IRegimeAutomation
    bool public stopped = true;
    /// @dev Hysteresis and dwell times, as voted with the table.
    Terms private _terms;
    /// @dev Ids of the keys that the table sets, ascending.
    uint8[] private _keys;
    /// @dev The table, lowest floor first.
    Row[] private _rows;
    /// @dev By number: whether the row moves all of its keys or none.
    bool[MOST_ROWS] private _isWhole;
    /// @dev The newest run that `poke` wrote down; forgotten whenever another row or table holds, so that a walk on one
    /// side of the present row that comes to its round is on its side.
    Checkpoint private _checkpoint;

    /// @param parameters where values are set, and whose roles count here
    /// @param oracle the feed that selects the row
    /// @param breaker the breaker of that feed
    constructor(
        IHedgeParameters parameters,
        IVolatilityOracle oracle,
        IVolatilityBreaker breaker
    ) Governed(address(parameters)) {
        if (breaker.ORACLE() != oracle) revert BreakerOfOtherFeed(address(breaker.ORACLE()), address(oracle));
        (PARAMETERS, ORACLE, BREAKER) = (parameters, oracle, breaker);
    }

    /// @inheritdoc IRegimeAutomation
    function setTable(uint8[] calldata keys_, Row[] calldata rows_, Terms calldata terms_, uint8 row_) external {
        if (!_isDao(msg.sender)) revert OnlyDao(msg.sender);
        RegimeTable.requireTable(keys_, rows_, terms_, row_);
        (_keys, _terms, row, stopped) = (keys_, terms_, row_, false);
        delete _rows;
        delete _checkpoint;
        delete _isWhole;
        for (uint256 i = 0; i < rows_.length; ++i) {
            _rows.push(rows_[i]);
        }
        emit TableSet(keys_, rows_, terms_, row_);
    }

    /// @inheritdoc IRegimeAutomation
    function setWholeRows(uint8[] calldata rows_) external {
        if (!_isDao(msg.sender)) revert OnlyDao(msg.sender);
        delete _isWhole;
        for (uint256 i = 0; i < rows_.length; ++i) {
            if (rows_[i] >= _rows.length) revert UnknownRow(rows_[i], _rows.length);
            _isWhole[rows_[i]] = true;
        }
        emit WholeRowsSet(rows_);
    }

    /// @inheritdoc IRegimeAutomation
    function stop() external {
        if (!_isGuardian(msg.sender)) revert OnlyGuardian(msg.sender);
        stopped = true;
        emit AutomationStopped(msg.sender);
    }

    /// @inheritdoc IRegimeAutomation
    function poke() external {
        if (stopped) revert Stopped();
        Checkpoint memory found = _run(ORACLE.latestRound());
        _checkpoint = found;
        emit RowSelectedSince(found.row, found.since, found.round);
    }

    /// @inheritdoc IRegimeAutomation
    function applyRow() external {
        IVolatilityOracle.Round memory newest = _requireReady();
        (uint8 newRow, IHedgeParameters.Update memory update) = _decide(newest);
        if (newRow != row) delete _checkpoint;
        row = newRow;
        emit RowApplied(newRow, newest.round, newest.volatility, update.keys, update.values);
        if (update.keys.length != 0) PARAMETERS.applyAutomated(update);
    }

    /// @inheritdoc IRegimeAutomation
    function preview() external view returns (uint8 newRow, IHedgeParameters.Update memory update) {
        return _decide(_requireReady());
    }

    /// @inheritdoc IRegimeAutomation
    function isWhole(uint8 row_) external view returns (bool) {
        if (row_ >= _rows.length) revert UnknownRow(row_, _rows.length);
        return _isWhole[row_];
    }

    /// @inheritdoc IRegimeAutomation
    function checkpoint() external view returns (Checkpoint memory) {
        return _checkpoint;
    }

    /// @inheritdoc IRegimeAutomation
    function table() external view returns (uint8[] memory keys, Row[] memory rows, Terms memory terms) {
        return (_keys, _rows, _terms);
    }

    function _requireReady() private view returns (IVolatilityOracle.Round memory newest) {
        if (stopped) revert Stopped();
        BREAKER.requireClosed();
        return ORACLE.latestRound();
    }

    function _decide(
        IVolatilityOracle.Round memory newest
    ) private view returns (uint8 newRow, IHedgeParameters.Update memory update) {
        newRow = uint8(_dwelt(newest)); // below MOST_ROWS
        (update.keys, update.values) = _step(newRow);
        if (update.keys.length == 0 && newRow == row) revert NothingToApply(row);
        update.observedAt = newest.observedAt;
        update.expiry = uint64(block.timestamp) + 1; // it is applied now; an expiry must follow the observation
        update.inputsHash = keccak256(abi.encode(ORACLE, newest.round, newest.volatility, newRow));
    }

    /// @dev The row that every answer over the dwell time allows: of the rows they select, the nearest to the
    /// present one. The walk goes back to the answer in force when that time began. Where the oracle's rounds end
    /// before it, a checkpoint that it came past speaks for the rest.
    function _dwelt(IVolatilityOracle.Round memory newest) private view returns (uint256 chosen) {
        (uint256 present, uint64 hysteresis) = (row, _terms.hysteresis);
        chosen = _rows.select(hysteresis, newest.volatility, present);
        if (chosen == present) return present;
        bool isUp = chosen > present;
        uint256 began = block.timestamp - (isUp ? _terms.dwellUp : _terms.dwellDown);
        uint64 maxGap = ORACLE.maxAge();
        (Checkpoint memory last, bool isProven) = (_checkpoint, false);
        IVolatilityOracle.Round memory round = newest;
        while (true) {
            if (!isUp && round.flags != 0) revert FlaggedRound(round.round, round.flags);
            uint256 selected = _rows.select(hysteresis, round.volatility, present);
            chosen = _nearer(isUp, chosen, selected);
            if (isUp ? chosen <= present : chosen >= present) return present;
            if (round.submittedAt <= began) return chosen; // an answer counts from when it came on chain
            isProven = isProven || (last.since <= began && last.round == round.round);
            if (isProven && _isOldest(round, newest)) return _nearer(isUp, chosen, last.row);
            round = _before(round, maxGap, uint64(began));
        }
    }

    /// @dev The round before, which must exist and lie within the feed's age limit.
    function _before(
        IVolatilityOracle.Round memory round,
        uint64 maxGap,
        uint64 began
    ) private view returns (IVolatilityOracle.Round memory previous) {
        if (round.round == 1) revert HistoryTooShort(round.submittedAt, began);
        previous = ORACLE.roundAt(round.round - 1);
        uint64 gap = round.observedAt - previous.observedAt;
        if (gap > maxGap) revert FeedGap(round.round, gap);
    }

    /// @dev The run of answers up to the newest one: it goes back while they select a row beyond the present one on the
    /// same side, none is flagged on the way down, and no gap or end of the oracle's rounds comes between.
    function _run(IVolatilityOracle.Round memory newest) private view returns (Checkpoint memory run) {
        (uint256 present, Checkpoint memory last) = (row, _checkpoint);
        bool isUp = _select(newest) > present;
        IVolatilityOracle.Round memory round = newest;
        while (_isBeyond(round, isUp)) {
            uint256 nearest = run.round == 0 ? _select(round) : _nearer(isUp, run.row, _select(round));
            run = Checkpoint(uint8(nearest), round.submittedAt, newest.round); // below MOST_ROWS
            if (last.round == round.round) {
                (run.row, run.since) = (uint8(_nearer(isUp, run.row, last.row)), last.since);
                return run;
            }
            if (round.round == 1 || _isOldest(round, newest)) return run;
            IVolatilityOracle.Round memory previous = ORACLE.roundAt(round.round - 1);
            if (round.observedAt - previous.observedAt > ORACLE.maxAge()) return run;
            round = previous;
        }
    }

    /// @dev Whether the oracle keeps no round before this one.
    function _isOldest(
        IVolatilityOracle.Round memory round,
        IVolatilityOracle.Round memory newest
    ) private pure returns (bool) {
        return newest.round - round.round == ORACLE_HISTORY - 1;
    }

    /// @dev Whether an answer proves a row on one side of the present one.
    function _isBeyond(IVolatilityOracle.Round memory round, bool isUp) private view returns (bool) {
        if (!isUp && round.flags != 0) return false;
        return isUp ? _select(round) > row : _select(round) < row;
    }

    /// @dev The row that an answer selects.
    function _select(IVolatilityOracle.Round memory round) private view returns (uint256) {
        return _rows.select(_terms.hysteresis, round.volatility, row);
    }

    /// @dev Of two rows on one side of the present one, the nearer.
    function _nearer(bool isUp, uint256 one, uint256 other) private pure returns (uint256) {
        return isUp ? Math.min(one, other) : Math.max(one, other);
    }

    /// @dev The keys that may move now and are not yet where a row wants them, and one step towards it. A key that its
    /// window or its bounds hold back does not hold back the others, unless the row moves all of its keys or none.
    function _step(uint256 newRow) private view returns (uint8[] memory keys, uint32[] memory values) {
        uint32[] memory wanted = _rows[newRow].values;
        (keys, values) = (new uint8[](wanted.length), new uint32[](wanted.length));
        uint32[HEDGE_KEYS] memory current = PARAMETERS.values();
        uint256 count = 0;
        for (uint256 i = 0; i < wanted.length; ++i) {
            uint8 key = _keys[i];
            if (wanted[i] == current[key]) continue;
            bool rests = block.timestamp < PARAMETERS.readyAt(key, IHedgeParameters.Source.Automation);
            uint32 value = rests ? current[key] : _towards(key, current[key], wanted[i]);
            if (_isWhole[newRow] && value != wanted[i]) revert RowNotWhole(uint8(newRow), key, value, wanted[i]);
            if (value == current[key]) continue;
            (keys[count], values[count]) = (key, value);
            ++count;
        }
        // Both arrays end after `count`, which Solidity cannot say; what is behind stays allocated and unused.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(keys, count)
            mstore(values, count)
        }
    }

    /// @dev One step of a key towards a value, as far as its bounds and, until it ends, its window let it.
    function _towards(uint8 key, uint32 from, uint32 to) private view returns (uint32) {
        IHedgeParameters.Limits memory limit = PARAMETERS.limits(key);
        IHedgeParameters.Window memory window = PARAMETERS.window(key);
        bool isOpen = block.timestamp < window.endsAt;
        if (to > from) {
            uint256 most = Math.min(uint256(from) + limit.stepUp, isOpen ? window.most : limit.max);
            return uint32(Math.max(from, Math.min(to, most)));
        }
        uint256 least = Math.max(Math.saturatingSub(from, limit.stepDown), isOpen ? window.least : limit.min);
        return uint32(Math.min(from, Math.max(to, least)));
    }
}
