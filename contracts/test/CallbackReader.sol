// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title A swap that reads somebody in the middle of it
/// @notice For tests only: what a contract sees that is called inside a pool's callback (read-only reentrancy).
contract CallbackReader {
    /// @notice Whether the read inside the callback succeeded.
    bool public succeeded;
    /// @notice What it answered, or why it reverted.
    bytes public answer;

    address private _target;
    bytes private _query;

    /// @notice Sell token0 to a pool down to a price, and read a target inside the callback.
    /// @param pool a Uniswap v3 pool; this contract must hold enough token0
    /// @param limit the price to stop at, as sqrt(price) * 2^96
    /// @param target the contract to read
    /// @param query the call to make
    function swapAndRead(address pool, uint160 limit, address target, bytes calldata query) external {
        (_target, _query) = (target, query);
        IPool(pool).swap(address(this), true, type(int128).max, limit, "");
    }

    /// @notice Called by the pool before it is paid.
    function uniswapV3SwapCallback(int256 amount0, int256, bytes calldata) external {
        (succeeded, answer) = _target.staticcall(_query);
        IERC20(IPool(msg.sender).token0()).transfer(msg.sender, uint256(amount0));
    }
}

/// @title What is called of a pool here
/// @notice Uniswap's own.
interface IPool {
    /// @notice Swap; the amount is what is sold.
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);

    /// @notice The first token.
    function token0() external view returns (address);
}
