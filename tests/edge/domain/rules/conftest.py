"""One bundle that uses all of the vocabulary, in the way people write it."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def whole() -> bytes:
    return (Path(__file__).parents[3] / "data" / "rules" / "whole.yaml").read_bytes()
