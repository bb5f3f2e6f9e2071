// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";

/// @title Votes that are counted by block number, as those of most DAOs are
contract BlockVotes is ERC20Votes {
    /// @param holder receives the supply
    /// @param supply in units of 1e-18 votes
    constructor(address holder, uint256 supply) ERC20("Block Votes", "BLK") EIP712("Block Votes", "1") {
        _mint(holder, supply);
    }
}
