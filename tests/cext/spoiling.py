"""Requests as nobody should send them: what tills write, changed in its values, its shape or its bytes.

``python -m tests.cext.spoiling KERNEL INPUTS COMPARED`` throws so many at a compiled kernel, and compares some with
the plain one. KERNEL is the file of the extension: one that was built with sanitizers, for instance.
"""

import json
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from typing import Any

import cext

JsonObject = dict[str, Any]

DATA = Path(__file__).parents[1] / "data" / "rules"
TEXTS = ("", "C29", "6901000000000", "k" * 15, "k" * 16, "k" * 70, "金卡", "a\\b", 'a"b', "é", "\x7f", "\t")
NUMBERS = (
    0,
    1,
    7,
    999,
    1000,
    1231,
    65_536,
    65_537,
    9_999_999,
    10**7,
    2**31,
    2**31 + 1,
    2**36,
    10**12,
    10**30,
)
VALUES: tuple[Any, ...] = (
    *TEXTS,
    *NUMBERS,
    -1,
    0.5,
    True,
    False,
    None,
    [],
    {},
    [1],
    ["a", "a"],
    {"a": {"b": [None]}},
)
KEYS = ("ts", "fen", "milli", "used", "coupons", "channel", "birthday_state", "nd", "np", "cat", "x", "lines")
MARKS = tuple(b'"\\{}[]:,0159-+.eE \n\r\t\x00\x1f\x7f\x80\xc2\xe9\xff/tfn')


def bundle() -> bytes:
    """The ten rules, and two of them with a coupon and limits."""
    ten: JsonObject = json.loads((DATA / "bundle_10.json").read_bytes())
    ten["rules"][1]["when"]["coupon"] = "CNY10"
    ten["rules"][2]["when"]["tags"] = ["senior", "金卡"]
    for rule in ten["rules"][:3]:
        rule["limit"] = {"per_day": 2, "total_value": 5000}
    return json.dumps(ten).encode()


def baskets() -> list[JsonObject]:
    """What tills send, some of it with all keys."""
    found: list[JsonObject] = [
        json.loads(line) for line in (DATA / "requests.jsonl").read_bytes().splitlines()[:60]
    ]
    for nth, basket in enumerate(found):
        basket["lines"] = basket["lines"][: 1 + nth % 8]
        if nth % 3 == 0:
            basket["coupons"] = ["CNY10", "CNY20"][: nth % 2 + 1]
            basket["used"] = {"R0000": [1, 0, 300], "R0001": [0, 2, 0, 5000, 5000], "R9": []}
            basket["lines"][0]["milli"] = 250
        if nth % 5 == 0:
            basket["lines"][-1] |= {
                "cat": "饮料",
                "brand": "金卡" * (1 + nth % 3),
                "sku": "k" * (12 + nth % 9),
            }
    return found


def spoilt(random: Random) -> Iterator[bytes]:
    """Endlessly many requests, some of which are still good."""
    sound = baskets()
    while True:
        raw = written(random, restructured(random, random.choice(sound)))
        for _ in range(8):
            yield spoil(random, raw)


def restructured(random: Random, basket: JsonObject) -> JsonObject:
    """Change up to three values, keys or their order."""
    changed: JsonObject = json.loads(json.dumps(basket))
    for _ in range(random.choice((0, 0, 1, 2, 3))):
        inside = random.choice([changed, *changed["lines"], changed["member"] or changed])
        match random.randrange(4):
            case 0:
                inside[random.choice(list(inside))] = random.choice(VALUES)
            case 1:
                inside[random.choice(KEYS)] = random.choice(VALUES)
            case 2:
                del inside[random.choice(list(inside))]
            case _:
                keys = random.sample(list(inside), len(inside))
                items = {key: inside[key] for key in keys}
                inside.clear()
                inside.update(items)
        if not isinstance(changed.get("lines"), list) or not all(
            isinstance(line, dict) and line for line in changed["lines"]
        ):
            break
        changed.setdefault("member", None)
        if not isinstance(changed["member"], dict) or not changed["member"]:
            changed["member"] = None
    return changed


def written(random: Random, basket: JsonObject) -> bytes:
    """JSON with or without blanks and escapes."""
    separators = random.choice(((",", ":"), (",", ":"), (",", ":"), (", ", ": "), (" ,\n", "\t:\r")))
    return json.dumps(basket, separators=separators, ensure_ascii=random.random() < 0.3).encode()


def spoil(random: Random, raw: bytes) -> bytes:
    """Cut it, or change, add or remove bytes; now and then leave it."""
    at = random.randrange(len(raw) + 1)
    to = min(len(raw), at + random.choice((1, 1, 2, 8, 40)))
    match random.randrange(8):
        case 0:
            return raw
        case 1:
            return raw[:at]
        case 2:
            return raw[at:]
        case 3:
            return raw[:at] + raw[to:]
        case 4:
            return raw[:to] + raw[at:]
        case 5:
            return raw[:at] + random.randbytes(random.choice((1, 2, 16))) + raw[to:]
        case 6:
            return raw[:at] + bytes([random.choice(MARKS)]) + raw[at:]
        case _:
            return raw[:at] + bytes([random.choice(MARKS)]) + raw[at + 1 :]


def answer(evaluate: Callable[[bytes], bytes], request: bytes) -> bytes:
    """The result, or the refusal in its own words."""
    try:
        return evaluate(request)
    except cext.RequestError as refusal:
        return str(refusal).encode()


def throw(seed: int, inputs: int, compared: int) -> int:
    """Throw requests at the compiled kernel and say how many were good; raises AssertionError at a difference."""
    random = Random(seed)
    compiled, plain = cext.load(bundle(), "c"), cext.load(bundle(), "py")
    every = inputs // compared
    good = 0
    for nth, request in zip(range(inputs), spoilt(random), strict=False):
        said = answer(compiled.evaluate, request)
        good += said.startswith(b'{"gross"')
        if nth % every == 0:
            assert said == answer(plain.evaluate, request), (seed, nth, request)
            assert answer(compiled.explain, request) == answer(plain.explain, request), (seed, nth, request)
    return good


def main() -> None:
    """Use the kernel of the first argument, whatever is installed."""
    spec = spec_from_file_location("cext._kernel", sys.argv[1])
    assert spec is not None
    assert spec.loader is not None
    sys.modules["cext._kernel"] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    seed, inputs, compared = map(int, sys.argv[2:])
    print(throw(seed, inputs, compared), "of", inputs, "were good; seed", seed)


if __name__ == "__main__":
    main()
