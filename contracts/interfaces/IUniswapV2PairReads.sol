// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What is read of a Uniswap v2 pair
/// @notice Uniswap's own interface, as far as it is used here; declared anew because theirs pins another compiler.
interface IUniswapV2PairReads {
    /// @notice The factory that made it.
    function factory() external view returns (address);

    /// @notice The first token.
    function token0() external view returns (address);

    /// @notice The second token.
    function token1() external view returns (address);

    /// @notice What prices are made of, as of the last change.
    function getReserves() external view returns (uint112 reserve0, uint112 reserve1, uint32 blockTimestampLast);

    /// @notice Product of the reserves after the last change of liquidity; 0 while the protocol takes no part of fees.
    function kLast() external view returns (uint256);

    /// @notice Liquidity tokens in existence.
    function totalSupply() external view returns (uint256);

    /// @notice Liquidity tokens of an owner.
    /// @param owner whose
    function balanceOf(address owner) external view returns (uint256);

    /// @notice Match the reserves to what the pair holds; reverts with a reason inside a callback of the pair.
    function sync() external;
}

/// @title What is read of Uniswap v2's factory
/// @notice As above.
interface IUniswapV2FactoryReads {
    /// @notice Who receives the protocol's part of fees; the zero address where it takes none.
    function feeTo() external view returns (address);
}
