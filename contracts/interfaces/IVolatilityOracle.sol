// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {AggregatorV3Interface} from "./AggregatorV3Interface.sol";

/// @title One volatility feed: the median of what signers report
/// @notice Reporters sign `Report(bytes32 feedId,uint64 round,uint64 observedAt,uint64 volatility)` (EIP-712, domain
/// "ALVH VolatilityOracle" version "1", this chain, this contract); anyone may carry a full set of them here. A
/// volatility is annual, with 8 decimals: 100 % is 1e8.
///
/// An answer moves at most `rates().perHourBps` per hour from the one before, and at most `rates().perDayBps` from
/// where it was when the present window of a day or more began. The first is counted from answer to answer, so that
/// many rounds in an hour compound: a quarter an hour comes to at most 28.4 %, e^0.25. A median beyond that is clamped
/// to the bound **and** the round is flagged: the answer then lags behind the reports, on purpose, and `reported` says
/// where they are.
/// @dev How it can be wrong: a majority of the reports in a round sets the answer freely inside these bounds; a
/// minority cannot move it outside the range that the honest reporters span. Whoever carries the reports chooses which
/// of more than a quorum to include, so among honest reports the answer can be steered between the lowest and the
/// highest median; and, where a quorum signed one round for several times, which of those not older than the age
/// limit. While rounds come daily, any 24 hours touch at most two windows, so the lowest and the highest answer in them
/// are at most three times the day's bound apart: eightfold, where that is a doubling. A median on a bound is not
/// beyond it and not flagged, so a majority that knows the bounds need never be. The first round after a silence longer
/// than the age limit may use the days that it lasted: it is flagged, and no consumer gets it before a second round
/// agrees. A true jump beyond the bounds is followed late. A feed that stops makes every freshness-checked read revert,
/// and so does an outage of a rollup's sequencer until its grace is over: breaker and automation read this feed first,
/// so neither trips nor moves a value on what was so before the outage. An uptime feed that is switched off, or says
/// "down" for good, stops them until the DAO sets up another feed; votes go on.
interface IVolatilityOracle is AggregatorV3Interface {
    /// @notice What is known about one round. All zero when there was no such round.
    /// @param round its number, from 1
    /// @param observedAt when all reporters observed, unix seconds
    /// @param volatility the answer: annual, 8 decimals
    /// @param submittedAt when it came on chain, unix seconds
    /// @param reported the median of the reports, before it was clamped: annual, 8 decimals
    /// @param flags 0, or the sum of 1 (clamped by the hour's bound), 2 (clamped by the day's bound) and 4 (no anchor:
    /// it follows a silence longer than the age limit, and no second round agreed yet)
    struct Round {
        uint64 round;
        uint64 observedAt;
        uint64 volatility;
        uint64 submittedAt;
        uint64 reported;
        uint8 flags;
    }

    /// @notice How fast the answer may move, in bps of where it was; up and down are alike: (1 + a) and 1 / (1 + a).
    /// @param perHourBps from the last answer, per hour that passed since then
    /// @param perDayBps from the answer at the start of the window, per day, and at least one day's worth
    struct Rates {
        uint32 perHourBps;
        uint32 perDayBps;
    }

    /// @notice What tells of a rollup's sequencer. All zero on a chain that has none.
    /// @param feed Chainlink's uptime feed of it: answer 0 for up, 1 for down, and since when
    /// @param grace seconds after an outage in which there is still no answer
    struct Sequencer {
        AggregatorV3Interface feed;
        uint32 grace;
    }

