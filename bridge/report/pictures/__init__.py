"""The pictures of a report, drawn with matplotlib as SVG.

    canvas    frame, colours, scales: what every picture shares
    payoff, stress, bars, pairs, frontier, volatility, path, parameters, signals    one or a family of pictures each

Read `canvas` first. May import `bridge.report.content`; matplotlib is loaded here and nowhere else.
"""
