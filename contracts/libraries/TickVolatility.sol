// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Volatility from sums of tick * seconds
/// @notice Between two observations the mean tick is a mean log price, in units of ln 1.0001. From one interval to the
/// next it moves by a return r, whose variance is vol^2 times a third of both intervals' lengths (a mean moves less
/// than a price, hence a third and not half):
///
///     vol^2 = 3 * sum(r^2) / sum(dt_k + dt_k+1)
///
/// A gap is one interval of its real length, not one period: it adds its length to the sum below as it adds its return
/// to the sum above.
/// @dev Source of the numbers: `hedge.realized.from_ticks` computes the same in floating point.
library TickVolatility {
    /// @dev Ticks are taken with so many parts: a return is exact to 2e-9 ticks, that is 2e-13 of the price.
    int256 internal constant PARTS = 1e9;
    /// @dev (ln 1.0001)^2, times 1e36.
    uint256 internal constant LOG_TICK_SQUARED_E36 = 9999000091658334094374450926;
    /// @dev Seconds of a year of 365 days, by which every volatility here is annual.
    uint256 internal constant YEAR = 365 days;

    /// @dev What returns add up to.
    /// @param squares sum of squared returns, in (ticks * PARTS)^2
    /// @param largest the largest of them
    /// @param time sum of dt_k + dt_k+1 over the returns, in seconds
    struct Sums {
        uint256 squares;
        uint256 largest;
        uint256 time;
    }

    /// @dev Add up the returns between consecutive intervals.
    /// @param ages seconds ago of each observation, strictly falling; at least three
    /// @param cumulatives sums of tick * seconds at each; differences may wrap as the pool's own do
    function sum(uint32[] memory ages, int56[] memory cumulatives) internal pure returns (Sums memory sums) {
        (int256 last, uint256 lastLength) = _mean(ages, cumulatives, 0);
        for (uint256 k = 1; k + 1 < ages.length; ++k) {
            (int256 mean, uint256 length) = _mean(ages, cumulatives, k);
            uint256 square = uint256((mean - last) * (mean - last));
            sums.squares += square;
            sums.largest = Math.max(sums.largest, square);
            sums.time += lastLength + length;
            (last, lastLength) = (mean, length);
        }
    }

    /// @dev Annual volatility with 8 decimals, rounded down.
    function volatility(Sums memory sums) internal pure returns (uint256) {
        // squares / PARTS^2 * LOG_TICK_SQUARED * 3 YEAR / time, times 1e16: 1e36 * 1e18 / 1e16 = 1e38.
        return Math.sqrt(Math.mulDiv(sums.squares, LOG_TICK_SQUARED_E36 * 3 * YEAR, sums.time * 1e38));
    }

    /// @dev Mean tick of interval k, times PARTS, rounded towards zero; and its length in seconds.
    function _mean(
        uint32[] memory ages,
        int56[] memory cumulatives,
        uint256 k
    ) private pure returns (int256 mean, uint256 length) {
        unchecked {
            int56 moved = cumulatives[k + 1] - cumulatives[k]; // wraps as the pool's own sum does
            length = uint256(ages[k]) - ages[k + 1];
            mean = (int256(moved) * PARTS) / int256(length);
        }
    }
}
