// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorProposalGuardian} from "@openzeppelin/contracts/governance/extensions/GovernorProposalGuardian.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title The DAO's vote
/// @notice OpenZeppelin's Governor with checkpointed votes, a quorum fraction, protection against a quorum in the last
/// second, a guardian that can cancel until execution, and a timelock that executes. Ours are four bounds on what a
/// vote may set, else one vote that nobody saw could let the next pass in seconds; an end of the time in which what
/// passed can be queued; and the check of the token's clock. The other overrides name which parent answers.
/// @dev The clock is the token's, which must be seconds: nothing here counts blocks. A proposal that the guardian
/// cancels while it waits in the timelock is cancelled in both, which needs the governor to hold the timelock's
/// CANCELLER_ROLE.
contract HedgeGovernor is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum,
    GovernorProposalGuardian,
    GovernorTimelockControl
{
    /// @notice The vote would stay open too long after a late quorum: late voters could delay every result. Seconds.
    /// @param extension what was asked for, in seconds
    /// @param max the longest, in seconds
    error VoteExtensionTooLong(uint48 extension, uint48 max);

    /// @notice People would have too little time between a proposal and its vote. Seconds.
    /// @param delay what was asked for
    /// @param min the shortest
    error VotingDelayTooShort(uint48 delay, uint48 min);
    /// @notice People would have too little time to vote. Seconds.
    /// @param period what was asked for
    /// @param min the shortest
    error VotingPeriodTooShort(uint32 period, uint32 min);
    /// @notice Too few votes could carry a proposal. Percent of the supply.
    /// @param quorum what was asked for
    /// @param min the lowest
    error VoteQuorumTooLow(uint256 quorum, uint256 min);

    /// @notice The token's clock counts blocks, or something else: delays that are meant in seconds would last as many
    /// blocks. A DAO with such a token keeps its own governor.
    /// @param mode what the token says of its clock (ERC-6372)
    error ClockNotSeconds(string mode);
    /// @notice What passed was not queued in time: it has to be voted again. Seconds.
    /// @param lastAt last second at which it could be queued, unix seconds
    /// @param timestamp now, unix seconds
    error QueuedTooLate(uint256 lastAt, uint256 timestamp);

    /// @notice Seconds from the end of a vote in which what passed may be queued.
    uint256 public constant QUEUE_LIFE = 14 days;
    /// @notice Shortest voting delay that can be set, in seconds: time to see a proposal and to gather votes.
    uint48 public constant MIN_VOTING_DELAY = 1 hours;
    /// @notice Shortest voting period that can be set, in seconds: every time zone is awake once.
    uint32 public constant MIN_VOTING_PERIOD = 1 days;
    /// @notice Lowest quorum that can be set, in percent of the supply.
    uint256 public constant MIN_QUORUM = 4;
    /// @notice Longest extension that can be set, in seconds: a week more is time enough to answer a late quorum.
    uint48 public constant MAX_VOTE_EXTENSION = 7 days;

    /// @param token the votes, an ERC-5805 token
    /// @param timelock_ executes what passed, and is the only one that may change the settings below
    /// @param votingDelay_ seconds from proposal to the snapshot of votes
    /// @param votingPeriod_ seconds of voting
    /// @param proposalThreshold_ votes needed to propose, in units of 1e-18 votes
    /// @param quorumNumerator_ quorum in percent of the supply
    /// @param voteExtension seconds of voting that remain at least after the quorum is reached
    /// @param guardian may cancel a proposal until it is executed, and nothing else
    constructor(
        IVotes token,
        TimelockController timelock_,
        uint48 votingDelay_,
        uint32 votingPeriod_,
        uint256 proposalThreshold_,
        uint256 quorumNumerator_,
        uint48 voteExtension,
        address guardian
    )
        Governor("ALVH Hedge Governor")
        GovernorSettings(votingDelay_, votingPeriod_, proposalThreshold_)
        GovernorVotes(token)
        GovernorVotesQuorumFraction(quorumNumerator_)
        GovernorPreventLateQuorum(voteExtension)
        GovernorTimelockControl(timelock_)
    {
        string memory mode = CLOCK_MODE();
        if (!Strings.equal(mode, "mode=timestamp")) revert ClockNotSeconds(mode);
        _setProposalGuardian(guardian);
    }

    /// @notice State of a proposal; a cancellation inside the timelock shows here as Canceled.
    /// @param proposalId see `getProposalId`
    function state(uint256 proposalId) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(proposalId);
    }

    /// @notice When voting ends, late-quorum extension included, in unix seconds.
    /// @param proposalId see `getProposalId`
    function proposalDeadline(
        uint256 proposalId
    ) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    /// @notice Votes needed to propose.
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    /// @notice True: whatever passes waits in the timelock.
    /// @param proposalId see `getProposalId`; the answer is the same for all
    function proposalNeedsQueuing(
        uint256 proposalId
    ) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(proposalId);
    }

    function _setVotingDelay(uint48 newVotingDelay) internal override {
        if (newVotingDelay < MIN_VOTING_DELAY) revert VotingDelayTooShort(newVotingDelay, MIN_VOTING_DELAY);
        super._setVotingDelay(newVotingDelay);
    }

    function _setVotingPeriod(uint32 newVotingPeriod) internal override {
        if (newVotingPeriod < MIN_VOTING_PERIOD) revert VotingPeriodTooShort(newVotingPeriod, MIN_VOTING_PERIOD);
        super._setVotingPeriod(newVotingPeriod);
    }

    function _updateQuorumNumerator(uint256 newQuorumNumerator) internal override {
        if (newQuorumNumerator < MIN_QUORUM) revert VoteQuorumTooLow(newQuorumNumerator, MIN_QUORUM);
        super._updateQuorumNumerator(newQuorumNumerator);
    }

    /// @dev No vote, not even one that passed, may set an extreme extension.
    function _setLateQuorumVoteExtension(uint48 newVoteExtension) internal override {
        if (newVoteExtension > MAX_VOTE_EXTENSION) revert VoteExtensionTooLong(newVoteExtension, MAX_VOTE_EXTENSION);
        super._setLateQuorumVoteExtension(newVoteExtension);
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        uint256 lastAt = proposalDeadline(proposalId) + QUEUE_LIFE;
        if (clock() > lastAt) revert QueuedTooLate(lastAt, clock());
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _validateCancel(
        uint256 proposalId,
        address caller
    ) internal view override(Governor, GovernorProposalGuardian) returns (bool) {
        return super._validateCancel(proposalId, caller);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
