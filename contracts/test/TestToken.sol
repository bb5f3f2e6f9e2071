// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token that anyone can mint, with chosen decimals
/// @notice For local chains and tests only.
contract TestToken is ERC20 {
    uint8 private immutable _DECIMALS;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) {
        _DECIMALS = decimals_;
    }

    /// @notice Create tokens out of nothing.
    /// @param account receives them
    /// @param amount raw token units
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice Decimals chosen at construction.
    function decimals() public view override returns (uint8) {
        return _DECIMALS;
    }
}
