"""The only room that speaks to the network: fetches one address politely and safely, and says when to come back.

`client` is the way in; `guard` is asked before every socket is opened; `cadence` is pure.
"""
