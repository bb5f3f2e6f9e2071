"""How each peer simulates 100,000 paths of 365 steps: numpy a step at a time, QuantLib by its own engines.

Entries as in peers_options. numpy steps through time with all paths as one vector, as people write it; numpy_lean does
so in place, into memory that is used again. Their Heston is full truncation, which is cheaper than the scheme that we
and QuantLib use.
"""

import numpy as np

ALL = 10**9


def numbers(a):
    return {name: float(values[0]) for name, values in a.items()}


def gbm_numpy(a):
    n = numbers(a)
    count, steps = int(n["count"]), int(n["steps"])
    draw, dt = np.random.default_rng(5), 1.0 / n["steps"]

    def run():
        price, total = np.full(count, n["spot"]), np.zeros(count)
        for _ in range(steps):
            z = draw.standard_normal(count)
            price = price * np.exp(-0.5 * n["vol"] ** 2 * dt + n["vol"] * np.sqrt(dt) * z)
            total = total + price
        asian = np.maximum(total / steps - n["strike"], 0.0)
        return {"asian": asian, "call": np.maximum(price - n["strike"], 0.0)}

    return run, means


def heston_numpy(a):
    n = numbers(a)
    count, steps, dt = int(n["count"]), int(n["steps"]), 1.0 / n["steps"]
    draw = np.random.default_rng(5)

    def run():
        x, v = np.zeros(count), np.full(count, n["v0"])
        for _ in range(steps):
            first = draw.standard_normal(count)
            second = n["rho"] * first + np.sqrt(1.0 - n["rho"] ** 2) * draw.standard_normal(count)
            known = np.maximum(v, 0.0)
            x = x - 0.5 * known * dt + np.sqrt(known * dt) * first
            v = v + n["kappa"] * (n["theta"] - known) * dt + n["xi"] * np.sqrt(known * dt) * second
        return {"call": np.maximum(n["spot"] * np.exp(x) - n["strike"], 0.0)}

    return run, means


def lp_numpy(a):
    n = numbers(a)
    count, steps, dt = int(n["count"]), int(n["steps"]), 1.0 / n["steps"]
    draw = np.random.default_rng(5)
    low, high = np.sqrt(n["lower"]), np.sqrt(n["upper"])

    def run():
        price, gain = np.full(count, n["spot"]), np.zeros(count)
        for _ in range(steps):
            delta = 1.0 / np.clip(np.sqrt(price), low, high) - 1.0 / high
            z = draw.standard_normal(count)
            after = price * np.exp(-0.5 * n["vol"] ** 2 * dt + n["vol"] * np.sqrt(dt) * z)
            gain = gain + delta * (after - price)
            price = after
        root = np.clip(np.sqrt(price), low, high)
        value = price * (1.0 / root - 1.0 / high) + root - low
        return {"value": value, "hedged": value - gain}

    return run, means


def gbm_lean(a):
    n = numbers(a)
    count, steps = int(n["count"]), int(n["steps"])
    draw = np.random.default_rng(5)
    drift, deviation = -0.5 * n["vol"] ** 2 / steps, n["vol"] / np.sqrt(steps)

    def run():
        x, total, z, price = np.zeros(count), np.zeros(count), np.empty(count), np.empty(count)
        for _ in range(steps):
            draw.standard_normal(out=z)
            z *= deviation
            z += drift
            x += z
            np.exp(x, out=price)
            total += price
        asian = np.maximum(n["spot"] / steps * total - n["strike"], 0.0)
        return {"asian": asian, "call": np.maximum(n["spot"] * price - n["strike"], 0.0)}

    return run, means


def heston_lean(a):
    n = numbers(a)
    count, steps, dt = int(n["count"]), int(n["steps"]), 1.0 / n["steps"]
    draw, rest = np.random.default_rng(5), np.sqrt(1.0 - n["rho"] ** 2)

    def run():
        x, v = np.zeros(count), np.full(count, n["v0"])
        first, second, floor, root = (np.empty(count) for _ in range(4))
        for _ in range(steps):
            draw.standard_normal(out=first)
            draw.standard_normal(out=second)
            np.maximum(v, 0.0, out=floor)
            np.multiply(floor, dt, out=root)
            np.sqrt(root, out=root)
            second *= rest
            second += n["rho"] * first
            second *= root
            second *= n["xi"]
            first *= root
            x += first
            x -= 0.5 * dt * floor
            v += n["kappa"] * dt * (n["theta"] - floor)
            v += second
        return {"call": np.maximum(n["spot"] * np.exp(x) - n["strike"], 0.0)}

    return run, means


