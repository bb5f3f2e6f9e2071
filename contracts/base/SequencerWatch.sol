// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AggregatorV3Interface} from "../interfaces/AggregatorV3Interface.sol";
import {IVolatilityOracle} from "../interfaces/IVolatilityOracle.sol";

/// @title No answer while a rollup's sequencer is down, and for a time of grace after
/// @notice While a sequencer is down nobody can report, trade or answer; whoever is first when it is back meets prices
/// of before. Chainlink publishes for each rollup whether its sequencer is up (0) or down (1), and since when.
abstract contract SequencerWatch is IVolatilityOracle {
    /// @notice Shortest time of grace, in seconds: below it, one reporter's round is all that people have time for.
    uint32 public constant MIN_GRACE = 10 minutes;
    /// @notice Longest time of grace, in seconds: above it, one outage would stop the feed for longer than its age
    /// limit.
    uint32 public constant MAX_GRACE = 1 days;

    AggregatorV3Interface private immutable _UPTIME_FEED;
    uint32 private immutable _GRACE;

    /// @param watched the rollup's uptime feed and the grace; no feed and no grace on a chain without a sequencer
    constructor(Sequencer memory watched) {
        bool isWatched = address(watched.feed) != address(0);
        (uint32 least, uint32 most) = isWatched ? (MIN_GRACE, MAX_GRACE) : (0, 0);
        if (watched.grace < least || watched.grace > most) revert BadGrace(watched.grace, least, most);
        (_UPTIME_FEED, _GRACE) = (watched.feed, watched.grace);
    }

    /// @inheritdoc IVolatilityOracle
    function sequencer() external view returns (Sequencer memory) {
        return Sequencer(_UPTIME_FEED, _GRACE);
    }

    /// @dev Revert while the sequencer is down, or back for less than the grace. A feed without a round says since
    /// when with zero: it knows nothing, and counts as down.
    function _requireSequencerUp() internal view {
        if (address(_UPTIME_FEED) == address(0)) return;
        (, int256 answer, uint256 since, , ) = _UPTIME_FEED.latestRoundData();
        if (answer != 0 || since == 0) revert SequencerDown(since);
        if (Math.saturatingSub(block.timestamp, since) < _GRACE) revert SequencerBack(since, _GRACE);
    }
}
