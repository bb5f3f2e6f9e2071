// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @title A voting token as many DAOs have one: its clock is the number of the block
/// @notice OpenZeppelin's own default. For tests only.
contract BlockVotes is ERC20, ERC20Permit, ERC20Votes {
    /// @param holder who gets the supply
    /// @param amount in units of 1e-18 votes
    constructor(address holder, uint256 amount) ERC20("Block Votes", "BLOCK") ERC20Permit("Block Votes") {
        _mint(holder, amount);
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
