// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What Chainlink's feeds say of themselves beside their answers
/// @notice For the bridge's ABI only: a proxy names its aggregator, and that the bounds within which it answers.
interface IAggregatorBounds {
    /// @notice The aggregator behind a proxy.
    function aggregator() external view returns (address);
    /// @notice The lowest that it answers, also where the market is below.
    function minAnswer() external view returns (int192);
    /// @notice The highest that it answers, also where the market is above.
    function maxAnswer() external view returns (int192);
}
