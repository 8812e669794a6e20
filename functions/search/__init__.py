"""Which orders are there, whatever one remembers of them?"""
