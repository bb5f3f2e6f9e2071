// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A guard of a Safe that refuses as it is told
/// @notice For tests only. It lets everything pass until `refuse` is called.
contract RefusingGuard {
    /// @notice When it refuses.
    enum When {
        Never,
        Before,
        After,
        Mined
    }

    /// @notice Its own refusal, which no other contract declares.
    error TooLate(uint256 hour);

    /// @notice When it refuses.
    When public refusing;

    /// @notice What it reverts with, selector and arguments.
    bytes public answer;

    /// @notice Who may send all the same.
    address public friend;

    // The Safe asks `checkTransaction` before it makes its call, when the signatures are checked. Its eleven arguments are
    // too many for the stack; the last of them is who sends.
    fallback() external {
        // Who asks a node for the outcome names no price of gas; who sends pays one.
        bool now_ = refusing == When.Before || (refusing == When.Mined && tx.gasprice > 0);
        if (now_ && msg.data.length > 356 && _word(324) != friend) _refuse();
    }

    /// @notice Refuse with these bytes from now on.
    function refuse(When when, bytes calldata answer_, address friend_) external {
        (refusing, answer, friend) = (when, answer_, friend_);
    }

    /// @notice Asked by the Safe after its call.
    function checkAfterExecution(bytes32, bool) external view {
        if (refusing == When.After) _refuse();
    }

    /// @notice Says yes to every interface: a Safe asks for that of a guard.
    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }

    function _word(uint256 at) private pure returns (address word) {
        assembly ("memory-safe") {
            word := calldataload(at)
        }
    }

    function _refuse() private view {
        bytes memory said = answer;
        assembly ("memory-safe") {
            revert(add(said, 32), mload(said))
        }
    }
}
