// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TickVolatility} from "../libraries/TickVolatility.sol";

/// @title TickVolatility, callable
/// @notice For tests only.
contract TickVolatilityHarness {
    /// @notice The volatility of given observations.
    function volatility(uint32[] calldata ages, int56[] calldata cumulatives) external pure returns (uint256) {
        return TickVolatility.volatility(TickVolatility.sum(ages, cumulatives));
    }
}
