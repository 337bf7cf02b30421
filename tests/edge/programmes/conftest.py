"""Every programme in docs/programmes, read as a box reads it."""

from pathlib import Path

import pytest

PROGRAMMES = Path(__file__).parents[3] / "docs" / "programmes"


@pytest.fixture(params=sorted(PROGRAMMES.glob("*.yaml")), ids=lambda path: path.stem)
def bundle_file(request: pytest.FixtureRequest) -> Path:
    """Each bundle in turn."""
    path: Path = request.param
    return path
