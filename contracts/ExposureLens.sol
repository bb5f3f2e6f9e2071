// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IExposureLens} from "./interfaces/IExposureLens.sol";
import {
    IUniswapV3FactoryReads as FactoryV3,
    IUniswapV3PositionReads as ManagerV3
} from "./interfaces/IUniswapV3PositionReads.sol";
import {IUniswapV4PositionReads as ManagerV4} from "./interfaces/IUniswapV4Reads.sol";
import {PositionRows} from "./libraries/PositionRows.sol";
import {UniswapV2Shares} from "./libraries/UniswapV2Shares.sol";
import {UniswapV3Positions} from "./libraries/UniswapV3Positions.sol";
import {UniswapV4Positions} from "./libraries/UniswapV4Positions.sol";

/// @title Many Uniswap v2, v3 and v4 positions in one call
/// @notice See IExposureLens. Never deployed, ownerless and without state.
contract ExposureLens is IExposureLens {
    using PositionRows for PositionRows.Rows;

    /// @inheritdoc IExposureLens
    function sharesV2(
        address owner,
        address[] calldata pairs
    ) external view returns (BlockSeen memory seen, Share[] memory shares) {
        shares = new Share[](pairs.length);
        for (uint256 i = 0; i < pairs.length; ++i) {
            shares[i] = UniswapV2Shares.read(pairs[i], owner);
        }
        seen = _blockSeen();
    }

    /// @inheritdoc IExposureLens
    function positionsV3(
        address manager,
        uint256[] calldata tokenIds
    ) external view returns (BlockSeen memory seen, PoolSeen[] memory pools, uint256[] memory words) {
        FactoryV3 factory = FactoryV3(ManagerV3(manager).factory());
        PositionRows.Rows memory rows = PositionRows.make(tokenIds.length);
        for (uint256 i = 0; i < tokenIds.length && rows.mayGoOn(); ++i) {
            UniswapV3Positions.add(rows, manager, factory, tokenIds[i]);
        }
        return _answer(rows);
    }

    /// @inheritdoc IExposureLens
    function positionsOfV3(
        address manager,
        address owner,
        uint256 first,
        uint256 most
    ) external view returns (BlockSeen memory seen, PoolSeen[] memory pools, uint256[] memory words, uint256 total) {
        total = ManagerV3(manager).balanceOf(owner);
        uint256 left = total > first ? total - first : 0;
        FactoryV3 factory = FactoryV3(ManagerV3(manager).factory());
        PositionRows.Rows memory rows = PositionRows.make(left < most ? left : most);
        for (uint256 i = 0; i < left && i < most && rows.mayGoOn(); ++i) {
            uint256 tokenId = ManagerV3(manager).tokenOfOwnerByIndex(owner, first + i);
            UniswapV3Positions.add(rows, manager, factory, tokenId);
        }
        (seen, pools, words) = _answer(rows);
    }

    /// @inheritdoc IExposureLens
    function positionsV4(
        address manager,
        uint256[] calldata tokenIds
    ) external view returns (BlockSeen memory seen, PoolSeen[] memory pools, uint256[] memory words) {
        address poolManager = ManagerV4(manager).poolManager();
        UniswapV4Positions.requireLocked(poolManager);
        PositionRows.Rows memory rows = PositionRows.make(tokenIds.length);
        for (uint256 i = 0; i < tokenIds.length && rows.mayGoOn(); ++i) {
            UniswapV4Positions.add(rows, manager, poolManager, tokenIds[i]);
        }
        return _answer(rows);
    }

    function _answer(
        PositionRows.Rows memory rows
    ) private view returns (BlockSeen memory, PoolSeen[] memory, uint256[] memory) {
        rows.close();
        return (_blockSeen(), rows.pools, rows.words);
    }

    function _blockSeen() private view returns (BlockSeen memory) {
        return BlockSeen(block.number, block.timestamp);
    }
}
