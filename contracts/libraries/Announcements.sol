// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParameters} from "../interfaces/IHedgeParameters.sol";
import {IHedgeParametersErrors as Errors} from "../interfaces/IHedgeParametersErrors.sol";

/// @title What a steward announced, and what became of it
/// @notice An announcement waits until it is ready, can be applied for three days then, and lapses. The guardian
/// refuses one, or all that there are, for good, and suspends the steward until the DAO lets it go on.
library Announcements {
    /// @dev One announcement; one storage word.
    /// @param status what became of it
    /// @param readyAt first second at which it may be applied, unix seconds
    /// @param vetoRound how often everything had been vetoed when it was made
    struct Announcement {
        IHedgeParameters.ScheduleStatus status;
        uint64 readyAt;
        uint48 vetoRound;
    }

    /// @dev All of them.
    /// @param made by the hash of the update
    /// @param vetoRound counts vetoes of everything: what was announced before the last one is vetoed
    /// @param isSuspended whether the steward may neither announce nor apply
    struct Book {
        mapping(bytes32 updateHash => Announcement) made;
        uint48 vetoRound;
        bool isSuspended;
    }

    /// @dev Seconds from `readyAt` in which an update may be applied: one that was overlooked must not fire into
    /// another market.
    uint64 internal constant LIFE = 3 days;

    /// @dev Write an announcement down.
    function add(Book storage self, bytes32 updateHash, uint64 readyAt) internal {
        self.made[updateHash] = Announcement(IHedgeParameters.ScheduleStatus.Waiting, readyAt, self.vetoRound);
    }

    /// @dev Forget an announcement that is applied now; reverts unless it may be.
    function release(Book storage self, bytes32 updateHash) internal {
        uint64 readyAt = requireMade(self, updateHash);
        if (block.timestamp < readyAt) revert Errors.TooEarly(updateHash, readyAt, block.timestamp);
        uint64 last = readyAt + LIFE;
        if (block.timestamp > last) revert Errors.TooLate(updateHash, last, block.timestamp);
        delete self.made[updateHash];
    }

    /// @dev Refuse one for good.
    function veto(Book storage self, bytes32 updateHash) internal {
        requireMade(self, updateHash);
        self.made[updateHash].status = IHedgeParameters.ScheduleStatus.Vetoed;
    }

    /// @dev Suspend the steward, or let it go on; reverts where it is so already.
    function suspend(Book storage self, bool isSuspended) internal {
        if (self.isSuspended == isSuspended) {
            if (isSuspended) revert Errors.StewardIsSuspended();
            revert Errors.StewardNotSuspended();
        }
        self.isSuspended = isSuspended;
    }

    /// @dev What became of an announcement, and when it may be, or might have been, applied.
    function find(
        Book storage self,
        bytes32 updateHash
    ) internal view returns (IHedgeParameters.ScheduleStatus status, uint64 readyAt) {
        Announcement memory found = self.made[updateHash];
        (status, readyAt) = (found.status, found.readyAt);
        if (status != IHedgeParameters.ScheduleStatus.Waiting) return (status, readyAt);
        if (found.vetoRound != self.vetoRound) status = IHedgeParameters.ScheduleStatus.Vetoed;
        else if (block.timestamp > readyAt + LIFE) status = IHedgeParameters.ScheduleStatus.Lapsed;
    }

    /// @dev Revert where an update waits already, or was refused.
    function requireNew(Book storage self, bytes32 updateHash) internal view {
        (IHedgeParameters.ScheduleStatus status, uint64 readyAt) = find(self, updateHash);
        if (status == IHedgeParameters.ScheduleStatus.Vetoed) revert Errors.Vetoed(updateHash);
        if (status == IHedgeParameters.ScheduleStatus.Waiting) revert Errors.AlreadyScheduled(updateHash, readyAt);
    }

    /// @dev Revert unless an update was announced and not refused.
    function requireMade(Book storage self, bytes32 updateHash) internal view returns (uint64 readyAt) {
        IHedgeParameters.ScheduleStatus status;
        (status, readyAt) = find(self, updateHash);
        if (status == IHedgeParameters.ScheduleStatus.None) revert Errors.NotScheduled(updateHash);
        if (status == IHedgeParameters.ScheduleStatus.Vetoed) revert Errors.Vetoed(updateHash);
    }
}
