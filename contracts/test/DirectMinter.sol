// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Liquidity in a Uniswap v3 pool itself, without the position manager
/// @notice For tests only: whoever calls gives liquidity to anyone, which this contract pays for.
contract DirectMinter {
    /// @notice Add liquidity that belongs to an address in the pool's own books.
    /// @param pool a Uniswap v3 pool; this contract must hold enough of both tokens
    /// @param to whose the position is
    /// @param lower the range's lower tick
    /// @param upper the range's upper tick
    /// @param liquidity how much to add
    function mint(address pool, address to, int24 lower, int24 upper, uint128 liquidity) external {
        IDirectPool(pool).mint(to, lower, upper, liquidity, "");
    }

    /// @notice Called by the pool for what it is owed.
    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        if (amount0 != 0) IERC20(IDirectPool(msg.sender).token0()).transfer(msg.sender, amount0);
        if (amount1 != 0) IERC20(IDirectPool(msg.sender).token1()).transfer(msg.sender, amount1);
    }
}

interface IDirectPool {
    function token0() external view returns (address);
    function token1() external view returns (address);
    function mint(
        address to,
        int24 lower,
        int24 upper,
        uint128 liquidity,
        bytes calldata data
    ) external returns (uint256, uint256);
}
