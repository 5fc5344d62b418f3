"""Merging repeated items into stories: what to compare (`fingerprint`), when two are the same (`match`), and doing
it (`merge`). A false merge loses an article and is worse than a missed one; so evidence that could mislead counts
for nothing.
"""
