// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IVolatilityOracle} from "./IVolatilityOracle.sol";

/// @title A fuse between implied and realised volatility
/// @notice Two sources that share nothing, signed reports and a pool's own trades, measure one market. Where they are
/// too far apart, one is wrong or the market is torn, and nothing should act by itself. Anyone may trip the breaker
/// then; it stays tripped until the DAO resets it. It changes no answer: consumers ask `requireClosed`.
/// @dev How it can be wrong: implied looks 30 days ahead and realised one day back, so they differ in honest markets;
/// the limits say how far is too far. Anyone who can raise realised volatility (see IRealizedVolatility) can trip it
/// and so stop automation, which is the safe side: values can still be voted. A flagged measurement trips nothing and
/// lets nothing pass, so whoever moves the pool's price for the length of a call holds both up.
interface IVolatilityBreaker {
    /// @notice How far apart is too far: both must be exceeded.
    /// @param maxRatioBps the larger over the smaller, in bps: 40,000 is four times
    /// @param minGap the larger minus the smaller, 8 decimals: quiet days make large ratios of small numbers
    struct Limits {
        uint32 maxRatioBps;
        uint64 minGap;
    }

    /// @notice Limits that would always or never trip.
    /// @param maxRatioBps the larger over the smaller, in bps
    /// @param minGap the larger minus the smaller, 8 decimals
    error BadLimits(uint32 maxRatioBps, uint64 minGap);
    /// @notice Only the DAO, that is an admin of HedgeParameters, may do this.
    /// @param caller who tried
    error OnlyDao(address caller);
    /// @notice It is tripped, since then and by these numbers (8 decimals).
    /// @param at since when, unix seconds
    /// @param implied volatility of the feed, annual, 8 decimals
    /// @param realized volatility of the pool, annual, 8 decimals
    error Tripped(uint64 at, uint64 implied, uint64 realized);
    /// @notice It is not tripped.
    error NotTripped();
    /// @notice The two are too far apart now (8 decimals).
    /// @param implied volatility of the feed, annual, 8 decimals
    /// @param realized volatility of the pool, annual, 8 decimals
    error TooFarApart(uint64 implied, uint64 realized);
    /// @notice The two are close enough (8 decimals).
    /// @param implied volatility of the feed, annual, 8 decimals
    /// @param realized volatility of the pool, annual, 8 decimals
    error NotApart(uint64 implied, uint64 realized);
    /// @notice The realised measurement is flagged as possibly manipulated; see IRealizedVolatility.
    /// @param flags see `IRealizedVolatility.Measure`
    error Manipulated(uint8 flags);

    /// @notice The breaker was tripped with these numbers (8 decimals).
    /// @param implied volatility of the feed, annual, 8 decimals
    /// @param realized volatility of the pool, annual, 8 decimals
    /// @param by who it was
    event BreakerTripped(uint64 implied, uint64 realized, address indexed by);
    /// @notice The DAO closed it again.
    event BreakerReset();

    /// @notice Trip it, if the two are too far apart now. Anyone may.
    function trip() external;

    /// @notice Close it again. DAO only. If the two are still apart, anyone may trip it again.
    function reset() external;

    /// @notice Revert unless it is closed and the two, measured now, are close enough.
    function requireClosed() external view;

    /// @notice Both volatilities now (8 decimals), and whether they are too far apart. Reverts where one of them does.
    function compare() external view returns (uint64 implied, uint64 realized, bool isApart);

    /// @notice The feed of implied volatility that is compared.
    // solhint-disable-next-line func-name-mixedcase
    function ORACLE() external view returns (IVolatilityOracle);

    /// @notice When it was tripped, unix seconds; 0 while it is closed.
    function trippedAt() external view returns (uint64);

    /// @notice How far apart is too far.
    function limits() external view returns (Limits memory);
}