def lp_lean(a):
    n = numbers(a)
    count, steps = int(n["count"]), int(n["steps"])
    draw = np.random.default_rng(5)
    drift, deviation = -0.5 * n["vol"] ** 2 / steps, n["vol"] / np.sqrt(steps)
    low, high, inverse = np.sqrt(n["lower"]), np.sqrt(n["upper"]), n["upper"] ** -0.5

    def run():
        price, gain = np.full(count, n["spot"]), np.zeros(count)
        z, root = np.empty(count), np.empty(count)
        np.sqrt(price, out=root)
        np.clip(root, low, high, out=root)
        for _ in range(steps):
            draw.standard_normal(out=z)
            z *= deviation
            z += drift
            np.expm1(z, out=z)
            z *= price  # the move
            np.divide(1.0, root, out=root)
            root -= inverse
            root *= z
            gain += root
            price += z
            np.sqrt(price, out=root)
            np.clip(root, low, high, out=root)
        value = price * (1.0 / root - inverse) + root - low
        return {"value": value, "hedged": value - gain}

    return run, means


def market_quantlib(ql, spot):
    today = ql.Date(1, 1, 2021)
    ql.Settings.instance().evaluationDate = today
    flat = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, ql.Actual365Fixed()))
    return today, flat, ql.QuoteHandle(ql.SimpleQuote(spot))


def gbm_quantlib(a):
    import QuantLib as ql

    n = numbers(a)
    today, flat, spot = market_quantlib(ql, n["spot"])
    vol = ql.BlackConstantVol(today, ql.NullCalendar(), n["vol"], ql.Actual365Fixed())
    process = ql.BlackScholesMertonProcess(spot, flat, flat, ql.BlackVolTermStructureHandle(vol))
    dates = [today + day for day in range(1, int(n["steps"]) + 1)]
    payoff, exercise = ql.PlainVanillaPayoff(ql.Option.Call, n["strike"]), ql.EuropeanExercise(dates[-1])

    def run():
        option = ql.DiscreteAveragingAsianOption(ql.Average.Arithmetic, 0.0, 0, dates, payoff, exercise)
        engine = ql.MCDiscreteArithmeticAPEngine(
            process, "pseudorandom", False, False, False, int(n["count"]), None, None, 5
        )
        option.setPricingEngine(engine)
        return {"asian": np.array([option.NPV()])}

    return run, means


def heston_quantlib(a):
    import QuantLib as ql

    n = numbers(a)
    today, flat, spot = market_quantlib(ql, n["spot"])
    process = ql.HestonProcess(flat, flat, spot, n["v0"], n["kappa"], n["theta"], n["xi"], n["rho"])
    payoff = ql.PlainVanillaPayoff(ql.Option.Call, n["strike"])
    exercise = ql.EuropeanExercise(today + int(n["steps"]))

    def run():
        option = ql.VanillaOption(payoff, exercise)
        engine = ql.MCEuropeanHestonEngine(
            process, "pseudorandom", timeSteps=int(n["steps"]), requiredSamples=int(n["count"]), seed=5
        )
        option.setPricingEngine(engine)
        return {"call": np.array([option.NPV()])}

    return run, means


def means(found):
    return {name: np.array([values.mean()]) for name, values in found.items()}


SIMULATE = {
    "mc_gbm": {
        "numpy": (gbm_numpy, "numpy", ALL),
        "numpy_lean": (gbm_lean, "numpy", ALL),
        "quantlib": (gbm_quantlib, "QuantLib", ALL),
    },
    "mc_heston": {
        "numpy": (heston_numpy, "numpy", ALL),
        "numpy_lean": (heston_lean, "numpy", ALL),
        "quantlib": (heston_quantlib, "QuantLib", ALL),
    },
    "mc_lp_hedge": {"numpy": (lp_numpy, "numpy", ALL), "numpy_lean": (lp_lean, "numpy", ALL)},
}
