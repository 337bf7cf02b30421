"""A typed JSON document: read whole, or refused with the JSON pointer of what is wrong."""

import re
from typing import TypeVar

import msgspec

from cext.errors import KernelError

Document = TypeVar("Document")

_REFUSAL = re.compile(r"(?P<why>.*?)(?: - at `\$(?P<where>[^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_KEY = re.compile(r"(?:unknown|missing required) field `(.*)`", re.DOTALL)


def read(raw: bytes, decoder: msgspec.json.Decoder[Document], refusal: type[KernelError]) -> Document:
    """Decode ``raw``; raises ``refusal`` for what is not UTF-8, not JSON or not of the decoder's shape."""
    try:
        raw.decode()  # msgspec does not look inside strings that it skips
        return decoder.decode(raw)
    except UnicodeDecodeError as error:
        raise refusal("", f"not UTF-8 at byte {error.start}") from error
    except msgspec.ValidationError as error:
        raise refusal(*_pointer(str(error))) from error
    except (ValueError, RecursionError) as error:
        raise refusal("", f"not JSON: {error}") from error


def _pointer(text: str) -> tuple[str, str]:
    """Turn msgspec's "… - at `$.rules[0].do`" into a JSON pointer and the sentence before it."""
    refused = _REFUSAL.fullmatch(text)
    why, where = (refused["why"], refused["where"] or "") if refused else (text, "")
    steps = [name or index for name, index in _STEP.findall(where)]
    if key := _KEY.search(why):
        steps.append(key[1])
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps), why
