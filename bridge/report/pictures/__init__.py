"""The pictures of a report, drawn with matplotlib as SVG.

    canvas    frame, colours, scales: what every picture shares
    payoff, stress, bars, frontier, volatility, path, parameters, signals    one picture or family of pictures each

Read `canvas` first. May import `bridge.report.content`; matplotlib is loaded here and nowhere else.
"""
