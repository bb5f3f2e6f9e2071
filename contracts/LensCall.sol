// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A question to a lens that nobody deployed, in one `eth_call` without a target
/// @notice For nodes that know no state override. The answer comes as the error `Answer`, because what a constructor
/// returns would have to fit into the size of a contract.
contract LensCall {
    /// @notice What the lens returned.
    /// @param answer its bytes
    error Answer(bytes answer);
    /// @notice The lens reverted. Its reason is wrapped: what it reads may revert with anything, an `Answer` too, and
    /// must not pass for one.
    /// @param reason the bytes it reverted with
    error Refusal(bytes reason);

    /// @param code creation code of the lens
    /// @param question its function and arguments
    constructor(bytes memory code, bytes memory question) {
        address lens;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            lens := create(0, add(code, 32), mload(code))
        }
        // solhint-disable-next-line avoid-low-level-calls
        (bool answered, bytes memory answer) = lens.staticcall(question);
        if (answered) revert Answer(answer);
        revert Refusal(answer);
    }
}
