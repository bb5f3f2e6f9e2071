"""The page of the monitor: what people see in a browser, and what machines ask of a running monitor.

    server     routes, headers, tokens, the stream of changes
    templates, static    the page itself, all of it served from here

Read `server` first. May import `monitor` and what is below it.
"""
