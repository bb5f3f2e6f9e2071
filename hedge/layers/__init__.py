"""The three layers: tail puts, long volatility and the sold condor. Each module holds one layer and one function.

All have one shape: market, exposure of one asset, its chain, the governed parameters and what may be spent come in; a
sized `hedge.instruments.layer.Layer` comes out, empty and with a reason where nothing fits.
"""
