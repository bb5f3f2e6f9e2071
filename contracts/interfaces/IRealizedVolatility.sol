// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Realised volatility of a Uniswap v3 pool, from its own observations
/// @notice Over the last INTERVALS * SPACING seconds, from mean ticks of each SPACING: no spot price enters it. Nothing
/// is stored; every call measures anew.
/// @dev How it can be manipulated: a price that is held for s seconds moves the mean of one interval by s / SPACING of
/// its move in ticks, and shows as two returns. A spike to four times the price for one block of 12 s is 13,863 ticks,
/// so 92 in a mean over 1,800 s: two returns of 0.9 %. Where there is no liquidity, a price moves on for free, to the
/// end of ticks at worst: 887,272, so 2,957 in a mean over an hour. It costs the fees of a round trip through the
/// pool's liquidity, and the arbitrage, unless one party has the next block too.
///
/// Two things are flagged: a number of which one return is most, and a spot price far from the last mean. So a spike
/// is flagged while it lasts, and until the way back is measured; a single one that is past is two returns of one
/// size, and two in a window are four: neither need be flagged. A true jump is one return, and is flagged for as long
/// as it makes most of the window. Wash moves clear of both flags cost fees each time; anyone who can pay can raise the
/// number. It can hardly be lowered: others trade the pool back to the market. Anyone who writes an observation every
/// block, by minting or by small trades, overwrites a ring that has fewer slots than the window has blocks: then there
/// is no number.
interface IRealizedVolatility {
    /// @notice What was measured.
    /// @param volatility annual, 8 decimals, rounded down: 100 % is 1e8
    /// @param from start of the window, unix seconds
    /// @param to its end, now
    /// @param flags 0, or the sum of 1 (the spot price is far from the last mean) and 2 (a single return makes
    /// more than half of the variance)
    struct Measure {
        uint64 volatility;
        uint64 from;
        uint64 to;
        uint8 flags;
    }

    /// @notice Interval or number of intervals is outside what a pool's observations can serve.
    /// @param spacing seconds of an interval
    /// @param intervals how many
    error BadWindow(uint32 spacing, uint32 intervals);
    /// @notice A pool callback is running: what is read now is half of a change.
    /// @param pool the pool that is read
    error PoolLocked(address pool);
    /// @notice Too few slots of the pool's ring were ever written; anyone may pay for more with
    /// `increaseObservationCardinalityNext`.
    /// @param written slots that were written
    /// @param needed slots that the window needs
    error TooFewObservations(uint256 written, uint256 needed);
    /// @notice The oldest observation is younger than the window. Seconds.
    /// @param available age of the oldest observation
    /// @param needed length of the window
    error HistoryTooShort(uint256 available, uint256 needed);
    /// @notice Nobody traded in the whole window: there is nothing to measure. Seconds.
    /// @param idle since the last trade
    /// @param window length of the window
    error PoolIdle(uint256 idle, uint256 window);
    /// @notice The price was the same all through the window: that is no measurement, whoever wrote observations in it.
    /// @param window seconds
    error PriceUnmoved(uint256 window);

    /// @notice Measure now. Reverts where it cannot be trusted.
    function measure() external view returns (Measure memory);

    /// @notice The pool that is read.
    function pool() external view returns (address);

    /// @notice Seconds of one interval.
    function spacing() external view returns (uint32);

    /// @notice Number of intervals.
    function intervals() external view returns (uint32);

    /// @notice Slots of the pool's ring that have been written so far.
    function writtenSlots() external view returns (uint256);
}
