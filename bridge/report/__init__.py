"""The HTML report of a plan: one static file with its pictures.

    content                  everything that a report shows
    view, changes, signals   worked out for the template, in words and numbers
    pictures                 one file for each picture
    html                     the page

Read `content` first. May import `plans` and what is below it.
"""
