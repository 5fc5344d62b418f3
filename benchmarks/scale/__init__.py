"""What an idle tick, a claim and a poll's outcome cost with 1,000 to 1,000,000 sources; and what more workers bring.

rows      synthetic sources, as many as one likes
measure   the three costs, on one database
workers   1, 2, 4 and 8 workers on one PostgreSQL
charts    the pictures of docs/scale.md
"""
