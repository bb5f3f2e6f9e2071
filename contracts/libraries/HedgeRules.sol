// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParametersErrors as Errors} from "../interfaces/IHedgeParametersErrors.sol";
import {HedgeKeys} from "./HedgeKeys.sol";

/// @title Rules across keys: which tuples make sense together
/// @notice Judged on the tuple that would result, whatever part of it an update touches. A rule that is broken is
/// returned as the encoded custom error, so that a view and a setter share these lines.
library HedgeRules {
    /// @dev Least distance from the ramp's start to its full level, in bps of 100 % volatility: over less than 5 points
    /// of volatility, layer 2 would go from nothing to full within the noise of one report.
    uint32 internal constant MIN_RAMP_WIDTH = 500;

    // Where each key lies in its word, in bits.
    uint256 private constant _CONDOR_SHORT_DELTA = (uint256(HedgeKeys.CONDOR_SHORT_DELTA) & 7) << 5;
    uint256 private constant _CONDOR_TENOR = (uint256(HedgeKeys.CONDOR_TENOR) & 7) << 5;
    uint256 private constant _CONDOR_SIZE_CAP = (uint256(HedgeKeys.CONDOR_SIZE_CAP) & 7) << 5;
    uint256 private constant _CONDOR_NOTIONAL_CAP = (uint256(HedgeKeys.CONDOR_NOTIONAL_CAP) & 7) << 5;
    uint256 private constant _RAMP_START = (uint256(HedgeKeys.RAMP_START) & 7) << 5;
    uint256 private constant _RAMP_FULL = (uint256(HedgeKeys.RAMP_FULL) & 7) << 5;
    uint256 private constant _VOLATILITY_TENOR = (uint256(HedgeKeys.VOLATILITY_TENOR) & 7) << 5;
    uint256 private constant _VOLATILITY_PREMIUM_CAP = (uint256(HedgeKeys.VOLATILITY_PREMIUM_CAP) & 7) << 5;
    uint256 private constant _TAIL_PUT_DELTA = (uint256(HedgeKeys.TAIL_PUT_DELTA) & 7) << 5;
    uint256 private constant _TAIL_TENOR = (uint256(HedgeKeys.TAIL_TENOR) & 7) << 5;
    uint256 private constant _TAIL_COVERAGE = (uint256(HedgeKeys.TAIL_COVERAGE) & 7) << 5;
    uint256 private constant _TAIL_PREMIUM_CAP = (uint256(HedgeKeys.TAIL_PREMIUM_CAP) & 7) << 5;
    uint256 private constant _BUDGET = (uint256(HedgeKeys.BUDGET) & 7) << 5;
    uint256 private constant _OVERLAY_NOTIONAL_CAP = (uint256(HedgeKeys.OVERLAY_NOTIONAL_CAP) & 7) << 5;

    /// @dev The first rule that the tuple breaks, as an encoded error; empty when it breaks none.
    function broken(uint256[3] memory tuple) internal pure returns (bytes memory reason) {
        (uint256 low, uint256 middle, uint256 high) = (tuple[0], tuple[1], tuple[2]); // keys 0-7, 8-15, 16-17
        reason = _brokenSizes(low, middle, high);
        if (reason.length == 0) reason = _brokenShapes(low, middle);
    }

    /// @dev How much: caps against the caps that contain them.
    function _brokenSizes(uint256 low, uint256 middle, uint256 high) private pure returns (bytes memory reason) {
        uint256 volatilityCap = uint32(middle >> _VOLATILITY_PREMIUM_CAP);
        uint256 tailCap = uint32(middle >> _TAIL_PREMIUM_CAP);
        uint256 budget = uint32(middle >> _BUDGET);
        if (volatilityCap + tailCap > budget) {
            return abi.encodeWithSelector(Errors.PremiumCapsAboveBudget.selector, volatilityCap, tailCap, budget);
        }
        uint256 condorCap = uint32(low >> _CONDOR_NOTIONAL_CAP);
        uint256 overlayCap = uint32(high >> _OVERLAY_NOTIONAL_CAP);
        if (condorCap > overlayCap) {
            return abi.encodeWithSelector(Errors.CondorCapAboveOverlayCap.selector, condorCap, overlayCap);
        }
        uint256 size = uint32(low >> _CONDOR_SIZE_CAP);
        uint256 coverage = uint32(middle >> _TAIL_COVERAGE);
        if (size > coverage) {
            reason = abi.encodeWithSelector(Errors.CondorSizeAboveTailCoverage.selector, size, coverage);
        }
    }

    /// @dev Which: levels, tenors and deltas in their order.
    function _brokenShapes(uint256 low, uint256 middle) private pure returns (bytes memory reason) {
        uint256 start = uint32(low >> _RAMP_START);
        uint256 full = uint32(low >> _RAMP_FULL);
        if (start + MIN_RAMP_WIDTH > full) {
            return abi.encodeWithSelector(Errors.RampTooNarrow.selector, start, full, MIN_RAMP_WIDTH);
        }
        uint256 condor = uint32(low >> _CONDOR_TENOR);
        uint256 volatility = uint32(low >> _VOLATILITY_TENOR);
        uint256 tail = uint32(middle >> _TAIL_TENOR);
        if (condor >= volatility) {
            return abi.encodeWithSelector(Errors.CondorTenorNotBelowVolatilityTenor.selector, condor, volatility);
        }
        if (volatility > tail) {
            return abi.encodeWithSelector(Errors.VolatilityTenorAboveTailTenor.selector, volatility, tail);
        }
        uint256 putDelta = uint32(middle >> _TAIL_PUT_DELTA);
        uint256 shortDelta = uint32(low >> _CONDOR_SHORT_DELTA);
        if (putDelta >= shortDelta) {
            reason = abi.encodeWithSelector(Errors.TailDeltaNotBelowCondorDelta.selector, putDelta, shortDelta);
        }
    }
}
