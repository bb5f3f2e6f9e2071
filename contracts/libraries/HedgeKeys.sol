// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IHedgeParametersErrors} from "../interfaces/IHedgeParametersErrors.sol";

/// @dev Number of keys. Outside of the library because Solidity takes no member of one as the length of an array.
uint8 constant HEDGE_KEYS = 24;

/// @dev Which way a key takes risk away from who provides liquidity. Tenors and choices do neither.
enum Derisk {
    Neither,
    Down,
    Up
}

/// @title The governed keys: numbers, names, units, and which tuples make sense together
/// @notice All that a re-cut of keys touches. The order is part of every vote: while a HedgeParameters is in use, no
/// number is re-used or moved. Other keys are another contract, which the DAO points to.
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

    /// @notice The goal looks further ahead than options may reach (days).
    /// @param horizon to the next plan
    /// @param reach the shorter of the longest tenors of layers 2 and 3
    error HorizonAboveLongestTenor(uint32 horizon, uint32 reach);
    /// @notice More could be lost on options in 30 days than may be spent on them (bps of book value).
    /// @param costBudget expected cost in 30 days
    /// @param cashBudget of all options
    error CostBudgetAboveCashBudget(uint32 costBudget, uint32 cashBudget);
    /// @notice Layer 2 could hold more cash than all options together (bps of book value).
    /// @param volatilityCap of layer 2
    /// @param cashBudget of all options
    error VolatilityPremiumCapAboveCashBudget(uint32 volatilityCap, uint32 cashBudget);
    /// @notice Layer 3 could hold more cash than all options together (bps of book value).
    /// @param tailCap of layer 3
    /// @param cashBudget of all options
    error TailPremiumCapAboveCashBudget(uint32 tailCap, uint32 cashBudget);
    /// @notice Legs could be sold nearer the money than the tail's puts are bought (delta x 1e4).
    /// @param condorDelta largest of a sold leg
    /// @param tailDelta where the tail ends
    error CondorDeltaAboveTailDelta(uint32 condorDelta, uint32 tailDelta);
    /// @notice No tenor is left for layer 2 (days).
    /// @param leastDays its shortest
    /// @param mostDays its longest
    error VolatilityLeastDaysNotBelowMostDays(uint32 leastDays, uint32 mostDays);
    /// @notice No delta is left for layer 2, which begins where the tail ends (delta x 1e4).
    /// @param tailDelta where the tail ends
    /// @param volatilityDelta largest of layer 2
    error TailDeltaNotBelowVolatilityDelta(uint32 tailDelta, uint32 volatilityDelta);
    /// @notice No tenor is left for layer 3 (days).
    /// @param leastDays its shortest
    /// @param mostDays its longest
    error TailLeastDaysNotBelowMostDays(uint32 leastDays, uint32 mostDays);
    /// @notice No delta is left for layer 3 (delta x 1e4).
    /// @param leastDelta least of a tail put
    /// @param mostDelta where the tail ends
    error TailLeastDeltaNotBelowMostDelta(uint32 leastDelta, uint32 mostDelta);

    /// @dev Revert with the first rule across keys that a tuple breaks, in the order of the lowest key that each binds.
    function requireConsistent(uint32[HEDGE_KEYS] memory v) internal pure {
        // How long and how much: the horizon against the tenors that reach it, caps against the cash they share.
        uint32 reach = uint32(Math.min(v[VOLATILITY_MOST_DAYS], v[TAIL_MOST_DAYS]));
        if (v[HORIZON] > reach) revert HorizonAboveLongestTenor(v[HORIZON], reach);
        uint32 cash = v[CASH_BUDGET];
        if (v[COST_BUDGET] > cash) revert CostBudgetAboveCashBudget(v[COST_BUDGET], cash);
        uint32 cap = v[VOLATILITY_PREMIUM_CAP];
        if (cap > cash) revert VolatilityPremiumCapAboveCashBudget(cap, cash);
        cap = v[TAIL_PREMIUM_CAP];
        if (cap > cash) revert TailPremiumCapAboveCashBudget(cap, cash);
        // Which options: deltas and tenors in their order, so that each range holds something to buy.
        uint32 tail = v[TAIL_MOST_DELTA];
        if (v[CONDOR_SHORT_DELTA] > tail) revert CondorDeltaAboveTailDelta(v[CONDOR_SHORT_DELTA], tail);
        if (v[VOLATILITY_LEAST_DAYS] >= v[VOLATILITY_MOST_DAYS]) {
            revert VolatilityLeastDaysNotBelowMostDays(v[VOLATILITY_LEAST_DAYS], v[VOLATILITY_MOST_DAYS]);
        }
        if (tail >= v[VOLATILITY_MOST_DELTA]) revert TailDeltaNotBelowVolatilityDelta(tail, v[VOLATILITY_MOST_DELTA]);
        if (v[TAIL_LEAST_DAYS] >= v[TAIL_MOST_DAYS]) {
            revert TailLeastDaysNotBelowMostDays(v[TAIL_LEAST_DAYS], v[TAIL_MOST_DAYS]);
        }
        if (v[TAIL_LEAST_DELTA] >= tail) revert TailLeastDeltaNotBelowMostDelta(v[TAIL_LEAST_DELTA], tail);
    }

    /// @dev Whether a change takes risk away.
    function derisks(uint8 key, uint32 from, uint32 to) internal pure returns (bool) {
        Derisk way = derisk(key);
        return (way == Derisk.Down && to < from) || (way == Derisk.Up && to > from);
    }

    /// @dev Which way a key takes risk away.
    function derisk(uint8 key) internal pure returns (Derisk) {
        // Less may be lost before the hedge grows, less is sold, and what is sold lies further out and nearer its wing.
        if (key == TARGET_CVAR || key == REHEDGE || key == GAMMA_CAP) return Derisk.Down;
        if (key == CONDOR_SHORT_DELTA || key == CONDOR_WING || key == CONDOR_NOTIONAL_CAP) return Derisk.Down;
        // More may be spent on protection and held of it, and the tail's puts are nearer the money.
        if (key == CASH_BUDGET || key == COST_BUDGET || key == TURNOVER_CAP) return Derisk.Up;
        if (key == DELTA_SHARE || key == OVERLAY_NOTIONAL_CAP) return Derisk.Up;
        if (key == VOLATILITY_PREMIUM_CAP || key == TAIL_PREMIUM_CAP) return Derisk.Up;
        if (key == TAIL_LEAST_DELTA || key == TAIL_MOST_DELTA) return Derisk.Up;
        return Derisk.Neither;
    }

    /// @dev Bounds that no vote can widen, in the unit of the key: beyond them the planner has no answer, or one update
    /// would be ruin. docs/governance.md has the reason of each.
    function outerBounds(uint8 key) internal pure returns (uint32 least, uint32 most) {
        if (key == BENCHMARK) return (0, 2);
        if (key == HORIZON) return (3, 30);
        if (key == TARGET_CVAR) return (0, 5000);
        if (key == CASH_BUDGET) return (0, 2000);
        if (key == COST_BUDGET) return (0, 1000);
        if (key == TURNOVER_CAP) return (0, 10_000);
        if (key == DELTA_SHARE) return (0, 10_000);
        if (key == GAMMA_CAP) return (0, 15_000);
        if (key == REHEDGE) return (0, 5000);
        if (key == OVERLAY_NOTIONAL_CAP) return (0, 60_000);
        if (key == CONDOR_SHORT_DELTA) return (1000, 3500);
        if (key == CONDOR_WING) return (200, 3000);
        if (key == CONDOR_TENOR) return (3, 60);
        if (key == CONDOR_NOTIONAL_CAP) return (0, 10_000);
        if (key == REGIME_POLICY) return (0, 2);
        if (key == VOLATILITY_PREMIUM_CAP) return (0, 2000);
        if (key == VOLATILITY_LEAST_DAYS) return (3, 90);
        if (key == VOLATILITY_MOST_DAYS) return (7, 180);
        if (key == VOLATILITY_MOST_DELTA) return (2500, 8000);
        if (key == TAIL_PREMIUM_CAP) return (0, 2000);
        if (key == TAIL_LEAST_DAYS) return (3, 90);
        if (key == TAIL_MOST_DAYS) return (7, 400);
        if (key == TAIL_LEAST_DELTA) return (100, 2500);
        if (key == TAIL_MOST_DELTA) return (500, 5000);
        revert IHedgeParametersErrors.UnknownKey(key, HEDGE_KEYS);
    }

    /// @dev Name and unit of a key, for programs that prove that their table is the chain's.
    function describe(uint8 key) internal pure returns (string memory name, string memory unit) {
        if (key == BENCHMARK) return ("benchmark", "0 USD, 1 deposited, 2 half and half");
        if (key == HORIZON) return ("horizonDays", "days");
        if (key == TARGET_CVAR) return ("targetCvarBps", "bps of book value");
        if (key == CASH_BUDGET) return ("cashBudgetBps", "bps of book value");
        if (key == COST_BUDGET) return ("costBudgetBps", "bps of book value");
        if (key == TURNOVER_CAP) return ("turnoverCapBps", "bps of book value");
        if (key == DELTA_SHARE) return ("deltaShareBps", "bps of the book's delta");
        if (key == GAMMA_CAP) return ("gammaCapBps", "bps of bought gamma");
        if (key == REHEDGE) return ("rehedgeBps", "bps of CVaR95");
        if (key == OVERLAY_NOTIONAL_CAP) return ("overlayNotionalCapBps", "bps of book value");
        if (key == CONDOR_SHORT_DELTA) return ("condorShortDeltaBps", "delta x 1e4");
        if (key == CONDOR_WING) return ("condorWingBps", "bps of spot");
        if (key == CONDOR_TENOR) return ("condorTenorDays", "days");
        if (key == CONDOR_NOTIONAL_CAP) return ("condorNotionalCapBps", "bps of book value");
        if (key == REGIME_POLICY) return ("regimePolicy", "0 steady, 1 scale in, 2 scale out");
        if (key == VOLATILITY_PREMIUM_CAP) return ("volatilityPremiumCapBps", "bps of book value");
        if (key == VOLATILITY_LEAST_DAYS) return ("volatilityLeastDays", "days");
        if (key == VOLATILITY_MOST_DAYS) return ("volatilityMostDays", "days");
        if (key == VOLATILITY_MOST_DELTA) return ("volatilityMostDeltaBps", "delta x 1e4");
        if (key == TAIL_PREMIUM_CAP) return ("tailPremiumCapBps", "bps of book value");
        if (key == TAIL_LEAST_DAYS) return ("tailLeastDays", "days");
        if (key == TAIL_MOST_DAYS) return ("tailMostDays", "days");
        if (key == TAIL_LEAST_DELTA) return ("tailLeastDeltaBps", "delta x 1e4");
        if (key == TAIL_MOST_DELTA) return ("tailMostDeltaBps", "delta x 1e4");
        revert IHedgeParametersErrors.UnknownKey(key, HEDGE_KEYS);
    }
}
