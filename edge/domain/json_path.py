"""Where in a document something is wrong: msgspec's error text as a JSON pointer (RFC 6901)."""

import re

_WHERE = re.compile(r"^(?P<why>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")


def pointer(error: Exception) -> tuple[str, str]:
    """(JSON pointer, what is wrong) of a msgspec ValidationError; ends in the unknown or missing key."""
    found = _WHERE.match(str(error))
    why, where = (found["why"], found["path"] or "") if found else (str(error), "")
    steps = [name or index for name, index in _STEP.findall(where.removeprefix("$"))]
    for pattern in (_UNKNOWN, _MISSING):
        key = pattern.search(why)
        if key:
            steps.append(key[1])
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps), why
