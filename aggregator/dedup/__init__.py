"""Merging repeated items into stories: when two are the same (`match`), where to look (`index`), which one to join
(`choose`), doing it (`merge`), doing it again over history (`rematch`), and holding back what floods in (`flood`).

What is compared is computed where documents are read (`feeds.fingerprint`). A false merge loses an article and is worse
than a missed one; so evidence that could mislead counts for nothing. docs/dedup.md tells it to operators.
"""
