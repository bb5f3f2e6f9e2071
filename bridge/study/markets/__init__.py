"""Which markets a study can play: each file registers one `StudyMarket`.

    spec        `StudyMarket`, `LoadedMarket`, the registry
    listed      option books as a venue quoted them: Deribit, first half of 2026
    modelled    years of ETH and BTC with options of a surface that is fitted walk-forward
    pools       eight pools together: what spreading over them is worth
    recorded    one pool of two volatile tokens with its own growth of fees
    shares      S&P 500 and VIX as a package ships them: what a newcomer runs

Read `spec` first. A market is loaded once in each process. May import what `bridge.study` may.
"""
