"""What the kernel takes at most; within these no sum and no product leaves 63 bits."""

FEN_MAX = 2**31
"""Of a line, a receipt, a threshold, and of what one rule or one receipt can give, in fen or points."""

LINES_MAX = 256
QTY_MAX = 2**16
MILLI_MAX = 999
"""Thousandths of a unit beyond ``qty``: weighed goods."""

RULES_MAX = 1024
GROUPS_MAX = 64
TAGS_MAX = 256
"""Different tags that the rules of one bundle may name."""

COUPONS_MAX = 6
"""Coupons that one basket may present: every combination of them is tried."""

USED_MAX = 2**53
"""Of a counter that comes with the request; beyond any limit, and exact in every JSON reader."""

TS_MAX = 2**36
"""Epoch seconds of a request: the year 4147."""
