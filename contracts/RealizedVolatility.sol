// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import {IRealizedVolatility} from "./interfaces/IRealizedVolatility.sol";
import {IUniswapV3PoolReads} from "./interfaces/IUniswapV3PoolReads.sol";
import {TickVolatility} from "./libraries/TickVolatility.sol";

/// @title Realised volatility of a Uniswap v3 pool, from its own observations
/// @notice See IRealizedVolatility for what it promises and how it can be manipulated. Ownerless and without state.
contract RealizedVolatility is IRealizedVolatility {
    /// @notice Shortest interval, in seconds: 50 blocks, so that one block weighs 2 % of a mean at most.
    uint32 public constant MIN_SPACING = 10 minutes;
    /// @notice Longest interval, in seconds: a day, beyond which returns are too few.
    uint32 public constant MAX_SPACING = 1 days;
    /// @notice Fewest intervals: with fewer returns, the number itself is off by a third of its size.
    uint32 public constant MIN_INTERVALS = 8;
    /// @notice Most intervals: 168 hours of a week; reading each costs about 1,000 gas per doubling of the ring.
    uint32 public constant MAX_INTERVALS = 168;
    /// @notice Distance of the spot tick from the last mean that is flagged, in ticks: about 5 %.
    uint256 public constant MAX_SPOT_DISTANCE = 500;
    /// @notice Flag: the spot price is far from the last mean.
    uint8 public constant SPOT_AWAY = 1;
    /// @notice Flag: a single return makes more than half of the variance.
    uint8 public constant ONE_RETURN = 2;

    IUniswapV3PoolReads private immutable _POOL;
    uint32 private immutable _SPACING;
    uint32 private immutable _INTERVALS;

    /// @param pool_ a Uniswap v3 pool with room for enough observations
    /// @param spacing_ seconds of one interval, ten minutes to a day
    /// @param intervals_ number of intervals, 8 to 168
    constructor(address pool_, uint32 spacing_, uint32 intervals_) {
        bool badSpacing = spacing_ < MIN_SPACING || spacing_ > MAX_SPACING;
        if (badSpacing || intervals_ < MIN_INTERVALS || intervals_ > MAX_INTERVALS) {
            revert BadWindow(spacing_, intervals_);
        }
        (_POOL, _SPACING, _INTERVALS) = (IUniswapV3PoolReads(pool_), spacing_, intervals_);
    }

    /// @inheritdoc IRealizedVolatility
    function measure() external view returns (Measure memory) {
        (, int24 tick, uint16 index, uint16 cardinality, , , bool unlocked) = _POOL.slot0();
        if (!unlocked) revert PoolLocked(address(_POOL));
        uint256 length = uint256(_SPACING) * _INTERVALS;
        _requireHistory(index, cardinality, length);
        uint32[] memory ages = _ages();
        (int56[] memory cumulatives, ) = _POOL.observe(ages);
        TickVolatility.Sums memory sums = TickVolatility.sum(ages, cumulatives);
        if (sums.squares == 0) revert PriceUnmoved(length);
        uint8 flags = sums.largest * 2 > sums.squares ? ONE_RETURN : 0;
        if (_isAway(tick, cumulatives)) flags |= SPOT_AWAY;
        // Below 2^64 even if the price went from one end of ticks to the other and back all the time.
        uint64 volatility = uint64(TickVolatility.volatility(sums));
        return Measure(volatility, uint64(block.timestamp - length), uint64(block.timestamp), flags);
    }

    /// @inheritdoc IRealizedVolatility
    function pool() external view returns (address) {
        return address(_POOL);
    }

    /// @inheritdoc IRealizedVolatility
    function spacing() external view returns (uint32) {
        return _SPACING;
    }

    /// @inheritdoc IRealizedVolatility
    function intervals() external view returns (uint32) {
        return _INTERVALS;
    }

    /// @inheritdoc IRealizedVolatility
    function writtenSlots() external view returns (uint256 written) {
        (, , uint16 index, uint16 cardinality, , , ) = _POOL.slot0();
        (written, ) = _ring(index, cardinality);
    }

    /// @dev Enough slots, an oldest one that is old enough, and a newest one that is young enough.
    function _requireHistory(uint16 index, uint16 cardinality, uint256 length) private view {
        (uint256 written, uint32 oldest) = _ring(index, cardinality);
        if (written < _INTERVALS) revert TooFewObservations(written, _INTERVALS);
        (uint32 newest, , , ) = _POOL.observations(index);
        unchecked {
            uint256 reach = uint32(block.timestamp) - oldest; // both modulo 2^32, as in the pool
            if (reach < length) revert HistoryTooShort(reach, length);
            uint256 idle = uint32(block.timestamp) - newest;
            if (idle > length) revert PoolIdle(idle, length);
        }
    }

    /// @dev How many slots of the ring were written, and the time of the oldest. The slots after the newest one are
    /// empty until the ring, grown, has been filled once.
    function _ring(uint16 index, uint16 cardinality) private view returns (uint256 written, uint32 oldest) {
        bool isFull;
        (oldest, , , isFull) = _POOL.observations((uint256(index) + 1) % cardinality);
        if (isFull) return (cardinality, oldest);
        (oldest, , , ) = _POOL.observations(0);
        return (uint256(index) + 1, oldest);
    }

    /// @dev Ages of the observations: INTERVALS * SPACING down to 0, evenly.
    function _ages() private view returns (uint32[] memory ages) {
        ages = new uint32[](_INTERVALS + 1);
        for (uint32 k = 0; k < ages.length; ++k) {
            ages[k] = (_INTERVALS - k) * _SPACING;
        }
    }

    function _isAway(int24 tick, int56[] memory cumulatives) private view returns (bool) {
        int256 mean;
        unchecked {
            mean = int256(cumulatives[_INTERVALS] - cumulatives[_INTERVALS - 1]) / int256(uint256(_SPACING));
        }
        return SignedMath.abs(tick - mean) > MAX_SPOT_DISTANCE;
    }
}
