// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParameters} from "../interfaces/IHedgeParameters.sol";

/// @title All that is kept of one key but its value, in one storage word
/// @notice From the least significant lane of 32 bits: min, max, stepUp, stepDown, cooldown, changedAt, windowStart,
/// windowAt. Times are unix seconds, which 32 bits hold until the year 2106.
/// @dev The window in which drift is bounded begins with the first change after the one before has ended:
///
///     windowAt                          windowAt + WINDOW
///     |- windowStart: value before ----|- the next change begins a new window at the value in force then
///
type KeyState is uint256;

using {
    min,
    max,
    stepUp,
    stepDown,
    cooldown,
    changedAt,
    windowStart,
    windowAt,
    limits,
    withLimits,
    changed,
    restarted,
    windowed
} for KeyState global;

/// @dev Seconds of a window. A week holds seven changes of a key with the shortest useful cooldown of a day, and no
/// more than one vote, so that people see what a steward or an automaton adds up to before it can go on.
uint256 constant WINDOW = 7 days;
/// @dev A key drifts by at most so many of its largest steps, up or down, from where a window began: enough to answer a
/// market that moves day after day, less than half of what cooldowns of a day alone would allow.
uint256 constant WINDOW_STEPS = 3;

function min(KeyState state) pure returns (uint32) {
    return uint32(KeyState.unwrap(state));
}

function max(KeyState state) pure returns (uint32) {
    return uint32(KeyState.unwrap(state) >> 32);
}

function stepUp(KeyState state) pure returns (uint32) {
    return uint32(KeyState.unwrap(state) >> 64);
}

function stepDown(KeyState state) pure returns (uint32) {
    return uint32(KeyState.unwrap(state) >> 96);
}

function cooldown(KeyState state) pure returns (uint32) {
    return uint32(KeyState.unwrap(state) >> 128);
}

/// @dev When the cooldown last started.
function changedAt(KeyState state) pure returns (uint32) {
    return uint32(KeyState.unwrap(state) >> 160);
}

/// @dev The value with which the window began.
function windowStart(KeyState state) pure returns (uint32) {
    return uint32(KeyState.unwrap(state) >> 192);
}

/// @dev When the window began.
function windowAt(KeyState state) pure returns (uint32) {
    return uint32(KeyState.unwrap(state) >> 224);
}

function limits(KeyState state) pure returns (IHedgeParameters.Limits memory) {
    return IHedgeParameters.Limits(state.min(), state.max(), state.stepUp(), state.stepDown(), state.cooldown());
}

/// @dev The same key with other limits; its cooldown starts now, its window goes on.
function withLimits(KeyState state, IHedgeParameters.Limits memory wanted, uint256 time) pure returns (KeyState) {
    uint256 bounds = uint256(wanted.min) | (uint256(wanted.max) << 32);
    uint256 steps = (uint256(wanted.stepUp) << 64) | (uint256(wanted.stepDown) << 96);
    uint256 window = (KeyState.unwrap(state) >> 192) << 192;
    return KeyState.wrap(bounds | steps | (uint256(wanted.cooldown) << 128) | (uint256(uint32(time)) << 160) | window);
}

/// @dev The same key after a change from `oldValue`; begins a window if the last one is over.
function changed(KeyState state, uint256 oldValue, uint256 time) pure returns (KeyState) {
    unchecked {
        if (time >= uint256(state.windowAt()) + WINDOW) return state.restarted(oldValue, time);
    }
    uint256 kept = KeyState.unwrap(state) & ~(uint256(type(uint32).max) << 160);
    return KeyState.wrap(kept | (uint256(uint32(time)) << 160));
}

/// @dev The same key with a cooldown and a window that begin now, at `start`.
function restarted(KeyState state, uint256 start, uint256 time) pure returns (KeyState) {
    uint256 now32 = uint32(time);
    return KeyState.wrap(uint160(KeyState.unwrap(state)) | (now32 << 160) | (start << 192) | (now32 << 224));
}

/// @dev The same key with a window that begins now, at `start`; its cooldown goes on.
function windowed(KeyState state, uint256 start, uint256 time) pure returns (KeyState) {
    return KeyState.wrap(uint192(KeyState.unwrap(state)) | (start << 192) | (uint256(uint32(time)) << 224));
}