    // ---------------------------------------------------------------- errors: set-up
    /// @notice The grace after an outage is too short to act in or too long; without an uptime feed it must be zero.
    /// Seconds.
    /// @param grace what was asked for
    /// @param min the shortest
    /// @param max the longest
    error BadGrace(uint32 grace, uint32 min, uint32 max);
    /// @notice The age limit lies outside what a volatility feed can sensibly use. Seconds.
    /// @param maxAge what was asked for
    /// @param min the shortest
    /// @param max the longest
    error BadMaxAge(uint32 maxAge, uint32 min, uint32 max);
    /// @notice The rates are too tight to follow a market, too wide to hold anything, or the day's is below the hour's.
    /// @param perHourBps asked for from one answer to the next
    /// @param perDayBps asked for from the start of a window
    error BadRates(uint32 perHourBps, uint32 perDayBps);
    /// @notice The feed cannot be left without an owner: nobody could replace a signer then.
    error OwnerRequired();
    /// @notice The signer list is too long to be checked in one transaction.
    /// @param count how many were listed
    /// @param max the most
    error TooManySigners(uint256 count, uint256 max);
    /// @notice Signers are listed twice or not in strictly ascending order (the zero address counts as out of order).
    /// @param previous the signer before
    /// @param signer the one that does not exceed it
    error SignersNotAscending(address previous, address signer);
    /// @notice A contract cannot sign a report, so it cannot count towards the quorum. An account that delegates
    /// (EIP-7702) can.
    /// @param signer an account with code of its own
    error SignerIsContract(address signer);
    /// @notice The quorum is not a majority of the signers.
    /// @param quorum fewest reports that make a round
    /// @param signers how many signers
    error QuorumTooLow(uint8 quorum, uint256 signers);
    /// @notice The quorum exceeds the number of signers.
    /// @param quorum fewest reports that make a round
    /// @param signers how many signers
    error QuorumTooHigh(uint8 quorum, uint256 signers);
    /// @notice The quorum is even, so that no report set of exactly that size has a middle.
    /// @param quorum what was asked for
    error EvenQuorum(uint8 quorum);

    // ---------------------------------------------------------------- errors: reports
    /// @notice Volatilities and signatures do not pair up.
    /// @param volatilities how many volatilities
    /// @param signatures how many signatures
    error ReportsMismatch(uint256 volatilities, uint256 signatures);
    /// @notice Fewer reports than the quorum.
    /// @param reports how many there are
    /// @param quorum fewest reports that make a round
    error QuorumNotMet(uint256 reports, uint8 quorum);
    /// @notice An even number of reports has no middle one; drop one.
    /// @param reports how many there are
    error EvenReportCount(uint256 reports);
    /// @notice The round is not the next one.
    /// @param round the number given
    /// @param expected the last round plus one
    error WrongRound(uint64 round, uint64 expected);
    /// @notice The observation is not strictly newer than that of the last round.
    /// @param observedAt when it was observed, unix seconds
    /// @param lastObservedAt that of the last round, unix seconds
    error NotNewer(uint64 observedAt, uint64 lastObservedAt);
    /// @notice The observation is in the future.
    /// @param observedAt when it was observed, unix seconds
    /// @param timestamp now, unix seconds
    error FutureReport(uint64 observedAt, uint256 timestamp);
    /// @notice The observation is too old to become an answer. Seconds.
    /// @param age of the observation
    /// @param maxAge the oldest that counts
    error StaleReport(uint256 age, uint32 maxAge);
    /// @notice A report is outside the absolute bounds.
    /// @param index its place in the submission, from 0
    /// @param volatility what it reports, annual, 8 decimals
    /// @param min the lowest accepted
    /// @param max the highest accepted
    error VolatilityOutOfBounds(uint256 index, uint64 volatility, uint64 min, uint64 max);
    /// @notice A signature is malformed: wrong length, upper-half s, bad v.
    /// @param index its place in the submission, from 0
    /// @param reason what is wrong with it
    /// @param detail the length or the s that is wrong, else zero
    error BadSignature(uint256 index, ECDSA.RecoverError reason, bytes32 detail);
    /// @notice This signature recovers to an account that is not a signer now (also: a signature over other content).
    /// @param index its place in the submission, from 0
    /// @param recovered whom the signature proves
    error UnknownSigner(uint256 index, address recovered);
    /// @notice Signatures repeat a signer, or are not sorted by signer.
    /// @param previous the reporter before
    /// @param reporter the one that does not exceed it
    error ReportersNotAscending(address previous, address reporter);

    // ---------------------------------------------------------------- errors: reading
    /// @notice The rollup's sequencer is down, or its uptime feed has no round yet.
    /// @param since when it went down, unix seconds; zero where the feed knows nothing
    error SequencerDown(uint256 since);
    /// @notice The rollup's sequencer is up again, and its users have not had the time of grace to act in.
    /// @param since when it came up, unix seconds
    /// @param grace seconds from then on in which there is no answer
    error SequencerBack(uint256 since, uint32 grace);
    /// @notice No round was ever submitted.
    error NoAnswer();
    /// @notice The last answer is older than the feed allows. Seconds.
    /// @param age of the observation
    /// @param maxAge the oldest that is handed out
    error StaleAnswer(uint256 age, uint32 maxAge);
    /// @notice The last answer is the first one after a silence longer than the age limit, and no second round agreed
    /// with it yet: the rates bound it by the length of the silence alone.
    /// @param round its number
    error UnanchoredAnswer(uint64 round);
    /// @notice This round is not kept (any more); rounds `oldest` to `newest` are.
    /// @param round the number asked for
    /// @param oldest first round that is kept
    /// @param newest last round
    error RoundNotAvailable(uint80 round, uint64 oldest, uint64 newest);

