// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IHedgeParameters} from "../interfaces/IHedgeParameters.sol";
import {IHedgeParametersErrors as Errors} from "../interfaces/IHedgeParametersErrors.sol";
import {HedgeKeys} from "./HedgeKeys.sol";

/// @title What one key may do, and when
/// @notice Its limits, its cooldown, and the window in which its drift is bounded. A window begins with the first
/// change after the one before has ended:
///
///     windowAt                          windowAt + WINDOW
///     |- windowStart: value before ----|- the next change begins a new window at the value in force then
///
library KeyRules {
    /// @dev All that is kept of a key but its value; one storage word. Times are unix seconds, which 32 bits hold until
    /// the year 2106.
    /// @param min lowest value
    /// @param max highest value
    /// @param stepUp largest rise in one update
    /// @param stepDown largest fall in one update
    /// @param cooldown seconds that must pass after a change
    /// @param stewardOnly whether steward and automation alone wait for the cooldown that runs: one of them moved the
    /// key last. It came no earlier than one cooldown after the DAO's own last change, so the DAO owes no more waiting
    /// @param restsUntil when the cooldown that runs ends
    /// @param windowStart the value with which the window began
    /// @param windowAt when the window began
    struct State {
        uint32 min;
        uint32 max;
        uint32 stepUp;
        uint32 stepDown;
        uint24 cooldown;
        bool stewardOnly;
        uint32 restsUntil;
        uint32 windowStart;
        uint32 windowAt;
    }

    /// @dev Shortest cooldown, in seconds: zero would switch off the step limit, since steps could follow in one
    /// transaction.
    uint32 internal constant MIN_COOLDOWN = 1 hours;
    /// @dev Longest cooldown, in seconds: longer would freeze a key for more than a quarter.
    uint32 internal constant MAX_COOLDOWN = 90 days;
    /// @dev Seconds of a window. A week holds seven changes of a key with the shortest useful cooldown of a day, so
    /// that people see what a steward or an automaton adds up to before it can go on.
    uint256 internal constant WINDOW = 7 days;
    /// @dev A key drifts by at most so many of its largest steps, up or down, from where a window began: enough to
    /// answer a market that moves day after day, less than half of what cooldowns of a day alone would allow.
    uint256 internal constant WINDOW_STEPS = 3;

    /// @dev Replace the limits around the value in force. The longer of the old and the new cooldown starts, for
    /// everyone: else a vote could set a short one, and use its wide steps before anybody saw them. The window goes on.
    function setLimits(
        State storage self,
        uint8 key,
        uint32 value,
        IHedgeParameters.Limits memory wanted
    ) internal {
        if (wanted.min > wanted.max) revert Errors.BoundsReversed(key, wanted.min, wanted.max);
        (uint32 least, uint32 most) = HedgeKeys.outerBounds(key);
        if (wanted.min < least || wanted.max > most) {
            revert Errors.BeyondOuterBounds(key, wanted.min, wanted.max, least, most);
        }
        if (value < wanted.min || value > wanted.max) revert Errors.OutOfBounds(key, value, wanted.min, wanted.max);
        if (wanted.stepUp == 0 || wanted.stepDown == 0) revert Errors.ZeroStep(key, wanted.stepUp, wanted.stepDown);
        if (wanted.cooldown < MIN_COOLDOWN || wanted.cooldown > MAX_COOLDOWN) {
            revert Errors.BadCooldown(key, wanted.cooldown, MIN_COOLDOWN, MAX_COOLDOWN);
        }
        (self.min, self.max, self.stepUp, self.stepDown) = (wanted.min, wanted.max, wanted.stepUp, wanted.stepDown);
        rest(self, false); // by the old cooldown
        self.cooldown = uint24(wanted.cooldown); // MAX_COOLDOWN fits
        rest(self, false);
    }

    /// @dev The value is about to change: the cooldown starts, and a window where the last one is over.
    function change(State storage self, uint32 oldValue, bool isVote) internal {
        if (block.timestamp >= windowEnd(self)) beginWindow(self, oldValue);
        rest(self, !isVote);
    }

    /// @dev The value goes back: a window begins there. Undoing a vote starts the cooldown for everyone; undoing a
    /// steward for the steward alone, and not where the DAO set limits since: the cooldown that runs is the DAO's own.
    function rollBack(State storage self, uint32 value, bool ofSteward) internal {
        beginWindow(self, value);
        if (ofSteward && !self.stewardOnly) return;
        rest(self, ofSteward);
    }

    /// @dev Start the cooldown; one that runs longer goes on.
    function rest(State storage self, bool stewardOnly) internal {
        uint256 ends = Math.max(self.restsUntil, block.timestamp + self.cooldown);
        (self.stewardOnly, self.restsUntil) = (stewardOnly, uint32(ends));
    }

    /// @dev Begin a window now, at a value.
    function beginWindow(State storage self, uint32 value) internal {
        (self.windowStart, self.windowAt) = (value, uint32(block.timestamp));
    }

    /// @dev Revert unless a value lies inside the bounds.
    function requireInside(State storage self, uint8 key, uint32 value) internal view {
        if (value < self.min || value > self.max) revert Errors.OutOfBounds(key, value, self.min, self.max);
    }

    /// @dev Revert unless a new value lies inside the bounds, and near enough to the old one and to the start of a
    /// window that still runs. How near differs up and down.
    /// @param at when it would be applied, unix seconds
    function requireReach(State storage self, uint8 key, uint32 oldValue, uint32 newValue, uint256 at) internal view {
        requireInside(self, key, newValue);
        bool isRise = newValue > oldValue;
        uint32 maxStep = isRise ? self.stepUp : self.stepDown;
        uint32 step = isRise ? newValue - oldValue : oldValue - newValue;
        if (step > maxStep) revert Errors.StepTooLarge(key, oldValue, newValue, maxStep);
        if (step == 0 || at >= windowEnd(self)) return; // a value that stays does not drift
        uint256 start = self.windowStart;
        uint256 maxDrift = WINDOW_STEPS * maxStep;
        if (isRise ? newValue > start + maxDrift : newValue + maxDrift < start) {
            revert Errors.DriftTooLarge(key, self.windowStart, newValue, maxDrift);
        }
    }

    /// @dev Revert while the cooldown runs.
    /// @param at when the key would change, unix seconds
    function requireRested(State storage self, uint8 key, bool isVote, uint256 at) internal view {
        uint256 ready = readyAt(self, isVote);
        if (at < ready) revert Errors.CoolingDown(key, at, ready);
    }

    /// @dev First second at which the cooldown lets a vote, or a steward, change the key.
    function readyAt(State storage self, bool isVote) internal view returns (uint256) {
        return isVote && self.stewardOnly ? 0 : self.restsUntil;
    }

    /// @dev First second after the window.
    function windowEnd(State storage self) internal view returns (uint256) {
        return self.windowAt + WINDOW;
    }

    /// @dev Its limits.
    function limits(State storage self) internal view returns (IHedgeParameters.Limits memory) {
        return IHedgeParameters.Limits(self.min, self.max, self.stepUp, self.stepDown, self.cooldown);
    }

    /// @dev Its window, and how far the key may fall and rise, inside its bounds, before that ends: what `requireReach`
    /// allows.
    function window(State storage self) internal view returns (IHedgeParameters.Window memory) {
        uint256 start = self.windowStart;
        uint256 lowest = Math.max(self.min, Math.saturatingSub(start, WINDOW_STEPS * self.stepDown));
        uint256 highest = Math.min(self.max, start + WINDOW_STEPS * self.stepUp);
        return IHedgeParameters.Window(uint32(start), uint32(lowest), uint32(highest), uint64(windowEnd(self)));
    }
}
