"""What is remembered: the one place where SQL lives, and where the writing and the reading wing meet.

Every function takes an open `Connection` and answers one question or changes one thing; who calls it decides where the
transaction begins and ends (`engine.reading`, `engine.writing`).
"""