    // ---------------------------------------------------------------- events
    /// @notice A round was accepted; volatilities[i] was signed by reporters[i].
    /// @param round its number
    /// @param volatility the answer: annual, 8 decimals
    /// @param observedAt when it was observed, unix seconds
    /// @param reporters who signed, ascending
    /// @param volatilities what each of them reported
    event RoundSubmitted(
        uint64 indexed round, uint64 volatility, uint64 observedAt, address[] reporters, uint64[] volatilities
    );
    /// @notice A round is flagged: its median was beyond a bound, which is the answer then, or it follows a silence.
    /// @param round its number
    /// @param reported median of the reports, annual, 8 decimals
    /// @param volatility the answer, annual, 8 decimals
    /// @param flags why, see `Round`
    event AnswerFlagged(uint64 indexed round, uint64 reported, uint64 volatility, uint8 flags);
    /// @notice The signer set was replaced.
    /// @param signers all of them, ascending
    /// @param quorum fewest reports that make a round
    event SignersSet(address[] signers, uint8 quorum);

    // ---------------------------------------------------------------- writing
    /// @notice Carry one round of signed reports on chain. Anyone may; the signatures decide.
    /// @param round the last round plus one
    /// @param observedAt when all of them observed, unix seconds; strictly newer than the last round, not in the future
    /// and not older than the age limit
    /// @param volatilities one per reporter, 8 decimals; an odd number, at least the quorum
    /// @param signatures 65 bytes each (r, s, v), sorted by strictly ascending signer address
    function submit(
        uint64 round,
        uint64 observedAt,
        uint64[] calldata volatilities,
        bytes[] calldata signatures
    ) external;

    /// @notice Replace all signers. Owner (the DAO's timelock) only.
    /// @param newSigners strictly ascending; at most 31
    /// @param newQuorum odd, more than half of them
    function setSigners(address[] calldata newSigners, uint8 newQuorum) external;

    // ---------------------------------------------------------------- reading
    /// @notice The volatility now, for consumers on chain.
    /// @dev Reverts with SequencerDown, SequencerBack, NoAnswer, StaleAnswer or UnanchoredAnswer: an old value is never
    /// handed out as if it were current, and the first one after a silence not before a second round agrees.
    /// @return volatility annual, 8 decimals
    /// @return observedAt unix seconds
    function latest() external view returns (uint64 volatility, uint64 observedAt);

    /// @notice The last round, with its flags; reverts as `latest` does.
    function latestRound() external view returns (Round memory);

    /// @notice One of the last 128 rounds, with its flags. History is not checked for freshness.
    /// @param round number of the round
    function roundAt(uint64 round) external view returns (Round memory);

    /// @notice The last round, fresh or not: for monitors that must see a feed that has stopped. NOT checked for
    /// freshness.
    function peek() external view returns (Round memory);

    /// @notice Number of the last round; 0 before the first.
    function lastRound() external view returns (uint64);

    /// @notice The digest a reporter signs for these values.
    /// @param round the round that it is for
    /// @param observedAt when it was observed, unix seconds
    /// @param volatility annual, 8 decimals
    function reportDigest(uint64 round, uint64 observedAt, uint64 volatility) external view returns (bytes32);

    /// @notice Which underlying and index this feed is about.
    function feedId() external view returns (bytes32);

    /// @notice Current signers (no order promised).
    function signers() external view returns (address[] memory);

    /// @notice Whether an account is a current signer.
    /// @param account whom to look up
    function isSigner(address account) external view returns (bool);

    /// @notice Fewest reports that make a round.
    function quorum() external view returns (uint8);

    /// @notice Seconds after which an observation is stale.
    function maxAge() external view returns (uint32);

    /// @notice What tells of the rollup's sequencer, and the grace after an outage.
    function sequencer() external view returns (Sequencer memory);

    /// @notice How fast the answer may move.
    function rates() external view returns (Rates memory);
}
