// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    IUniswapV3FactoryReads as Factory,
    IUniswapV3PositionReads as Manager
} from "./interfaces/IUniswapV3PositionReads.sol";
import {IUniswapV3PoolReads as Pool} from "./interfaces/IUniswapV3PoolReads.sol";
import {FeeGrowth} from "./libraries/FeeGrowth.sol";

/// @title Many Uniswap v3 positions in one call
/// @notice For `eth_call` alone: put its code at any address with a state override, or deploy it in the call itself; it
/// needs no deployment, holds nothing and trusts nothing. All of an answer is of one block, which it names.
/// @dev The answer is a flat array of words, twelve per position (see Exposure), so that a reader decodes thousands
/// without walking through them. Memory costs grow with the square of its length: ask for about 1,000 at a time.
contract ExposureLens {
    /// @notice One position as its manager and pool hold it; token units and Uniswap's own numbers.
    /// @param tokenId id of the position NFT
    /// @param pool its pool
    /// @param token0 and token1 its tokens
    /// @param fee hundredths of a basis point
    /// @param tickLower and tickUpper its range
    /// @param liquidity its liquidity
    /// @param sqrtPriceX96 the pool's price now
    /// @param tick the pool's tick now
    /// @param owed0 and owed1 what `collect` would pay after a burn of nothing: written down and earned since
    struct Exposure {
        uint256 tokenId;
        address pool;
        address token0;
        address token1;
        uint24 fee;
        int24 tickLower;
        int24 tickUpper;
        uint128 liquidity;
        uint160 sqrtPriceX96;
        int24 tick;
        uint256 owed0;
        uint256 owed1;
    }

    /// @notice The block of an answer.
    /// @param number its number
    /// @param timestamp its time, unix seconds
    /// @param parentHash hash of the block before, to prove which chain answered
    struct BlockSeen {
        uint256 number;
        uint256 timestamp;
        bytes32 parentHash;
    }

    /// @notice A position's pool does not exist: it is of another factory.
    error NoPool(uint256 tokenId, address token0, address token1, uint24 fee);
    /// @notice A callback of the pool is running: what is read now is half of a change.
    error PoolLocked(uint256 tokenId, address pool);

    /// @notice Positions by their ids.
    /// @param manager a NonfungiblePositionManager
    /// @param tokenIds ids, in the order in which they are wanted
    function read(
        Manager manager,
        uint256[] calldata tokenIds
    ) external view returns (BlockSeen memory seen, Exposure[] memory exposures) {
        Factory factory = Factory(manager.factory());
        exposures = new Exposure[](tokenIds.length);
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            _read(manager, factory, tokenIds[i], exposures[i]);
        }
        seen = _blockSeen();
    }

    /// @notice An owner's positions from one index to another.
    /// @param manager a NonfungiblePositionManager
    /// @param owner whose positions
    /// @param first index of the first one, from 0
    /// @param most how many at most
    /// @return seen the block
    /// @return total how many positions the owner has
    /// @return exposures those asked for
    function readOwner(
        Manager manager,
        address owner,
        uint256 first,
        uint256 most
    ) external view returns (BlockSeen memory seen, uint256 total, Exposure[] memory exposures) {
        Factory factory = Factory(manager.factory());
        total = manager.balanceOf(owner);
        uint256 left = total > first ? total - first : 0;
        exposures = new Exposure[](left < most ? left : most);
        for (uint256 i = 0; i < exposures.length; ++i) {
            _read(manager, factory, manager.tokenOfOwnerByIndex(owner, first + i), exposures[i]);
        }
        seen = _blockSeen();
    }

    /// @dev Fill in one position.
    function _read(Manager manager, Factory factory, uint256 tokenId, Exposure memory one) private view {
        Manager.Fields memory kept = manager.positions(tokenId);
        address pool = factory.getPool(kept.token0, kept.token1, kept.fee);
        if (pool == address(0)) revert NoPool(tokenId, kept.token0, kept.token1, kept.fee);
        (one.tokenId, one.pool, one.token0, one.token1) = (tokenId, pool, kept.token0, kept.token1);
        (one.fee, one.tickLower, one.tickUpper) = (kept.fee, kept.tickLower, kept.tickUpper);
        (one.liquidity, one.owed0, one.owed1) = (kept.liquidity, kept.tokensOwed0, kept.tokensOwed1);
        bool unlocked;
        (one.sqrtPriceX96, one.tick, , , , , unlocked) = Pool(pool).slot0();
        if (!unlocked) revert PoolLocked(tokenId, pool);
        if (kept.liquidity != 0) _addFees(one, kept);
    }

    /// @dev Add the fees since they were last written down.
    function _addFees(Exposure memory one, Manager.Fields memory kept) private view {
        Pool pool = Pool(one.pool);
        (int24 lower, int24 upper, int24 tick) = (one.tickLower, one.tickUpper, one.tick);
        (, , uint256 below0, uint256 below1, , , , ) = pool.ticks(lower);
        (, , uint256 above0, uint256 above1, , , , ) = pool.ticks(upper);
        uint256 inside = FeeGrowth.inside(below0, above0, pool.feeGrowthGlobal0X128(), lower, upper, tick);
        one.owed0 += FeeGrowth.owed(inside, kept.feeGrowthInside0LastX128, kept.liquidity);
        inside = FeeGrowth.inside(below1, above1, pool.feeGrowthGlobal1X128(), lower, upper, tick);
        one.owed1 += FeeGrowth.owed(inside, kept.feeGrowthInside1LastX128, kept.liquidity);
    }

    function _blockSeen() private view returns (BlockSeen memory) {
        return BlockSeen(block.number, block.timestamp, blockhash(block.number - 1));
    }
}
