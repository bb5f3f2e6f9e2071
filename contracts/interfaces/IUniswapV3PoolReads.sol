// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What is read of a Uniswap v3 pool
/// @notice Uniswap's own interfaces, as far as they are used here; declared anew because theirs pin another compiler.
interface IUniswapV3PoolReads {
    /// @notice Price, tick and the state of the oracle; `unlocked` is false while a callback runs.
    function slot0()
        external
        view
        returns (
            uint160 sqrtPriceX96,
            int24 tick,
            uint16 observationIndex,
            uint16 observationCardinality,
            uint16 observationCardinalityNext,
            uint8 feeProtocol,
            bool unlocked
        );

    /// @notice One slot of the oracle's ring; times are unix seconds modulo 2^32.
    /// @param index slot of the ring
    function observations(
        uint256 index
    )
        external
        view
        returns (
            uint32 blockTimestamp,
            int56 tickCumulative,
            uint160 secondsPerLiquidityCumulativeX128,
            bool initialized
        );

    /// @notice Sums of tick * seconds at given ages; reverts where the ring does not reach so far.
    /// @param secondsAgos ages, in seconds before now
    function observe(
        uint32[] calldata secondsAgos
    ) external view returns (int56[] memory tickCumulatives, uint160[] memory secondsPerLiquidityCumulativeX128s);

    /// @notice Fees of token0 per unit of liquidity since the pool began, as a 128.128 number that wraps.
    function feeGrowthGlobal0X128() external view returns (uint256);

    /// @notice Fees of token1 per unit of liquidity since the pool began, as a 128.128 number that wraps.
    function feeGrowthGlobal1X128() external view returns (uint256);

    /// @notice What is kept of an initialised tick.
    /// @param tick an initialised tick
    function ticks(
        int24 tick
    )
        external
        view
        returns (
            uint128 liquidityGross,
            int128 liquidityNet,
            uint256 feeGrowthOutside0X128,
            uint256 feeGrowthOutside1X128,
            int56 tickCumulativeOutside,
            uint160 secondsPerLiquidityOutsideX128,
            uint32 secondsOutside,
            bool initialized
        );
}
