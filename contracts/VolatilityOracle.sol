// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";

/// @title One volatility feed: the median of what signers report
/// @notice See IVolatilityOracle for what it promises and how it can be wrong.
contract VolatilityOracle is Ownable, EIP712, IVolatilityOracle {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @dev Everything that a submission reads and writes, in one word; the last 40 bits are free for flags.
    struct Head {
        uint64 round;
        uint64 volatility;
        uint40 observedAt; // unix seconds, enough until the year 36812
        uint40 submittedAt; // unix seconds
        uint8 quorum;
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
    /// @notice Most signers: checking 31 signatures costs about 0.35 M gas.
    uint256 public constant MAX_SIGNERS = 31;
    /// @notice Rounds kept for getRoundData: five days of hourly rounds.
    uint64 public constant HISTORY = 128;
    /// @notice Shortest age limit, in seconds: five blocks, below which the feed could not be kept fresh.
    uint32 public constant MIN_MAX_AGE = 1 minutes;
    /// @notice Longest age limit, in seconds: a week-old volatility is history.
    uint32 public constant MAX_MAX_AGE = 7 days;
    /// @notice EIP-712 type of a report.
    bytes32 public constant REPORT_TYPEHASH =
        keccak256("Report(bytes32 feedId,uint64 round,uint64 observedAt,uint64 volatility)");

    bytes32 private immutable _FEED_ID;
    uint32 private immutable _MAX_AGE;

    /// @notice What the feed measures, for people.
    string public description;
    Head private _head;
    EnumerableSet.AddressSet private _signers;
    Round[HISTORY] private _rounds;

    /// @param feedId_ which underlying and index this is, e.g. keccak256("ALVH/ETH/30D")
    /// @param description_ the same for people
    /// @param owner_ the DAO's timelock: may replace signers
    /// @param signers_ reporters, strictly ascending
    /// @param quorum_ fewest reports that make a round: odd, more than half of the signers
    /// @param maxAge_ seconds after which an observation is stale, one minute to seven days
    constructor(
        bytes32 feedId_,
        string memory description_,
        address owner_,
        address[] memory signers_,
        uint8 quorum_,
        uint32 maxAge_
    ) Ownable(owner_) EIP712("ALVH VolatilityOracle", "1") {
        if (maxAge_ < MIN_MAX_AGE || maxAge_ > MAX_MAX_AGE) revert BadMaxAge(maxAge_, MIN_MAX_AGE, MAX_MAX_AGE);
        _FEED_ID = feedId_;
        _MAX_AGE = maxAge_;
        description = description_;
        _replaceSigners(signers_, quorum_);
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
        uint64 median = _median(volatilities);

        head.round = round;
        head.volatility = median;
        head.observedAt = uint40(observedAt); // not in the future, so it fits
        head.submittedAt = uint40(block.timestamp);
        _head = head;
        _rounds[round % HISTORY] = Round(round, observedAt, median, uint64(block.timestamp));
        emit RoundSubmitted(round, median, observedAt, reporters, volatilities);
    }

    /// @inheritdoc IVolatilityOracle
    function setSigners(address[] calldata newSigners, uint8 newQuorum) external onlyOwner {
        _replaceSigners(newSigners, newQuorum);
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
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        uint64 newest = _head.round;
        uint64 oldest = newest < HISTORY ? 1 : newest - HISTORY + 1;
        if (roundId < oldest || roundId > newest) revert RoundNotAvailable(roundId, oldest, newest);
        Round memory kept = _rounds[roundId % HISTORY];
        return (roundId, int256(uint256(kept.volatility)), kept.observedAt, kept.observedAt, roundId);
    }

    /// @inheritdoc IVolatilityOracle
    function peek() external view returns (Round memory) {
        Head memory head = _head;
        return Round(head.round, head.observedAt, head.volatility, head.submittedAt);
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
    function signers() external view returns (address[] memory) {
        return _signers.values();
    }

    /// @inheritdoc IVolatilityOracle
    function isSigner(address account) external view returns (bool) {
        return _signers.contains(account);
    }

    /// @inheritdoc IVolatilityOracle
    function quorum() external view returns (uint8) {
        return _head.quorum;
    }

    /// @inheritdoc IVolatilityOracle
    function maxAge() external view returns (uint32) {
        return _MAX_AGE;
    }

    function _replaceSigners(address[] memory newSigners, uint8 newQuorum) private {
        if (newSigners.length > MAX_SIGNERS) revert TooManySigners(newSigners.length, MAX_SIGNERS);
        if (uint256(newQuorum) * 2 <= newSigners.length) revert QuorumTooLow(newQuorum, newSigners.length);
        if (newQuorum > newSigners.length) revert QuorumTooHigh(newQuorum, newSigners.length);
        if (newQuorum % 2 == 0) revert EvenQuorum(newQuorum);
        _signers.clear();
        address previous = address(0);
        for (uint256 i = 0; i < newSigners.length; ++i) {
            address signer = newSigners[i];
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            if (signer.code.length != 0) revert SignerIsContract(signer);
            _signers.add(signer);
            previous = signer;
        }
        _head.quorum = newQuorum;
        emit SignersSet(newSigners, newQuorum);
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

    /// @dev Who signed: distinct current signers, because strictly ascending.
    function _recoverAll(
        bytes32[] memory digests,
        bytes[] calldata signatures
    ) private view returns (address[] memory reporters) {
        reporters = new address[](signatures.length);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address reporter = _recover(i, digests[i], signatures[i]);
            if (reporter <= previous) revert ReportersNotAscending(previous, reporter);
            (reporters[i], previous) = (reporter, reporter);
        }
    }

    function _recover(uint256 index, bytes32 digest, bytes calldata signature) private view returns (address reporter) {
        ECDSA.RecoverError reason;
        bytes32 detail;
        (reporter, reason, detail) = ECDSA.tryRecoverCalldata(digest, signature);
        if (reason != ECDSA.RecoverError.NoError) revert BadSignature(index, reason, detail);
        if (!_signers.contains(reporter)) revert UnknownSigner(index, reporter);
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

    function _freshHead() private view returns (Head memory head) {
        head = _head;
        if (head.round == 0) revert NoAnswer();
        uint256 age = block.timestamp - head.observedAt;
        if (age > _MAX_AGE) revert StaleAnswer(age, _MAX_AGE);
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
