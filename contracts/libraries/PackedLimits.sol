// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParameters} from "../interfaces/IHedgeParameters.sol";

/// @title Limits of one key in one storage word
/// @notice From the least significant lane of 32 bits: min, max, stepUp, stepDown, cooldown. Three lanes are free.
type PackedLimits is uint256;

using {min, max, stepUp, stepDown, cooldown, unpack} for PackedLimits global;

function pack(IHedgeParameters.Limits memory limits) pure returns (PackedLimits) {
    uint256 bounds = uint256(limits.min) | (uint256(limits.max) << 32);
    uint256 steps = (uint256(limits.stepUp) << 64) | (uint256(limits.stepDown) << 96);
    return PackedLimits.wrap(bounds | steps | (uint256(limits.cooldown) << 128));
}

function unpack(PackedLimits limits) pure returns (IHedgeParameters.Limits memory) {
    return IHedgeParameters.Limits(limits.min(), limits.max(), limits.stepUp(), limits.stepDown(), limits.cooldown());
}

function min(PackedLimits limits) pure returns (uint32) {
    return uint32(PackedLimits.unwrap(limits));
}

function max(PackedLimits limits) pure returns (uint32) {
    return uint32(PackedLimits.unwrap(limits) >> 32);
}

function stepUp(PackedLimits limits) pure returns (uint32) {
    return uint32(PackedLimits.unwrap(limits) >> 64);
}

function stepDown(PackedLimits limits) pure returns (uint32) {
    return uint32(PackedLimits.unwrap(limits) >> 96);
}

function cooldown(PackedLimits limits) pure returns (uint32) {
    return uint32(PackedLimits.unwrap(limits) >> 128);
}
