"""Errors of the rule kernel, as a tree.

KernelError         something of the caller's cannot be used; ``path`` is the JSON pointer, ``why`` says it
├── BundleError     the bundle: what HQ wrote
└── RequestError    the request: what a till asked
"""


class KernelError(ValueError):
    """A document was refused: ``path`` is a JSON pointer (RFC 6901, "" is the whole document)."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path or 'document'}: {why}")
        self.path = path
        self.why = why


class BundleError(KernelError):
    """The bundle is not one that the kernel can run."""


class RequestError(KernelError):
    """The request is not one that the kernel can price."""
