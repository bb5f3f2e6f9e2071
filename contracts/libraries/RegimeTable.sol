// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRegimeAutomation as I} from "../interfaces/IRegimeAutomation.sol";
import {HEDGE_KEYS} from "./HedgeKeys.sol";

/// @dev Most rows: more bands than anyone needs, and few enough to loop over. Outside of the library because Solidity
/// takes no member of one as the length of an array.
uint8 constant MOST_ROWS = 16;

/// @title A table of rows by volatility
/// @notice Which row a volatility selects, from the row that holds, and whether a table makes sense.
library RegimeTable {
    /// @dev Shortest dwell on the way up, in seconds: two rounds of an hourly feed that is on time; one that is an hour
    /// old, where the next is late.
    uint32 internal constant MIN_DWELL_UP = 1 hours;
    /// @dev Shortest dwell on the way down, in seconds: as long as a steward's announcement by default.
    uint32 internal constant MIN_DWELL_DOWN = 1 days;
    /// @dev Longest dwell, in seconds: the oracle keeps five days of hourly rounds.
    uint32 internal constant MAX_DWELL = 5 days;

    /// @dev The row that a volatility selects: the present one, unless it is beyond a floor by the hysteresis.
    function select(
        I.Row[] storage rows,
        uint64 hysteresis,
        uint256 volatility,
        uint256 row
    ) internal view returns (uint256) {
        uint256 last = rows.length - 1;
        while (row < last && volatility >= uint256(rows[row + 1].floor) + hysteresis) ++row;
        while (row > 0 && volatility + hysteresis < rows[row].floor) --row;
        return row;
    }

    /// @dev Revert unless a table makes sense. Values are left to HedgeParameters, which judges every update.
    function requireTable(
        uint8[] calldata keys,
        I.Row[] calldata rows,
        I.Terms calldata terms,
        uint8 row
    ) internal pure {
        if (rows.length < 2 || rows.length > MOST_ROWS) revert I.BadRowCount(rows.length);
        if (row >= rows.length) revert I.UnknownRow(row, rows.length);
        (uint32 up, uint32 down) = (terms.dwellUp, terms.dwellDown);
        if (up < MIN_DWELL_UP || down < MIN_DWELL_DOWN || down < up || down > MAX_DWELL) revert I.BadDwell(up, down);
        if (rows[0].floor != 0) revert I.BadFloor(0, rows[0].floor, 0);
        _requireKeys(keys);
        for (uint256 i = 0; i < rows.length; ++i) {
            uint256 length = rows[i].values.length;
            if (length != keys.length || length == 0) revert I.BadRowLength(i, length, keys.length);
            if (i == 0) continue;
            uint256 least = uint256(rows[i - 1].floor) + 2 * uint256(terms.hysteresis) + 1;
            if (rows[i].floor < least) revert I.BadFloor(i, rows[i].floor, least);
        }
    }

    function _requireKeys(uint8[] calldata keys) private pure {
        for (uint256 i = 0; i < keys.length; ++i) {
            bool isAscending = i == 0 || keys[i] > keys[i - 1];
            if (keys[i] >= HEDGE_KEYS || !isAscending) revert I.BadKey(i, keys[i]);
        }
    }
}
