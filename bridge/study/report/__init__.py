"""The page of a study: one static file with its pictures, a pure view of the study's summary document.

    view                 the document, checked, with names that are safe to show
    answers, comparison  what the numbers answer, in words
    figures              rows of the tables: numbers with their intervals, and why one is missing
    pictures             one file for each picture or family of pictures
    html, simulation     the pages of a study and of a simulation

Read `view` first. Nothing is computed here but what a drawing needs: bins, tints, places of labels.
"""
