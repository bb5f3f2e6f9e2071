// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What a proposal promised, checked when it is executed
/// @notice A proposal ends with a call of `requireState`: which code its targets have, and what they answer after its
/// other calls. Where the chain differs, the whole execution reverts: a target that was redeployed with other code
/// after the vote, or a state that is not the one that was voted, changes nothing.
/// @dev Stateless and ownerless. Known limits: the code of a proxy is the proxy's, so name the implementation as a
/// target of its own; a promise about numbers that others may change between vote and execution lets them stop it, so
/// promise only what the proposal itself sets.
contract ProposalGuard {
    /// @notice What is expected of one target.
    /// @param target a contract
    /// @param codeHash keccak256 of its code (EXTCODEHASH)
    /// @param queries calls of its views, encoded; none checks the code alone
    /// @param answersHash keccak256 of the answers, each hashed on its own: keccak256(h1 . h2 . ...)
    struct Expectation {
        address target;
        bytes32 codeHash;
        bytes[] queries;
        bytes32 answersHash;
    }

    /// @notice There is nothing to check.
    error NothingExpected();
    /// @notice The target's code is missing, or differs from what was voted on.
    /// @param target the contract
    /// @param expected hash of the code that was voted on
    /// @param found hash of its code now
    error CodeDiffers(address target, bytes32 expected, bytes32 found);
    /// @notice The target's answers differ from what the proposal promised.
    /// @param target the contract
    /// @param expected hash of the promised answers
    /// @param found hash of its answers now
    error StateDiffers(address target, bytes32 expected, bytes32 found);
    /// @notice The target refuses a query.
    /// @param target the contract
    /// @param query place of the query, from 0
    /// @param reason what the target reverted with
    error QueryFailed(address target, uint256 query, bytes reason);

    /// @notice Revert unless every target has the expected code and gives the expected answers.
    /// @param expectations one per target
    function requireState(Expectation[] calldata expectations) external view {
        if (expectations.length == 0) revert NothingExpected();
        for (uint256 i = 0; i < expectations.length; ++i) {
            Expectation calldata expected = expectations[i];
            address target = expected.target;
            if (target.codehash != expected.codeHash) {
                revert CodeDiffers(target, expected.codeHash, target.codehash);
            }
            bytes32 found = answersHash(target, expected.queries);
            if (found != expected.answersHash) revert StateDiffers(target, expected.answersHash, found);
        }
    }

    /// @notice The hash of what a target answers now.
    /// @param target the contract that is asked
    /// @param queries encoded calls of its views
    function answersHash(address target, bytes[] calldata queries) public view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](queries.length);
        for (uint256 i = 0; i < queries.length; ++i) {
            (bool success, bytes memory answer) = target.staticcall(queries[i]);
            if (!success) revert QueryFailed(target, i, answer);
            hashes[i] = keccak256(answer);
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
