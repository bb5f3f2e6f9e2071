// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParametersErrors as Errors} from "../interfaces/IHedgeParametersErrors.sol";
import {HedgeKeys} from "./HedgeKeys.sol";
import {Lanes} from "./Lanes.sol";

/// @title Rules across keys: which tuples make sense together
/// @notice Judged on the tuple that would result, whatever part of it an update touches. A rule that is broken is
/// returned as the encoded custom error, so that a view and a setter share these lines.
library HedgeRules {
    using Lanes for uint256[3];

    /// @dev Least distance from the ramp's start to its full level, in bps of 100 % volatility: over less than 5 points
    /// of volatility, layer 2 would go from nothing to full within the noise of one report.
    uint32 internal constant MIN_RAMP_WIDTH = 500;

    /// @dev The first rule that the tuple breaks, as an encoded error; empty when it breaks none.
    function broken(uint256[3] memory tuple) internal pure returns (bytes memory reason) {
        reason = _brokenSizes(tuple);
        if (reason.length == 0) reason = _brokenShapes(tuple);
    }

    /// @dev How much: caps against the caps that contain them.
    function _brokenSizes(uint256[3] memory tuple) private pure returns (bytes memory) {
        uint32 volatilityCap = tuple.get(HedgeKeys.VOLATILITY_PREMIUM_CAP);
        uint32 tailCap = tuple.get(HedgeKeys.TAIL_PREMIUM_CAP);
        uint32 budget = tuple.get(HedgeKeys.BUDGET);
        if (uint256(volatilityCap) + tailCap > budget) {
            return abi.encodeWithSelector(Errors.PremiumCapsAboveBudget.selector, volatilityCap, tailCap, budget);
        }
        uint32 condorCap = tuple.get(HedgeKeys.CONDOR_NOTIONAL_CAP);
        uint32 overlayCap = tuple.get(HedgeKeys.OVERLAY_NOTIONAL_CAP);
        if (condorCap > overlayCap) {
            return abi.encodeWithSelector(Errors.CondorCapAboveOverlayCap.selector, condorCap, overlayCap);
        }
        uint32 size = tuple.get(HedgeKeys.CONDOR_SIZE_CAP);
        uint32 coverage = tuple.get(HedgeKeys.TAIL_COVERAGE);
        if (size > coverage) return abi.encodeWithSelector(Errors.CondorSizeAboveTailCoverage.selector, size, coverage);
        return "";
    }

    /// @dev Which: levels, tenors and deltas in their order.
    function _brokenShapes(uint256[3] memory tuple) private pure returns (bytes memory) {
        uint32 start = tuple.get(HedgeKeys.RAMP_START);
        uint32 full = tuple.get(HedgeKeys.RAMP_FULL);
        if (uint256(start) + MIN_RAMP_WIDTH > full) {
            return abi.encodeWithSelector(Errors.RampTooNarrow.selector, start, full, MIN_RAMP_WIDTH);
        }
        uint32 condor = tuple.get(HedgeKeys.CONDOR_TENOR);
        uint32 volatility = tuple.get(HedgeKeys.VOLATILITY_TENOR);
        uint32 tail = tuple.get(HedgeKeys.TAIL_TENOR);
        if (condor >= volatility) {
            return abi.encodeWithSelector(Errors.CondorTenorNotBelowVolatilityTenor.selector, condor, volatility);
        }
        if (volatility > tail) {
            return abi.encodeWithSelector(Errors.VolatilityTenorAboveTailTenor.selector, volatility, tail);
        }
        uint32 putDelta = tuple.get(HedgeKeys.TAIL_PUT_DELTA);
        uint32 shortDelta = tuple.get(HedgeKeys.CONDOR_SHORT_DELTA);
        if (putDelta >= shortDelta) {
            return abi.encodeWithSelector(Errors.TailDeltaNotBelowCondorDelta.selector, putDelta, shortDelta);
        }
        return "";
    }
}
