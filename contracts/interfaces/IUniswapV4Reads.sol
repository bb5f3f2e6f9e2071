// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What is read of Uniswap v4's PositionManager
/// @notice Uniswap's own interface, as far as it is used here.
interface IUniswapV4PositionReads {
    /// @notice What names a pool.
    struct PoolKey {
        address currency0;
        address currency1;
        uint24 fee;
        int24 tickSpacing;
        address hooks;
    }

    /// @notice A position by token id, zero where there is none: first 200 bits of the pool's id, tickUpper 24,
    /// tickLower 24, 8 for whether it has a subscriber.
    /// @param tokenId the id
    function positionInfo(uint256 tokenId) external view returns (uint256);

    /// @notice A pool's key by the first 200 bits of its id.
    /// @param poolId those bits
    function poolKeys(bytes25 poolId) external view returns (PoolKey memory);

    /// @notice The one contract that holds all pools.
    function poolManager() external view returns (address);
}

/// @title What is read of Uniswap v4's PoolManager: its storage
/// @notice As above. The places of what it stores are those of Uniswap's StateLibrary and Lock.
interface IUniswapV4PoolReads {
    /// @notice Words of storage from `startSlot` on.
    /// @param startSlot the first one
    /// @param nSlots how many
    function extsload(bytes32 startSlot, uint256 nSlots) external view returns (bytes32[] memory);

    /// @notice One word of transient storage.
    /// @param slot which
    function exttload(bytes32 slot) external view returns (bytes32);
}
