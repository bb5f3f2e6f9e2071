// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";

/// @title Voting token of the DAO
/// @notice A fixed supply, dealt out at construction; nobody owns the contract and nobody can mint.
/// @dev Votes are checkpointed in seconds, so tokens borrowed within one transaction (a flash loan) carry no vote. A
/// holder votes only after delegating, to itself or to another address.
contract HedgeVotes is ERC20, ERC20Permit, ERC20Votes {
    /// @notice The two lists do not pair up.
    /// @param holders how many holders
    /// @param amounts how many amounts
    error HoldersMismatch(uint256 holders, uint256 amounts);

    /// @param holders accounts that receive the supply
    /// @param amounts what each receives, in units of 1e-18 votes
    constructor(
        address[] memory holders,
        uint256[] memory amounts
    ) ERC20("ALVH Hedge Votes", "ALVH") ERC20Permit("ALVH Hedge Votes") {
        if (holders.length != amounts.length) revert HoldersMismatch(holders.length, amounts.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            _mint(holders[i], amounts[i]);
        }
    }

    /// @notice Now, in unix seconds: the clock of votes and of the governor that reads it.
    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    /// @notice Says that the clock counts seconds (ERC-6372).
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public view override returns (string memory) {
        clock();
        return "mode=timestamp";
    }

    /// @notice Next permit or delegation nonce of an account.
    /// @param owner the account
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
