// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What is read of Uniswap v3's NonfungiblePositionManager
/// @notice Uniswap's own interface, as far as it is used here; declared anew because theirs pins another compiler.
interface IUniswapV3PositionReads {
    /// @notice What is kept of a position, in the order in which the manager returns it.
    struct Fields {
        uint96 nonce;
        address operator;
        address token0;
        address token1;
        uint24 fee;
        int24 tickLower;
        int24 tickUpper;
        uint128 liquidity;
        uint256 feeGrowthInside0LastX128;
        uint256 feeGrowthInside1LastX128;
        uint128 tokensOwed0;
        uint128 tokensOwed1;
    }

    /// @notice A position by token id; reverts where there is none.
    /// @param tokenId number of the position
    function positions(uint256 tokenId) external view returns (Fields memory);

    /// @notice Number of positions of an owner.
    /// @param owner an account
    function balanceOf(address owner) external view returns (uint256);

    /// @notice Token id of an owner's position by index.
    /// @param owner an account
    /// @param index from 0 to one below its balance
    function tokenOfOwnerByIndex(address owner, uint256 index) external view returns (uint256);

    /// @notice The factory of all pools.
    function factory() external view returns (address);
}

/// @title What is read of Uniswap v3's factory
/// @notice As above.
interface IUniswapV3FactoryReads {
    /// @notice The pool of two tokens and a fee; the zero address where there is none.
    /// @param tokenA one token
    /// @param tokenB the other, in any order
    /// @param fee in hundredths of a bps
    function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address pool);
}
