"""The pictures of a study, drawn on the report's canvas.

    palette         colour and dash of each strategy: a family shares its colour
    place_labels    where names go so that they hide neither each other nor a point
    lines           profit and drawdown over time
    weeks           distribution of weekly profits
    frontier        what protection costs
    attribution     what each layer earned and paid
    calibration     forecasts against what came
    spans, pools    quarters as tints; what pools have in common

Read `palette` first. May import `view` and the report's canvas.
"""
