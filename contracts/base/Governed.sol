// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

/// @title Roles borrowed from HedgeParameters
/// @notice The DAO and the guardian are whoever holds those roles there now: one list of roles, changed in one place.
abstract contract Governed {
    /// @notice The contract whose roles count here.
    IAccessControl public immutable ROLES;

    /// @param roles HedgeParameters
    constructor(address roles) {
        ROLES = IAccessControl(roles);
    }

    /// @dev Whether an account is an admin of HedgeParameters: the DAO's timelock.
    function _isDao(address account) internal view returns (bool) {
        return ROLES.hasRole(bytes32(0), account);
    }

    /// @dev Whether an account is the guardian of HedgeParameters.
    function _isGuardian(address account) internal view returns (bool) {
        return ROLES.hasRole(keccak256("GUARDIAN_ROLE"), account);
    }
}
