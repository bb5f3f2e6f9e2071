// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// solhint-disable interface-starts-with-i

/// @title Chainlink's price feed interface, as its consumers know it
interface AggregatorV3Interface {
    /// @notice Decimals of every answer.
    function decimals() external view returns (uint8);
    /// @notice What the feed measures, for people.
    function description() external view returns (string memory);
    /// @notice Version of the interface.
    function version() external view returns (uint256);
    /// @notice One round: number, answer, two times, number.
    /// @param roundId number of the round
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80);
    /// @notice The newest round: number, answer, two times, number.
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80);
}
