"""The volatility that the CAPM implies for the book, against its own norm."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hedge.signals import capm
from hedge.signals.histories import Histories
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalSpec, register_signal
from hedge.signals.specs import MARKET_AGE
from hedge.units import DAY, YEAR_DAYS


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    asset = past.of_book("price", "close", weights, logs=True)
    market = past.column("market", "close")
    shared = np.intersect1d(asset.index.to_numpy(), market.index.to_numpy())
    years = (shared[-1] - shared[0]) / (YEAR_DAYS * DAY) if shared.size > 1 else 1.0
    model = capm.market_model(asset, market, 90, max(shared.size - 1, 1) / years)
    ratio = capm.over_norm(capm.capm_vol(model, past.column("market", "vol"), MARKET_AGE))
    return capm.capm_gauge(ratio, max_age_seconds=MARKET_AGE, source=source)


register_signal(SignalSpec("CAPM volatility", 120, ("price_{asset}", "market"), _gauge))
