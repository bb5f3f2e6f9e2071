"""What can happen to a book: scenarios, the profit in them, and the tail.

    scenarios   joint prices and volatility moves at the horizon and on the way there
    measures    profit of the book, of legs and of layers per scenario; CVaR
    stress      pay-off curves along one price, the matrix of instant moves

Read them in this order. May import `book`, `instruments`, `market` and what is below them.
"""
