// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParametersErrors as Errors} from "../interfaces/IHedgeParametersErrors.sol";
import {HedgeKeys} from "./HedgeKeys.sol";

/// @title Rules across keys: which tuples make sense together
/// @notice Judged on the tuple that would result, whatever part of it an update touches. A rule that is broken is
/// returned as the encoded custom error, so that a view and a setter share these lines. Rules are asked in the order of
/// the lowest key that they bind.
library HedgeRules {
    // Where each key lies in its word, in bits.
    uint256 private constant _HORIZON = (uint256(HedgeKeys.HORIZON) & 7) << 5;
    uint256 private constant _CASH_BUDGET = (uint256(HedgeKeys.CASH_BUDGET) & 7) << 5;
    uint256 private constant _COST_BUDGET = (uint256(HedgeKeys.COST_BUDGET) & 7) << 5;
    uint256 private constant _CONDOR_SHORT_DELTA = (uint256(HedgeKeys.CONDOR_SHORT_DELTA) & 7) << 5;
    uint256 private constant _VOLATILITY_PREMIUM_CAP = (uint256(HedgeKeys.VOLATILITY_PREMIUM_CAP) & 7) << 5;
    uint256 private constant _VOLATILITY_LEAST_DAYS = (uint256(HedgeKeys.VOLATILITY_LEAST_DAYS) & 7) << 5;
    uint256 private constant _VOLATILITY_MOST_DAYS = (uint256(HedgeKeys.VOLATILITY_MOST_DAYS) & 7) << 5;
    uint256 private constant _VOLATILITY_MOST_DELTA = (uint256(HedgeKeys.VOLATILITY_MOST_DELTA) & 7) << 5;
    uint256 private constant _TAIL_PREMIUM_CAP = (uint256(HedgeKeys.TAIL_PREMIUM_CAP) & 7) << 5;
    uint256 private constant _TAIL_LEAST_DAYS = (uint256(HedgeKeys.TAIL_LEAST_DAYS) & 7) << 5;
    uint256 private constant _TAIL_MOST_DAYS = (uint256(HedgeKeys.TAIL_MOST_DAYS) & 7) << 5;
    uint256 private constant _TAIL_LEAST_DELTA = (uint256(HedgeKeys.TAIL_LEAST_DELTA) & 7) << 5;
    uint256 private constant _TAIL_MOST_DELTA = (uint256(HedgeKeys.TAIL_MOST_DELTA) & 7) << 5;

    /// @dev The first rule that the tuple breaks, as an encoded error; empty when it breaks none.
    function broken(uint256[3] memory tuple) internal pure returns (bytes memory reason) {
        (uint256 low, uint256 middle, uint256 high) = (tuple[0], tuple[1], tuple[2]); // keys 0-7, 8-15, 16-23
        reason = _brokenBudgets(low, middle, high);
        if (reason.length == 0) reason = _brokenShapes(middle, high);
    }

    /// @dev How long and how much: the horizon against the tenors that reach it, caps against the cash they share.
    function _brokenBudgets(uint256 low, uint256 middle, uint256 high) private pure returns (bytes memory reason) {
        uint256 horizon = uint32(low >> _HORIZON);
        uint256 reach = uint32(high >> _VOLATILITY_MOST_DAYS);
        uint256 tailReach = uint32(high >> _TAIL_MOST_DAYS);
        if (tailReach < reach) reach = tailReach;
        if (horizon > reach) return abi.encodeWithSelector(Errors.HorizonAboveLongestTenor.selector, horizon, reach);
        uint256 cash = uint32(low >> _CASH_BUDGET);
        uint256 cost = uint32(low >> _COST_BUDGET);
        if (cost > cash) return abi.encodeWithSelector(Errors.CostBudgetAboveCashBudget.selector, cost, cash);
        uint256 volatilityCap = uint32(middle >> _VOLATILITY_PREMIUM_CAP);
        if (volatilityCap > cash) {
            return abi.encodeWithSelector(Errors.VolatilityPremiumCapAboveCashBudget.selector, volatilityCap, cash);
        }
        uint256 tailCap = uint32(high >> _TAIL_PREMIUM_CAP);
        if (tailCap > cash) {
            reason = abi.encodeWithSelector(Errors.TailPremiumCapAboveCashBudget.selector, tailCap, cash);
        }
    }

    /// @dev Which options: deltas and tenors in their order, so that each range holds something to buy.
    function _brokenShapes(uint256 middle, uint256 high) private pure returns (bytes memory reason) {
        uint256 condor = uint32(middle >> _CONDOR_SHORT_DELTA);
        uint256 tail = uint32(high >> _TAIL_MOST_DELTA);
        if (condor > tail) return abi.encodeWithSelector(Errors.CondorDeltaAboveTailDelta.selector, condor, tail);
        uint256 least = uint32(high >> _VOLATILITY_LEAST_DAYS);
        uint256 most = uint32(high >> _VOLATILITY_MOST_DAYS);
        if (least >= most) {
            return abi.encodeWithSelector(Errors.VolatilityLeastDaysNotBelowMostDays.selector, least, most);
        }
        uint256 near = uint32(high >> _VOLATILITY_MOST_DELTA);
        if (tail >= near) return abi.encodeWithSelector(Errors.TailDeltaNotBelowVolatilityDelta.selector, tail, near);
        (least, most) = (uint32(high >> _TAIL_LEAST_DAYS), uint32(high >> _TAIL_MOST_DAYS));
        if (least >= most) return abi.encodeWithSelector(Errors.TailLeastDaysNotBelowMostDays.selector, least, most);
        least = uint32(high >> _TAIL_LEAST_DELTA);
        if (least >= tail) {
            reason = abi.encodeWithSelector(Errors.TailLeastDeltaNotBelowMostDelta.selector, least, tail);
        }
    }
}
