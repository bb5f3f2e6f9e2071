// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title A swap that reads another contract in the middle of it
/// @notice For tests only: what a contract sees that is called inside a pool's, pair's or manager's callback (read-only
/// reentrancy).
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

    /// @notice Borrow token0 of a v2 pair, read a target inside the callback, and pay back with the fee.
    /// @param pair a Uniswap v2 pair; this contract must hold enough token0 for the fee
    /// @param amount how much to borrow
    /// @param target the contract to read
    /// @param query the call to make
    function borrowAndRead(address pair, uint256 amount, address target, bytes calldata query) external {
        (_target, _query) = (target, query);
        IPair(pair).swap(amount, 0, address(this), "read");
    }

    /// @notice Unlock a v4 pool manager and read a target while it is.
    /// @param manager a Uniswap v4 PoolManager
    /// @param target the contract to read
    /// @param query the call to make
    function unlockAndRead(address manager, address target, bytes calldata query) external {
        (_target, _query) = (target, query);
        IManager(manager).unlock("");
    }

    /// @notice Called by the pool before it is paid.
    function uniswapV3SwapCallback(int256 amount0, int256, bytes calldata) external {
        (succeeded, answer) = _target.staticcall(_query);
        IERC20(IPool(msg.sender).token0()).transfer(msg.sender, uint256(amount0));
    }

    /// @notice Called by the pair before it is paid.
    function uniswapV2Call(address, uint256 amount0, uint256, bytes calldata) external {
        (succeeded, answer) = _target.staticcall(_query);
        IERC20(IPool(msg.sender).token0()).transfer(msg.sender, (amount0 * 1000) / 997 + 1);
    }

    /// @notice Called by the pool manager once it is unlocked.
    function unlockCallback(bytes calldata) external returns (bytes memory) {
        (succeeded, answer) = _target.staticcall(_query);
        return "";
    }
}

/// @title What is called of a v2 pair here
/// @notice Uniswap's own.
interface IPair {
    /// @notice Swap; with data, the receiver is called before it has to pay.
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

/// @title What is called of a v4 pool manager here
/// @notice Uniswap's own.
interface IManager {
    /// @notice Unlock and call the caller back.
    function unlock(bytes calldata data) external returns (bytes memory);
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
