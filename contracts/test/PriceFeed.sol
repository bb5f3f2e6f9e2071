// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A price feed that anybody sets
/// @notice For local chains and tests only. It answers as Chainlink's feeds do, and is its own aggregator.
contract PriceFeed {
    /// @notice Decimals of the answer.
    // solhint-disable-next-line immutable-vars-naming
    uint8 public immutable decimals;
    /// @notice The price.
    int256 public answer;
    /// @notice When it was last written, unix seconds.
    uint256 public updatedAt;
    /// @notice The lowest answer that it gives.
    int192 public minAnswer = 1;
    /// @notice The highest answer that it gives.
    int192 public maxAnswer = type(int192).max;

    /// @param decimals_ of the answer
    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    /// @notice Say a price.
    /// @param answer_ the price
    /// @param updatedAt_ as of when, unix seconds
    function set(int256 answer_, uint256 updatedAt_) external {
        (answer, updatedAt) = (answer_, updatedAt_);
    }

    /// @notice Say within which bounds it answers.
    /// @param min the lowest
    /// @param max the highest
    function setBounds(int192 min, int192 max) external {
        (minAnswer, maxAnswer) = (min, max);
    }

    /// @notice Itself.
    function aggregator() external view returns (address) {
        return address(this);
    }

    /// @notice The newest round: number, answer, two times, number.
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, answer, updatedAt, updatedAt, 1);
    }
}
