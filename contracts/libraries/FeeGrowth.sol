// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Fees of a Uniswap v3 position since they were last written down
/// @notice Uniswap's own arithmetic: growth is a 128.128 number that wraps, and so do its differences.
library FeeGrowth {
    /// @dev One whole unit of growth.
    uint256 private constant _Q128 = 1 << 128;

    /// @dev Growth inside a range.
    /// @param below growth outside the lower tick
    /// @param above growth outside the upper tick
    /// @param all growth of the whole pool
    function inside(
        uint256 below,
        uint256 above,
        uint256 all,
        int24 lower,
        int24 upper,
        int24 tick
    ) internal pure returns (uint256) {
        unchecked {
            if (tick < lower) return below - above;
            if (tick >= upper) return above - below;
            return all - below - above;
        }
    }

    /// @dev Token units earned by liquidity while growth went from `last` to `now_`, rounded down as the manager does,
    /// which keeps the low 128 bits.
    function owed(uint256 now_, uint256 last, uint128 liquidity) internal pure returns (uint128) {
        unchecked {
            return uint128(Math.mulDiv(now_ - last, liquidity, _Q128));
        }
    }
}
