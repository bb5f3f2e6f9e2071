"""How each peer computes greeks and implied volatility, written as its own documentation does it.

Every entry is (prepare, package, most): prepare(arrays) returns the call that is timed and what turns its answer into
named arrays in this project's units; most is the number of options that a peer which loops in Python is given, whose
time is then scaled. Peers are imported where they are used: one process runs one peer.
"""

import numpy as np

ALL = 10**9
LOOPS = 2_000


def textbook(a):
    """Price and greeks as numpy code usually has them: both sides, then np.where; each array computed once."""
    from scipy.special import ndtr

    s, k, t, v, r, q, call = (a[n] for n in ("spot", "strike", "expiry", "vol", "rate", "dividend", "call"))

    def run():
        root = np.sqrt(t)
        d1 = (np.log(s / k) + (r - q + 0.5 * v**2) * t) / (v * root)
        d2 = d1 - v * root
        density = np.exp(-0.5 * d1**2) / np.sqrt(2 * np.pi)
        grown, discount = np.exp(-q * t), np.exp(-r * t)
        n1, n2, m1, m2 = ndtr(d1), ndtr(d2), ndtr(-d1), ndtr(-d2)
        price = np.where(call, s * grown * n1 - k * discount * n2, k * discount * m2 - s * grown * m1)
        delta = np.where(call, grown * n1, -grown * m1)
        gamma = grown * density / (s * v * root)
        vega = s * grown * density * root
        decay = -s * grown * density * v / (2 * root)
        theta = np.where(
            call, decay - r * k * discount * n2 + q * s * grown * n1, decay + r * k * discount * m2 - q * s * grown * m1
        )
        rho = np.where(call, k * t * discount * n2, -k * t * discount * m2)
        return price, delta, gamma, vega, theta, rho

    return run, named


def lean(a):
    """Compute the same with a signed argument, so that there are two normal probabilities instead of four."""
    from scipy.special import ndtr

    s, k, t, v, r, q, call = (a[n] for n in ("spot", "strike", "expiry", "vol", "rate", "dividend", "call"))

    def run():
        root, sign = np.sqrt(t), np.where(call, 1.0, -1.0)
        total = v * root
        d1 = (np.log(s / k) + (r - q + 0.5 * v * v) * t) / total
        grown, discount = np.exp(-q * t), np.exp(-r * t)
        density = np.exp(-0.5 * d1 * d1) * 0.3989422804014327
        n1, n2 = sign * grown * ndtr(sign * d1), sign * discount * ndtr(sign * (d1 - total))
        vega = s * grown * density * root
        theta = -0.5 * vega * v / t + q * s * n1 - r * k * n2
        return s * n1 - k * n2, n1, grown * density / (s * total), vega, theta, t * k * n2

    return run, named


def pyvolr(a):
    import pyvolr.bs as bs

    args = (flags(a), a["spot"], a["strike"], a["expiry"], a["rate"], a["vol"], a["dividend"])

    def run():
        g = bs.greeks(*args)
        return bs.price(*args), g["delta"], g["gamma"], g["vega"], g["theta"], g["rho"]

    return run, named


def fast_vollib(a):
    import fast_vollib as fv

    args = (flags(a), a["spot"], a["strike"], a["expiry"], a["rate"], a["vol"], a["dividend"])

    def run():
        price = fv.fast_black_scholes_merton(*args, return_as="numpy")
        return price, fv.get_all_greeks(*args[:-1], q=args[-1], model="black_scholes_merton", return_as="dict")

    return run, vollib_units


def py_vollib_vectorized(a):
    import py_vollib_vectorized as pv

    args = (flags(a), a["spot"], a["strike"], a["expiry"], a["rate"], a["vol"], a["dividend"])

    def run():
        price = pv.vectorized_black_scholes_merton(*args, return_as="numpy")
        return price, pv.get_all_greeks(*args, model="black_scholes_merton", return_as="dict")

    return run, vollib_units


def vollib(a):
    from vollib.black_scholes_merton import black_scholes_merton as value
    from vollib.black_scholes_merton.greeks import analytical as an

    names = ("spot", "strike", "expiry", "rate", "vol", "dividend")
    rows = list(zip(flags(a).tolist(), *(a[n].tolist() for n in names), strict=True))
    functions = (value, an.delta, an.gamma, an.vega, an.theta, an.rho)

    def run():
        return [[function(*row) for function in functions] for row in rows]

    def units(found):
        price, delta, gamma, vega, theta, rho = np.array(found).T
        return vollib_units((price, {"delta": delta, "gamma": gamma, "vega": vega, "theta": theta, "rho": rho}))

    return run, units


def financepy(a):
    import financepy.models.black_scholes_analytic as fa
    from financepy.utils.global_types import OptionTypes

    kind = np.where(a["call"], OptionTypes.EUROPEAN_CALL.value, OptionTypes.EUROPEAN_PUT.value)
    args = (a["spot"], a["expiry"], a["strike"], a["rate"], a["dividend"], a["vol"], kind)
    functions = (fa.value, fa.delta, fa.gamma, fa.vega, fa.theta, fa.rho)
    return lambda: [function(*args) for function in functions], named


