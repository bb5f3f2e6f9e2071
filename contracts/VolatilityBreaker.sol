// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Governed} from "./base/Governed.sol";
import {IRealizedVolatility} from "./interfaces/IRealizedVolatility.sol";
import {IVolatilityBreaker} from "./interfaces/IVolatilityBreaker.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";

/// @title A fuse between implied and realised volatility
/// @notice See IVolatilityBreaker for what it promises and how it can be wrong.
contract VolatilityBreaker is Governed, IVolatilityBreaker {
    /// @notice Smallest ratio that can be set, in bps: honest markets are often 1.5 apart.
    uint32 public constant MIN_RATIO = 15_000;
    /// @notice Largest ratio that can be set, in bps: at twentyfold nothing would ever trip.
    uint32 public constant MAX_RATIO = 200_000;
    /// @notice Largest gap that can be set, 8 decimals: 200 points of volatility.
    uint64 public constant MAX_GAP = 2e8;
    /// @notice Implied volatility: signed reports.
    IVolatilityOracle public immutable ORACLE;
    /// @notice Realised volatility: a pool's trades.
    IRealizedVolatility public immutable REALIZED;

    /// @dev The larger over the smaller beyond which they are too far apart, in bps.
    uint32 private immutable _MAX_RATIO_BPS;
    /// @dev The larger minus the smaller beyond which they are too far apart, 8 decimals; both must be exceeded.
    uint64 private immutable _MIN_GAP;

    /// @dev Why it is tripped; volatilities are annual, 8 decimals.
    /// @param at since when, unix seconds; zero while it is closed
    /// @param implied volatility of the feed then
    /// @param realized volatility of the pool then
    struct Trip {
        uint64 at;
        uint64 implied;
        uint64 realized;
    }

    /// @dev The present trip; all zero while it is closed.
    Trip private _trip;

    /// @param parameters HedgeParameters, whose admin is the DAO
    /// @param oracle the feed of implied volatility
    /// @param realized the measurement of realised volatility of the same underlying
    /// @param limits_ how far apart is too far
    constructor(
        address parameters,
        IVolatilityOracle oracle,
        IRealizedVolatility realized,
        Limits memory limits_
    ) Governed(parameters) {
        (uint32 ratio, uint64 gap) = (limits_.maxRatioBps, limits_.minGap);
        if (ratio < MIN_RATIO || ratio > MAX_RATIO || gap > MAX_GAP) revert BadLimits(ratio, gap);
        (ORACLE, REALIZED, _MAX_RATIO_BPS, _MIN_GAP) = (oracle, realized, ratio, gap);
    }

    /// @inheritdoc IVolatilityBreaker
    function trip() external {
        _requireNotTripped();
        (uint64 implied, uint64 realized, bool isApart) = compare();
        if (!isApart) revert NotApart(implied, realized);
        _trip = Trip(uint64(block.timestamp), implied, realized);
        emit BreakerTripped(implied, realized, msg.sender);
    }

    /// @inheritdoc IVolatilityBreaker
    function reset() external {
        if (!_isDao(msg.sender)) revert OnlyDao(msg.sender);
        if (_trip.at == 0) revert NotTripped();
        delete _trip;
        emit BreakerReset();
    }

    /// @inheritdoc IVolatilityBreaker
    function requireClosed() external view {
        _requireNotTripped();
        (uint64 implied, uint64 realized, bool isApart) = compare();
        if (isApart) revert TooFarApart(implied, realized);
    }

    /// @inheritdoc IVolatilityBreaker
    function trippedAt() external view returns (uint64) {
        return _trip.at;
    }

    /// @inheritdoc IVolatilityBreaker
    function limits() external view returns (Limits memory) {
        return Limits(_MAX_RATIO_BPS, _MIN_GAP);
    }

    /// @inheritdoc IVolatilityBreaker
    function compare() public view returns (uint64 implied, uint64 realized, bool isApart) {
        (implied, ) = ORACLE.latest();
        IRealizedVolatility.Measure memory measured = REALIZED.measure();
        if (measured.flags != 0) revert Manipulated(measured.flags);
        realized = measured.volatility;
        (uint256 high, uint256 low) = implied > realized ? (implied, realized) : (realized, implied);
        isApart = high - low > _MIN_GAP && high * 10_000 > low * _MAX_RATIO_BPS;
    }

    function _requireNotTripped() private view {
        Trip memory tripped = _trip;
        if (tripped.at != 0) revert Tripped(tripped.at, tripped.implied, tripped.realized);
    }
}
