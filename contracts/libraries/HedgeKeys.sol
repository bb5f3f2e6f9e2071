// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParametersErrors} from "../interfaces/IHedgeParametersErrors.sol";

/// @title Names, units and numbers of the governed keys
/// @notice The order is part of every vote: while a HedgeParameters is in use, no number is re-used or moved. Other
/// keys are another contract, which the DAO points to.
library HedgeKeys {
    // Which goal.
    /// @dev A choice from 0 to 2, which its limits bound.
    uint8 internal constant BENCHMARK = 0;
    uint8 internal constant HORIZON = 1;
    uint8 internal constant TARGET_CVAR = 2;
    // What it may cost, and how much is held.
    uint8 internal constant CASH_BUDGET = 3;
    uint8 internal constant COST_BUDGET = 4;
    uint8 internal constant TURNOVER_CAP = 5;
    uint8 internal constant DELTA_SHARE = 6;
    uint8 internal constant GAMMA_CAP = 7;
    uint8 internal constant REHEDGE = 8;
    uint8 internal constant OVERLAY_NOTIONAL_CAP = 9;
    // Layer 1: the condors that are sold.
    uint8 internal constant CONDOR_SHORT_DELTA = 10;
    uint8 internal constant CONDOR_WING = 11;
    uint8 internal constant CONDOR_TENOR = 12;
    uint8 internal constant CONDOR_NOTIONAL_CAP = 13;
    // Layer 2: options near the money.
    /// @dev A choice from 0 to 2, which its limits bound.
    uint8 internal constant REGIME_POLICY = 14;
    uint8 internal constant VOLATILITY_PREMIUM_CAP = 15;
    uint8 internal constant VOLATILITY_LEAST_DAYS = 16;
    uint8 internal constant VOLATILITY_MOST_DAYS = 17;
    uint8 internal constant VOLATILITY_MOST_DELTA = 18;
    // Layer 3: puts of the tail.
    uint8 internal constant TAIL_PREMIUM_CAP = 19;
    uint8 internal constant TAIL_LEAST_DAYS = 20;
    uint8 internal constant TAIL_MOST_DAYS = 21;
    uint8 internal constant TAIL_LEAST_DELTA = 22;
    uint8 internal constant TAIL_MOST_DELTA = 23;
    /// @dev Keys in use: every lane of a PackedTuple.
    uint8 internal constant COUNT = 24;

    /// @dev Name and unit of a key, for programs that prove that their table is the chain's.
    function describe(uint8 key) internal pure returns (string memory name, string memory unit) {
        if (key >= COUNT) revert IHedgeParametersErrors.UnknownKey(key, COUNT);
        if (key <= TARGET_CVAR) return _goal(key);
        if (key <= OVERLAY_NOTIONAL_CAP) return _budget(key);
        if (key <= CONDOR_NOTIONAL_CAP) return _condor(key);
        if (key <= VOLATILITY_MOST_DELTA) return _volatility(key);
        return _tail(key);
    }

    function _goal(uint8 key) private pure returns (string memory, string memory) {
        if (key == BENCHMARK) return ("benchmark", "0 USD, 1 deposited, 2 half and half");
        if (key == HORIZON) return ("horizonDays", "days");
        return ("targetCvarBps", "bps of book value");
    }

    function _budget(uint8 key) private pure returns (string memory, string memory) {
        if (key == CASH_BUDGET) return ("cashBudgetBps", "bps of book value");
        if (key == COST_BUDGET) return ("costBudgetBps", "bps of book value");
        if (key == TURNOVER_CAP) return ("turnoverCapBps", "bps of book value");
        if (key == DELTA_SHARE) return ("deltaShareBps", "bps of the book's delta");
        if (key == GAMMA_CAP) return ("gammaCapBps", "bps of bought gamma");
        if (key == REHEDGE) return ("rehedgeBps", "bps of CVaR95");
        return ("overlayNotionalCapBps", "bps of book value");
    }

    function _condor(uint8 key) private pure returns (string memory, string memory) {
        if (key == CONDOR_SHORT_DELTA) return ("condorShortDeltaBps", "delta x 1e4");
        if (key == CONDOR_WING) return ("condorWingBps", "bps of spot");
        if (key == CONDOR_TENOR) return ("condorTenorDays", "days");
        return ("condorNotionalCapBps", "bps of book value");
    }

    function _volatility(uint8 key) private pure returns (string memory, string memory) {
        if (key == REGIME_POLICY) return ("regimePolicy", "0 steady, 1 scale in, 2 scale out");
        if (key == VOLATILITY_PREMIUM_CAP) return ("volatilityPremiumCapBps", "bps of book value");
        if (key == VOLATILITY_LEAST_DAYS) return ("volatilityLeastDays", "days");
        if (key == VOLATILITY_MOST_DAYS) return ("volatilityMostDays", "days");
        return ("volatilityMostDeltaBps", "delta x 1e4");
    }

    function _tail(uint8 key) private pure returns (string memory, string memory) {
        if (key == TAIL_PREMIUM_CAP) return ("tailPremiumCapBps", "bps of book value");
        if (key == TAIL_LEAST_DAYS) return ("tailLeastDays", "days");
        if (key == TAIL_MOST_DAYS) return ("tailMostDays", "days");
        if (key == TAIL_LEAST_DELTA) return ("tailLeastDeltaBps", "delta x 1e4");
        return ("tailMostDeltaBps", "delta x 1e4");
    }
}
