"""The HTML report of one plan: pictures, tables and plain words in one file that needs nothing from the network."""
