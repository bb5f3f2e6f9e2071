// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// solhint-disable interface-starts-with-i

/// @title Chainlink's price feed interface, as its consumers know it
interface AggregatorV3Interface {
    function decimals() external view returns (uint8);
    function description() external view returns (string memory);
    function version() external view returns (uint256);
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80);
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80);
}
