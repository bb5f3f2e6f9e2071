// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Many Uniswap v2, v3 and v4 positions in one call
/// @notice For `eth_call` alone: put its code at any address with a state override, or deploy it in the call itself; it
/// needs no deployment, holds nothing and trusts nothing. All of an answer is of one block, which it names.
///
/// Positions come as a flat array of words, three for each, in the order asked, so that a reader decodes thousands
/// without walking through them:
///
///     word 0   token id
///     word 1   status 8 bits | zero 48 | index into pools 24 | tickLower 24 | tickUpper 24 | liquidity 128
///     word 2   owed1 128 | owed0 128
///
/// Status is 0 where the numbers are valid, else why there are none: 1 no such position (burnt, or of another
/// manager), 2 its pool does not exist, 3 its pool is in the middle of a change. A status concerns one position, never
/// the others. Owed is what the manager would pay as fees: written down and earned since.
///
/// An answer may hold fewer positions than were asked for, where the call's gas ends: ask again from there. Memory
/// costs grow with the square of the number of positions: ask for about 1,000 at a time.
interface IExposureLens {
    /// @notice The block of an answer.
    /// @param number its number
    /// @param timestamp its time, unix seconds
    struct BlockSeen {
        uint256 number;
        uint256 timestamp;
    }

    /// @notice A v3 or v4 pool, once for all positions in it.
    /// @param id a v3 pool's address as a number, a v4 pool's id; zero where there is none
    /// @param token0 and token1 its tokens; in v4 zero is the chain's own coin
    /// @param fee hundredths of a basis point; in v4 2^23 means that a hook sets it
    /// @param spacing of usable ticks; zero for v3
    /// @param hooks the contract that v4 calls back, zero without one and for v3
    /// @param sqrtPriceX96 the price now
    /// @param tick the tick now
    /// @param growth0 and growth1 fees per unit of liquidity since the pool began, 128.128 numbers that wrap
    /// @param status as of a position in it
    struct PoolSeen {
        uint256 id;
        address token0;
        address token1;
        uint24 fee;
        int24 spacing;
        address hooks;
        uint160 sqrtPriceX96;
        int24 tick;
        uint256 growth0;
        uint256 growth1;
        uint256 status;
    }

    /// @notice An owner's share of a v2 pair.
    /// @param pair the pair
    /// @param token0 and token1 its tokens
    /// @param reserve0 and reserve1 what prices are made of
    /// @param totalSupply of its liquidity tokens
    /// @param balance of the owner
    /// @param amount0 and amount1 what `burn` would pay for the balance now: a share of what the pair holds, after the
    /// protocol's part of the fees
    /// @param status as of a position
    struct Share {
        address pair;
        address token0;
        address token1;
        uint112 reserve0;
        uint112 reserve1;
        uint256 totalSupply;
        uint256 balance;
        uint256 amount0;
        uint256 amount1;
        uint256 status;
    }

    /// @notice A callback of the v4 pool manager is running: what is read now is half of a change.
    /// @param poolManager the manager
    error ManagerUnlocked(address poolManager);
    /// @notice A pool of Uniswap's own factory, or v4's pool manager, does not answer as one.
    /// @param pool the pool, or the manager
    error NotAPool(address pool);
    /// @notice What was named as v4's PositionManager does not answer as one.
    /// @param manager what was named
    error NotAManager(address manager);

    /// @notice v2: an owner's shares of pairs.
    /// @param owner whose shares
    /// @param pairs pairs, in the order in which they are wanted
    function sharesV2(
        address owner,
        address[] calldata pairs
    ) external view returns (BlockSeen memory seen, Share[] memory shares);

    /// @notice v3: positions by their ids.
    /// @param manager a NonfungiblePositionManager
    /// @param tokenIds ids, in the order in which they are wanted
    function positionsV3(
        address manager,
        uint256[] calldata tokenIds
    ) external view returns (BlockSeen memory seen, PoolSeen[] memory pools, uint256[] memory words);

    /// @notice v3: an owner's positions from one index to another.
    /// @param manager a NonfungiblePositionManager
    /// @param owner whose positions
    /// @param first index of the first one, from 0
    /// @param most how many at most
    /// @return seen the block
    /// @return pools the pools of those read
    /// @return words those read
    /// @return total how many positions the owner has
    function positionsOfV3(
        address manager,
        address owner,
        uint256 first,
        uint256 most
    ) external view returns (BlockSeen memory seen, PoolSeen[] memory pools, uint256[] memory words, uint256 total);

    /// @notice v4: positions by their ids; its manager keeps no list by owner.
    /// @param manager a v4 PositionManager
    /// @param tokenIds ids, in the order in which they are wanted
    function positionsV4(
        address manager,
        uint256[] calldata tokenIds
    ) external view returns (BlockSeen memory seen, PoolSeen[] memory pools, uint256[] memory words);
}
