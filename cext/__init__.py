"""The rule kernel: loads a bundle, then prices one basket at a time, JSON in and JSON out."""

import os
from collections.abc import Callable, Iterable
from functools import partial
from importlib.util import find_spec
from typing import Literal, NamedTuple, Protocol

from cext.errors import BundleError, KernelError, RequestError
from cext.quotes import Label, Quoter
from cext.replay import Buckets, Outcomes, Packed, PlainPacked, Receipts

__all__ = [
    "COMPILED",
    "KERNEL",
    "Buckets",
    "BundleError",
    "KernelError",
    "Outcomes",
    "Packed",
    "Program",
    "Receipts",
    "RequestError",
    "load",
]

KernelName = Literal["c", "py"]

COMPILED = find_spec("cext._kernel") is not None
"""Whether the compiled kernel has been built."""


def _chosen(wanted: str) -> KernelName:
    """The kernel that TILLSIDE_KERNEL names, or the fastest that there is; raises ImportError."""
    if wanted == "py" or (not wanted and not COMPILED):
        return "py"
    if wanted not in ("", "c"):
        raise ImportError(f"TILLSIDE_KERNEL={wanted!r}: write c or py")
    if not COMPILED:
        raise ImportError(
            "the rule kernel is not built: run `python setup.py build_ext --inplace`, or set TILLSIDE_KERNEL=py"
        )
    return "c"


KERNEL: KernelName = _chosen(os.environ.get("TILLSIDE_KERNEL", ""))
"""The kernel that ``load`` uses unless it is told otherwise."""


class _Evaluator(Protocol):
    """What both kernels can do."""

    def evaluate(self, request_json: bytes, /) -> bytes: ...

    def explain(self, request_json: bytes, /) -> bytes: ...


class Program(NamedTuple):
    """A bundle ready to run.

    ``evaluate`` and ``explain`` take a request as JSON and answer in JSON; they raise RequestError.
    ``pack`` reads many requests, to price them together. ``quoter`` makes quotes for tills from their own bytes;
    only the compiled kernel has it. They are the kernel's own functions, without a Python frame in between.
    """

    evaluate: Callable[[bytes], bytes]
    explain: Callable[[bytes], bytes]
    pack: Callable[[Iterable[bytes]], Packed]
    quoter: Callable[[tuple[Label, ...], str, int], Quoter] | None
    rule_ids: tuple[str, ...]
    version: int
    blob_sha256: str
    kernel: KernelName


def load(bundle_json: bytes, kernel: KernelName | None = None) -> Program:
    """Check and compile a ``points-bundle/core-1`` document; raises BundleError naming the JSON pointer."""
    from cext.bundle import read_bundle  # the command line asks for KERNEL long before it loads a bundle
    from cext.program import digest, pack

    bundle = read_bundle(bundle_json)
    blob = pack(bundle)
    chosen = _chosen(kernel or KERNEL)
    rule_ids = tuple(rule.id for rule in bundle.rules)
    evaluator: _Evaluator
    packer: Callable[[Iterable[bytes]], Packed]
    quoter: Callable[[tuple[Label, ...], str, int], Quoter] | None = None
    if chosen == "c":
        from cext._kernel import Kernel as Compiled

        evaluator = compiled = Compiled(blob)
        packer, quoter = compiled.pack, compiled.quoter
    else:
        from cext.kernel_py import Kernel as Plain

        evaluator = Plain(bundle)
        packer = partial(PlainPacked, evaluator.evaluate, rule_ids)
    return Program(
        evaluate=evaluator.evaluate,
        explain=evaluator.explain,
        pack=packer,
        quoter=quoter,
        rule_ids=rule_ids,
        version=bundle.version,
        blob_sha256=digest(blob),
        kernel=chosen,
    )
