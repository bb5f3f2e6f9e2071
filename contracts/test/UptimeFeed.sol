// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title An uptime feed of a sequencer that anybody switches
/// @notice For local chains and tests only. It answers as Chainlink's feeds on rollups do.
contract UptimeFeed {
    /// @notice 0 for up, anything else for down.
    int256 public answer;
    /// @notice Since when; zero before the first round.
    uint256 public since;

    /// @notice Say what the sequencer is.
    /// @param answer_ 0 for up, 1 for down
    /// @param since_ since when, unix seconds
    function set(int256 answer_, uint256 since_) external {
        (answer, since) = (answer_, since_);
    }

    /// @notice The newest round: number, answer, since when, when it was written, number.
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, answer, since, block.timestamp, 1);
    }
}