def quantlib(a):
    import QuantLib as ql

    names = ("spot", "strike", "expiry", "rate", "vol", "dividend", "call")
    rows = list(zip(*(a[n].tolist() for n in names), strict=True))

    def option(s, k, t, r, v, q, call):
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, k)
        c = ql.BlackCalculator(payoff, s * np.exp((r - q) * t), v * np.sqrt(t), np.exp(-r * t))
        return c.value(), c.delta(s), c.gamma(s), c.vega(t), c.theta(s, t), c.rho(t)

    return lambda: [option(*row) for row in rows], lambda found: named(np.array(found).T)


def iv_pyvolr(a):
    import pyvolr.bs as bs

    args = (a["price"], flags(a), a["spot"], a["strike"], a["expiry"], a["rate"], a["dividend"])
    return lambda: bs.implied_vol(*args, on_error="ignore"), lambda found: {"vol": np.asarray(found)}


def iv_fast_vollib(a):
    import fast_vollib as fv

    args = (a["price"], a["spot"], a["strike"], a["expiry"], a["rate"], flags(a))
    call = {"q": a["dividend"], "model": "black_scholes_merton", "return_as": "numpy", "on_error": "ignore"}
    return lambda: fv.fast_implied_volatility(*args, **call), lambda found: {"vol": np.asarray(found)}


def iv_py_vollib_vectorized(a):
    import py_vollib_vectorized as pv

    args = (a["price"], a["spot"], a["strike"], a["expiry"], a["rate"], flags(a))
    call = {"q": a["dividend"], "model": "black_scholes_merton", "return_as": "numpy", "on_error": "ignore"}
    return lambda: pv.vectorized_implied_volatility(*args, **call), lambda found: {"vol": np.asarray(found)}


def iv_vollib(a):
    from vollib.black_scholes_merton.implied_volatility import implied_volatility

    names = ("price", "spot", "strike", "expiry", "rate", "dividend")
    rows = list(zip(*(a[n].tolist() for n in names), flags(a).tolist(), strict=True))
    return lambda: [implied_volatility(*row) for row in rows], lambda found: {"vol": np.array(found)}


def iv_financepy(a):
    import financepy.models.black_scholes_analytic as fa
    from financepy.utils.global_types import OptionTypes

    kind = np.where(a["call"], OptionTypes.EUROPEAN_CALL.value, OptionTypes.EUROPEAN_PUT.value)
    names = ("spot", "expiry", "strike", "rate", "dividend", "price")
    rows = list(zip(*(a[n].tolist() for n in names), kind.tolist(), strict=True))
    return lambda: [fa.implied_volatility(*row) for row in rows], lambda found: {"vol": np.array(found)}


def iv_quantlib(a):
    import QuantLib as ql

    names = ("price", "spot", "strike", "expiry", "rate", "dividend", "call")
    rows = list(zip(*(a[n].tolist() for n in names), strict=True))

    def option(p, s, k, t, r, q, call):
        kind = ql.Option.Call if call else ql.Option.Put
        forward, discount = s * np.exp((r - q) * t), np.exp(-r * t)
        return ql.blackFormulaImpliedStdDev(kind, k, forward, p, discount, 0.0, 0.3, 1e-12, 200) / np.sqrt(t)

    return lambda: [option(*row) for row in rows], lambda found: {"vol": np.array(found)}


def flags(a):
    return np.where(a["call"], "c", "p")


def named(found):
    return dict(zip(("price", "delta", "gamma", "vega", "theta", "rho"), map(np.asarray, found), strict=True))


def vollib_units(found):
    """Undo vollib's units: vega and rho per point, theta per day of 365."""
    price, g = found
    scaled = (price, g["delta"], g["gamma"], 100 * g["vega"], 365 * g["theta"], 100 * g["rho"])
    return named(np.asarray(values, dtype=float).reshape(-1) for values in scaled)


OPTIONS = {
    "greeks_1e6": {
        "numpy": (textbook, "numpy", ALL),
        "numpy_lean": (lean, "numpy", ALL),
        "pyvolr": (pyvolr, "pyvolr", ALL),
        "fast_vollib": (fast_vollib, "fast_vollib", ALL),
        "py_vollib_vectorized": (py_vollib_vectorized, "py_vollib_vectorized", 200_000),
        "vollib": (vollib, "vollib", LOOPS),
        "financepy": (financepy, "financepy", ALL),
        "quantlib": (quantlib, "QuantLib", LOOPS),
    },
    "iv_1e6": {
        "pyvolr": (iv_pyvolr, "pyvolr", ALL),
        "fast_vollib": (iv_fast_vollib, "fast_vollib", 100_000),
        "py_vollib_vectorized": (iv_py_vollib_vectorized, "py_vollib_vectorized", 50_000),
        "vollib": (iv_vollib, "vollib", LOOPS),
        "financepy": (iv_financepy, "financepy", LOOPS),
        "quantlib": (iv_quantlib, "QuantLib", LOOPS),
    },
}
