"""What a printer can do: python-escpos's database of models, and the options of one device over it.

Only the database is read. Importing the library costs 0.3 s, starts logging and leaves a temporary
directory behind; its own ESC/POS encoder turns Chinese punctuation into question marks.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from drivers.api import BadPort, Option, read_options
from drivers.protocols.escpos import Profile

NARROWEST_PAPER_CELLS = 24


def profile_for(options: Mapping[str, Option]) -> Profile:
    """The profile of ``options``; ``model`` names an entry of the database for what they leave out.

    Raises BadPort that names the wrong option.
    """
    chosen = dict(options)
    model = chosen.pop("model", None)
    if chosen.get("status") == "none" and chosen.setdefault("confirm", "none") != "none":
        raise BadPort("options: confirm: a printer without status cannot confirm")
    return read_options({**(_of_model(model) if model is not None else {}), **chosen}, Profile)


def models() -> list[str]:
    """The names that the option ``model`` takes."""
    return sorted(_database())


def _of_model(model: Option) -> dict[str, Option]:
    entry = _database().get(str(model))
    if entry is None:
        raise BadPort(f"options: model: {model!r} is not in the database")
    features, columns = entry["features"], entry["fonts"]["0"]["columns"]
    return {
        # Some entries hold the width of a character in dots here.
        **({"width": columns} if columns >= NARROWEST_PAPER_CELLS else {}),
        "qr": features["qrCode"],
        "cut": features["paperPartCut"] or features["paperFullCut"],
    }


@cache
def _database() -> dict[str, dict[str, Any]]:
    profiles = json.loads(files("escpos").joinpath("capabilities.json").read_bytes())["profiles"]
    # A line display is in the database too; nothing that narrow is a receipt printer.
    return {name: entry for name, entry in profiles.items() if "Display" not in entry["name"]}
