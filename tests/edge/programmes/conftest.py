"""Every programme in docs/programmes in turn."""

from pathlib import Path

import pytest

from tests.edge.programmes.shop import PROGRAMMES


@pytest.fixture(params=sorted(PROGRAMMES.glob("*.yaml")), ids=lambda path: path.stem)
def bundle_file(request: pytest.FixtureRequest) -> Path:
    """Each bundle in turn."""
    path: Path = request.param
    return path
