// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHedgeParametersErrors} from "../interfaces/IHedgeParametersErrors.sol";

/// @title Names, units and numbers of the governed keys
/// @notice The order is part of every vote: a number is never re-used or moved, new keys are added at the end.
library HedgeKeys {
    uint8 internal constant CONDOR_SHORT_DELTA = 0;
    uint8 internal constant CONDOR_WING = 1;
    uint8 internal constant CONDOR_TENOR = 2;
    uint8 internal constant CONDOR_SIZE_CAP = 3;
    uint8 internal constant CONDOR_NOTIONAL_CAP = 4;
    uint8 internal constant RAMP_START = 5;
    uint8 internal constant RAMP_FULL = 6;
    uint8 internal constant VOLATILITY_TENOR = 7;
    uint8 internal constant VOLATILITY_PREMIUM_CAP = 8;
    uint8 internal constant TAIL_PUT_DELTA = 9;
    uint8 internal constant TAIL_TENOR = 10;
    uint8 internal constant TAIL_COVERAGE = 11;
    uint8 internal constant TAIL_PREMIUM_CAP = 12;
    uint8 internal constant BUDGET = 13;
    uint8 internal constant GAMMA_CAP = 14;
    uint8 internal constant CVAR_CAP = 15;
    uint8 internal constant DRIFT_BAND = 16;
    uint8 internal constant OVERLAY_NOTIONAL_CAP = 17;
    /// @dev Keys in use.
    uint8 internal constant COUNT = 18;

    /// @dev Name and unit of a key, for programs that prove that their table is the chain's.
    function describe(uint8 key) internal pure returns (string memory name, string memory unit) {
        if (key >= COUNT) revert IHedgeParametersErrors.UnknownKey(key, COUNT);
        if (key <= CONDOR_NOTIONAL_CAP) return _condor(key);
        if (key <= VOLATILITY_PREMIUM_CAP) return _volatility(key);
        if (key <= TAIL_PREMIUM_CAP) return _tail(key);
        return _overlay(key);
    }

    function _condor(uint8 key) private pure returns (string memory, string memory) {
        if (key == CONDOR_SHORT_DELTA) return ("condorShortDeltaBps", "delta x 1e4");
        if (key == CONDOR_WING) return ("condorWingBps", "bps of spot");
        if (key == CONDOR_TENOR) return ("condorTenorDays", "days");
        if (key == CONDOR_SIZE_CAP) return ("condorSizeCapBps", "bps of book value");
        return ("condorNotionalCapUsd", "USD");
    }

    function _volatility(uint8 key) private pure returns (string memory, string memory) {
        if (key == RAMP_START) return ("rampStartVolBps", "bps of 100 % volatility");
        if (key == RAMP_FULL) return ("rampFullVolBps", "bps of 100 % volatility");
        if (key == VOLATILITY_TENOR) return ("volatilityTenorDays", "days");
        return ("volatilityPremiumCapBps", "bps of book value");
    }

    function _tail(uint8 key) private pure returns (string memory, string memory) {
        if (key == TAIL_PUT_DELTA) return ("tailPutDeltaBps", "delta x 1e4");
        if (key == TAIL_TENOR) return ("tailTenorDays", "days");
        if (key == TAIL_COVERAGE) return ("tailCoverageBps", "bps of the tail loss");
        return ("tailPremiumCapBps", "bps of book value");
    }

    function _overlay(uint8 key) private pure returns (string memory, string memory) {
        if (key == BUDGET) return ("budgetBps", "bps of book value");
        if (key == GAMMA_CAP) return ("gammaCapBps", "bps of unhedged short gamma");
        if (key == CVAR_CAP) return ("cvarCapBps", "bps of book value");
        if (key == DRIFT_BAND) return ("driftBandBps", "bps");
        return ("overlayNotionalCapUsd", "USD");
    }
}
