// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What is read and called of Compound's GovernorBravo, and of those that have its functions
interface IGovernorBravo {
    /// @notice State of a proposal, of eight.
    /// @param proposalId its number
    function state(uint256 proposalId) external view returns (uint8);
    /// @notice Where a proposal stands; startBlock and endBlock are times of the governor's clock.
    /// @param proposalId its number
    function proposals(
        uint256 proposalId
    )
        external
        view
        returns (
            uint256 id,
            address proposer,
            uint256 eta,
            uint256 startBlock,
            uint256 endBlock,
            uint256 forVotes,
            uint256 againstVotes,
            uint256 abstainVotes,
            bool canceled,
            bool executed
        );
    /// @notice What a proposal calls; where a signature is not empty, its calldata lacks the selector.
    /// @param proposalId its number
    function getActions(
        uint256 proposalId
    )
        external
        view
        returns (
            address[] memory targets,
            uint256[] memory values,
            string[] memory signatures,
            bytes[] memory calldatas
        );
    /// @notice Votes for a proposal that it needs.
    function quorumVotes() external view returns (uint256);
    /// @notice Executes what passed.
    function timelock() external view returns (address);
    /// @notice The votes of Compound's own.
    function comp() external view returns (address);
    /// @notice Put what passed into the timelock.
    /// @param proposalId its number
    function queue(uint256 proposalId) external;
    /// @notice Execute what has waited.
    /// @param proposalId its number
    function execute(uint256 proposalId) external payable;
    /// @notice Cancel a proposal.
    /// @param proposalId its number
    function cancel(uint256 proposalId) external;
    /// @notice Cast a vote.
    /// @param proposalId its number
    /// @param support 0 against, 1 for, 2 abstain
    function castVote(uint256 proposalId, uint8 support) external;
}
