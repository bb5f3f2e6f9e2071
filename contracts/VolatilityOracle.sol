// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReportSigners} from "./base/ReportSigners.sol";
import {SequencerWatch} from "./base/SequencerWatch.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";
import {RateBounds} from "./libraries/RateBounds.sol";

/// @title One volatility feed: the median of what signers report
/// @notice See IVolatilityOracle for what it promises and how it can be wrong.
contract VolatilityOracle is Ownable, EIP712, ReportSigners, SequencerWatch {
    /// @dev Everything that a submission reads and writes, in one word. Volatilities are at most MAX_VOLATILITY, below
    /// 2^30; rounds are counted one by one; 40 bits of unix seconds last until the year 36812.
    /// @param round number of the last round
    /// @param observedAt of that round
    /// @param volatility its answer
    /// @param quorum fewest reports that make a round
    /// @param windowAt when the day's window began
    /// @param windowStart the answer then
    struct Head {
        uint40 round;
        uint40 observedAt;
        uint32 volatility;
        uint8 quorum;
        uint40 windowAt; // when the day's window began: the observation whose answer is windowStart
        uint32 windowStart;
        bool isUnanchored; // no round agreed yet with the first one after a silence
    }

    /// @dev A round as it is kept: one word.
    /// @param round its number
    /// @param observedAt when all reporters observed
    /// @param submittedAt when it came on chain
    /// @param volatility the answer
    /// @param reported the median before it was clamped
    /// @param flags see `IVolatilityOracle.Round`
    struct Kept {
        uint40 round;
        uint40 observedAt;
        uint40 submittedAt;
        uint32 volatility;
        uint32 reported;
        uint8 flags;
    }

    /// @notice Decimals of every volatility: Chainlink's habit for quotes in USD, far finer than any volatility is
    /// known.
    // solhint-disable-next-line const-name-snakecase
    uint8 public constant decimals = 8;
    /// @notice Version of the feed's interface and of its EIP-712 domain.
    // solhint-disable-next-line const-name-snakecase
    uint256 public constant version = 1;
    /// @notice Lowest volatility accepted, 1 % a year (8 decimals): below it, no crypto underlying has ever been
    /// quoted.
    uint64 public constant MIN_VOLATILITY = 1e6;
    /// @notice Highest volatility accepted, 1000 % a year (8 decimals): above it, a report is a wrong unit.
    uint64 public constant MAX_VOLATILITY = 1e9;
    /// @notice Rounds kept for getRoundData: five days of hourly rounds.
    uint64 public constant HISTORY = 128;
    /// @notice Shortest age limit, in seconds: five blocks, below which the feed could not be kept fresh.
    uint32 public constant MIN_MAX_AGE = 1 minutes;
    /// @notice Longest age limit, in seconds: a week-old volatility is history.
    uint32 public constant MAX_MAX_AGE = 7 days;
    /// @notice Slowest rate that can be set, in bps per hour: 1 %, below which no market could be followed.
    uint32 public constant MIN_RATE = 100;
    /// @notice Fastest rate that can be set, in bps: tenfold in its period, above which it would hold nothing.
    uint32 public constant MAX_RATE = 90_000;
    /// @notice Flag of a round whose median was beyond the hour's bound.
    uint8 public constant CLAMPED_BY_HOUR = 1;
    /// @notice Flag of a round whose median was beyond the day's bound: a drift in many small steps ends here.
    uint8 public constant CLAMPED_BY_DAY = 2;
    /// @notice Flag of the first round after a silence longer than the age limit, and of those that follow until one
    /// agrees.
    uint8 public constant UNANCHORED = 4;
    /// @notice EIP-712 type of a report.
    bytes32 public constant REPORT_TYPEHASH =
        keccak256("Report(bytes32 feedId,uint64 round,uint64 observedAt,uint64 volatility)");

    bytes32 private immutable _FEED_ID;
    uint32 private immutable _MAX_AGE;
    uint32 private immutable _PER_HOUR_BPS;
    uint32 private immutable _PER_DAY_BPS;

    /// @notice What the feed measures, for people.
    string public description;
    /// @dev The last round, the quorum and the day's window.
    Head private _head;
    /// @dev The last rounds, each at its number modulo HISTORY.
    Kept[HISTORY] private _rounds;

    /// @param feedId_ which underlying and index this is, e.g. keccak256("ALVH/ETH/30D")
    /// @param description_ the same for people
    /// @param owner_ the DAO's timelock: may replace signers
    /// @param signers_ reporters, strictly ascending
    /// @param quorum_ fewest reports that make a round: odd, more than half of the signers
    /// @param maxAge_ seconds after which an observation is stale, one minute to seven days
    /// @param rates_ how fast the answer may move: 100 bps per hour or more, at most 90,000 per day
    /// @param sequencer_ a rollup's uptime feed and the grace after an outage; zeros on a chain without a sequencer
    constructor(
        bytes32 feedId_,
        string memory description_,
        address owner_,
        address[] memory signers_,
        uint8 quorum_,
        uint32 maxAge_,
        Rates memory rates_,
        Sequencer memory sequencer_
    ) Ownable(owner_) EIP712("ALVH VolatilityOracle", "1") SequencerWatch(sequencer_) {
        if (maxAge_ < MIN_MAX_AGE || maxAge_ > MAX_MAX_AGE) revert BadMaxAge(maxAge_, MIN_MAX_AGE, MAX_MAX_AGE);
        _requireRates(rates_);
        _FEED_ID = feedId_;
        _MAX_AGE = maxAge_;
        (_PER_HOUR_BPS, _PER_DAY_BPS) = (rates_.perHourBps, rates_.perDayBps);
        description = description_;
        _replaceSigners(signers_, quorum_);
        _head.quorum = quorum_;
    }

    /// @inheritdoc IVolatilityOracle
    function submit(
        uint64 round,
        uint64 observedAt,
        uint64[] calldata volatilities,
        bytes[] calldata signatures
    ) external {
        Head memory head = _head;
        _checkCount(volatilities.length, signatures.length, head.quorum);
        _checkRound(head, round, observedAt);
        address[] memory reporters = _recoverAll(_digests(round, observedAt, volatilities), signatures);
        uint64 answer = _record(head, uint40(observedAt), _median(volatilities));
        emit RoundSubmitted(round, answer, observedAt, reporters, volatilities);
    }

    /// @inheritdoc IVolatilityOracle
    function setSigners(address[] calldata newSigners, uint8 newQuorum) external onlyOwner {
        _replaceSigners(newSigners, newQuorum);
        _head.quorum = newQuorum;
    }

    /// @inheritdoc IVolatilityOracle
    function latest() external view returns (uint64 volatility, uint64 observedAt) {
        Head memory head = _freshHead();
        return (head.volatility, head.observedAt);
    }

    /// @notice Chainlink's read; both times are the time of observation. Reverts when there is no fresh answer.
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        Head memory head = _freshHead();
        return (head.round, int256(uint256(head.volatility)), head.observedAt, head.observedAt, head.round);
    }

    /// @notice One of the last 128 rounds. History is not checked for freshness.
    /// @param roundId number of the round
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        _requireKept(roundId);
        Kept memory kept = _rounds[roundId % HISTORY];
        return (roundId, int256(uint256(kept.volatility)), kept.observedAt, kept.observedAt, roundId);
    }

    /// @inheritdoc IVolatilityOracle
    function latestRound() external view returns (Round memory) {
        return _round(_freshHead().round);
    }

    /// @inheritdoc IVolatilityOracle
    function roundAt(uint64 round) external view returns (Round memory) {
        _requireKept(round);
        return _round(round);
    }

    /// @inheritdoc IVolatilityOracle
    function peek() external view returns (Round memory) {
        return _round(_head.round);
    }

    /// @inheritdoc IVolatilityOracle
    function lastRound() external view returns (uint64) {
        return _head.round;
    }

    /// @inheritdoc IVolatilityOracle
    function reportDigest(uint64 round, uint64 observedAt, uint64 volatility) external view returns (bytes32) {
        return _digest(round, observedAt, volatility);
    }

    /// @inheritdoc IVolatilityOracle
    function feedId() external view returns (bytes32) {
        return _FEED_ID;
    }

    /// @inheritdoc IVolatilityOracle
    function quorum() external view returns (uint8) {
        return _head.quorum;
    }

    /// @inheritdoc IVolatilityOracle
    function maxAge() external view returns (uint32) {
        return _MAX_AGE;
    }

    /// @inheritdoc IVolatilityOracle
    function rates() external view returns (Rates memory) {
        return Rates(_PER_HOUR_BPS, _PER_DAY_BPS);
    }

    /// @notice Always reverts.
    function renounceOwnership() public pure override {
        revert OwnerRequired();
    }

    /// @dev Put a round on record; returns its answer.
    function _record(Head memory head, uint40 observedAt, uint256 median) private returns (uint64) {
        (uint256 answer, uint8 flags) = _bounded(head, observedAt, median);
        head.isUnanchored = _isUnanchored(head, observedAt, flags);
        if (head.isUnanchored) flags |= UNANCHORED;
        (uint40 round, uint40 submittedAt) = (head.round + 1, uint40(block.timestamp));
        (head.round, head.observedAt, head.volatility) = (round, observedAt, uint32(answer));
        _head = head;
        _rounds[round % HISTORY] = Kept(round, observedAt, submittedAt, uint32(answer), uint32(median), flags);
        if (flags != 0) emit AnswerFlagged(round, uint64(median), uint64(answer), flags);
        return uint64(answer);
    }

    /// @dev The answer that the rates allow. The last answer lies inside the day's bound, so the hour's and the day's
    /// bounds always overlap, and clamping to one after the other obeys both.
    function _bounded(
        Head memory head,
        uint40 observedAt,
        uint256 median
    ) private view returns (uint256 answer, uint8 flags) {
        if (head.round == 0) {
            (head.windowAt, head.windowStart) = (observedAt, uint32(median));
            return (median, 0);
        }
        if (observedAt - head.windowAt >= 1 days) {
            (head.windowAt, head.windowStart) = (head.observedAt, head.volatility);
        }
        answer = RateBounds.clamp(median, head.volatility, _PER_HOUR_BPS, observedAt - head.observedAt, 1 hours);
        if (answer != median) flags = CLAMPED_BY_HOUR;
        uint256 open = Math.max(observedAt - head.windowAt, 1 days);
        uint256 held = RateBounds.clamp(answer, head.windowStart, _PER_DAY_BPS, open, 1 days);
        if (held != answer) (answer, flags) = (held, flags | CLAMPED_BY_DAY);
    }

    /// @dev Whether nothing stands behind an answer but its own round: in a long silence the rates allow nearly all,
    /// so a second round must agree, that is lie inside the rates from the first one.
    function _isUnanchored(Head memory head, uint40 observedAt, uint8 flags) private view returns (bool) {
        if (head.round == 0) return false;
        return observedAt - head.observedAt > _MAX_AGE || (head.isUnanchored && flags != 0);
    }

    /// @dev The digest that each reporter must have signed, for volatilities inside the absolute bounds.
    function _digests(
        uint64 round,
        uint64 observedAt,
        uint64[] calldata volatilities
    ) private view returns (bytes32[] memory digests) {
        digests = new bytes32[](volatilities.length);
        for (uint256 i = 0; i < volatilities.length; ++i) {
            uint64 volatility = volatilities[i];
            if (volatility < MIN_VOLATILITY || volatility > MAX_VOLATILITY) {
                revert VolatilityOutOfBounds(i, volatility, MIN_VOLATILITY, MAX_VOLATILITY);
            }
            digests[i] = _digest(round, observedAt, volatility);
        }
    }

    function _digest(uint64 round, uint64 observedAt, uint64 volatility) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REPORT_TYPEHASH, _FEED_ID, round, observedAt, volatility)));
    }

    function _checkRound(Head memory head, uint64 round, uint64 observedAt) private view {
        if (round != head.round + 1) revert WrongRound(round, head.round + 1);
        if (observedAt <= head.observedAt) revert NotNewer(observedAt, head.observedAt);
        if (observedAt > block.timestamp) revert FutureReport(observedAt, block.timestamp);
        if (block.timestamp - observedAt > _MAX_AGE) revert StaleReport(block.timestamp - observedAt, _MAX_AGE);
    }

    function _round(uint256 round) private view returns (Round memory) {
        Kept memory kept = _rounds[round % HISTORY];
        return Round(kept.round, kept.observedAt, kept.volatility, kept.submittedAt, kept.reported, kept.flags);
    }

    function _requireKept(uint80 round) private view {
        uint64 newest = _head.round;
        uint64 oldest = newest < HISTORY ? 1 : newest - HISTORY + 1;
        if (round < oldest || round > newest) revert RoundNotAvailable(round, oldest, newest);
    }

    function _freshHead() private view returns (Head memory head) {
        _requireSequencerUp();
        head = _head;
        if (head.round == 0) revert NoAnswer();
        uint256 age = block.timestamp - head.observedAt;
        if (age > _MAX_AGE) revert StaleAnswer(age, _MAX_AGE);
        if (head.isUnanchored) revert UnanchoredAnswer(head.round);
    }

    function _requireRates(Rates memory rates_) private pure {
        (uint32 hour, uint32 day) = (rates_.perHourBps, rates_.perDayBps);
        if (hour < MIN_RATE || day < hour || day > MAX_RATE) revert BadRates(hour, day);
    }

    function _checkCount(uint256 volatilities, uint256 signatures, uint8 needed) private pure {
        if (volatilities != signatures) revert ReportsMismatch(volatilities, signatures);
        if (signatures < needed) revert QuorumNotMet(signatures, needed);
        if (signatures % 2 == 0) revert EvenReportCount(signatures);
    }

    /// @dev The count is odd, so the middle is exactly one reporter's number: nothing is averaged or rounded.
    function _median(uint64[] calldata volatilities) private pure returns (uint64) {
        uint256[] memory sorted = new uint256[](volatilities.length);
        for (uint256 i = 0; i < volatilities.length; ++i) {
            sorted[i] = volatilities[i];
        }
        return uint64(Arrays.sort(sorted)[sorted.length / 2]);
    }
}
