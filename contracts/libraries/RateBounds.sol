// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title How far an answer may move in a given time
/// @notice From `base`, at a rate of `bps` per `period`, linear in the time that passed: up to base * (1 + a), down to
/// base / (1 + a), where a = bps / 10,000 * elapsed / period. So up and down are alike, and nothing ever reaches zero.
library RateBounds {
    /// @dev Basis points in one.
    uint256 private constant _BPS = 10_000;

    /// @dev The number nearest to `value` that the rate allows. Bounds are rounded towards `base`, so that a rate is
    /// never exceeded by rounding.
    /// @param value where it wants to be; with `base`, below 2^64
    /// @param base where it was
    /// @param bps rate, in bps of `base` per `period`
    /// @param elapsed seconds since it was there, below 2^64
    /// @param period seconds of the rate's period
    function clamp(
        uint256 value,
        uint256 base,
        uint256 bps,
        uint256 elapsed,
        uint256 period
    ) internal pure returns (uint256) {
        uint256 one = _BPS * period;
        uint256 grown = one + bps * elapsed;
        if (value > base) {
            uint256 most = (base * grown) / one; // rounded down
            return value > most ? most : value;
        }
        uint256 least = (base * one + grown - 1) / grown; // rounded up
        return value < least ? least : value;
    }
}
