"""Servers that stand in for others: they speak the real protocol over real HTTP and follow its documentation."""
