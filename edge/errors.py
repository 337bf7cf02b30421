"""Errors of the daemon, as a tree.

TillsideError
├── PosError              a till asked for what cannot be; carries a stable code of the POS protocol
├── ConfigError           the configuration file is wrong; names the key
├── StorageError
│   ├── OutcomeUnknown    COMMIT itself failed: retry with the same key
│   ├── StorageFull       nothing was written; safe to retry later
│   └── StorageCorrupt    an invariant does not hold
└── (programming errors are ordinary Python exceptions)
"""

from enum import IntEnum
from typing import Any


class Code(IntEnum):
    """Stable error codes of the POS socket (docs/pos-integration.md)."""

    PARSE = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL = -32603
    BUSY = -32001
    STOPPING = -32002
    STARTING = -32003
    TOO_MANY_CONNECTIONS = -32005
    DEADLINE_PASSED = -32006
    BAD_TOKEN = 1001
    NOT_ALLOWED = 1002
    PROTOCOL = 1003
    TOPIC = 1004
    NO_SUCH_MEMBER = 1201
    CARD_STOPPED = 1202
    CARD_EXPIRED = 1203
    MEMBER_DATA_TOO_OLD = 1204
    BALANCE_SHORT = 1205
    CREDIT_LIMIT = 1206
    QUOTE_EXPIRED = 1301
    IDEM_CONFLICT = 1302
    RULES_CHANGED = 1303
    TENDERS_MISMATCH = 1304
    TENDER_NOT_OFFLINE = 1305
    APPROVAL_NEEDED = 1306
    NO_SUCH_SALE = 1307
    ALREADY_REFUNDED = 1308
    TOO_LATE = 1309
    OVER_QUANTITY = 1310
    VOID_NOT_ALLOWED = 1311
    SHIFT = 1312
    NO_SUCH_DEVICE = 1401
    CLAIMED = 1402
    DEVICE_OFFLINE = 1403
    DEVICE_TIMEOUT = 1404
    PAPER_OR_COVER = 1405
    OUTCOME_UNKNOWN = 1406
    NO_VALID_RULES = 1501
    COUPON = 1502
    OFFLINE_LIMIT = 1601
    HQ_REFUSED = 1602


class Retry:
    """What a till may do after an error: the values of ``data.retry``."""

    SAME_IDEM = "same_idem"
    NEW_IDEM = "new_idem"
    NEVER = "never"


class TillsideError(Exception):
    """Root of every error that this package raises on purpose."""


class PosError(TillsideError):
    """A refusal that a till sees: code, one English sentence, and ``data`` with the Chinese hint.

    ``path`` is the JSON path of the offending field (``/lines/0/qty_milli``).
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        zh: str = "",
        path: str | None = None,
        retry: str = Retry.NEVER,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data: dict[str, Any] = {
            "name": code.name.lower(),
            "retry": retry,
            "hint": {"zh": zh or message, "en": message},
            **extra,
        }
        if path is not None:
            self.data["path"] = path


class ConfigError(TillsideError):
    """The configuration cannot be used; the text names file and key and says what to write."""


class StorageError(TillsideError):
    """The ledger file refused; the subclass says what is known about the outcome."""


class OutcomeUnknown(StorageError):
    """COMMIT failed: the write may or may not be on disk. Retry with the same key."""


class StorageFull(StorageError):
    """The disk is full; nothing was written. Make room, then retry with the same key."""


class StorageCorrupt(StorageError):
    """An invariant of the ledger does not hold; the text names it."""
