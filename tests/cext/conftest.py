"""Every rule test runs on both kernels: they ask for ``load`` and get one after the other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cext

DATA = Path(__file__).parents[1] / "data" / "rules"
KERNELS = (
    pytest.param("c", marks=pytest.mark.skipif(not cext.COMPILED, reason="the kernel is not built")),
    "py",
)

Load = Callable[[object], cext.Program]
Price = Callable[..., dict[str, Any]]


@pytest.fixture
def rules() -> Path:
    """The folder of bundles, requests and expected results."""
    return DATA


@pytest.fixture(params=KERNELS)
def load(request: pytest.FixtureRequest) -> Load:
    """Load a bundle, given as bytes or as what JSON is made from."""
    kernel = request.param

    def loading(bundle: object) -> cext.Program:
        raw = bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode()
        return cext.load(raw, kernel)

    return loading
