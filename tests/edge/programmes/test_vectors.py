"""Every programme proves itself: it is accepted, its vectors hold on both kernels, and no rule is without one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

import cext
from edge.cli.main import tillside
from edge.config import read_bundle_file
from edge.domain.rules.compile import compile_bundle, load_programme
from edge.domain.rules.model import Bundle, Coupon, Gift, Rule, Vector
from tests.edge.programmes.shop import PROGRAMMES

NAMES = sorted(path.stem for path in PROGRAMMES.glob("*.yaml"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
KERNELS = (
    pytest.param("c", marks=pytest.mark.skipif(not cext.COMPILED, reason="the kernel is not built")),
    "py",
)


@pytest.fixture
def bundle(bundle_file: Path) -> Bundle:
    return load_programme(read_bundle_file(bundle_file)).bundle


@pytest.fixture
def program(bundle_file: Path, kernel: cext.KernelName) -> cext.Program:
    return cext.load(compile_bundle(read_bundle_file(bundle_file)), kernel)


def result_of(vector: Vector, program: cext.Program) -> dict[str, Any]:
    result: dict[str, Any] = msgspec.json.decode(program.evaluate(msgspec.json.encode(vector.request)))
    return result


def parts_of(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Id and name of everything that can give something."""
    parts: tuple[Rule | Coupon | Gift, ...] = (*bundle.rules, *bundle.coupons, *bundle.gifts)
    for part in parts:
        yield part.id, part.name


def test_check_says_that_it_is_in_order(bundle_file: Path) -> None:
    said = CliRunner().invoke(tillside, ["rules", "check", str(bundle_file)])
    assert (said.exit_code, said.stderr) == (0, "")


def test_its_vectors_leave_no_rule_untried(bundle_file: Path) -> None:
    """As ``rules test`` says it to the author."""
    said = CliRunner().invoke(tillside, ["rules", "test", "--json", str(bundle_file)])
    told = msgspec.json.decode(said.stdout)
    assert (said.exit_code, told["failed"], told["untried"]) == (0, [], [])


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_vector_holds(bundle: Bundle, program: cext.Program) -> None:
    """What a vector expects is a part of the result, key by key."""
    differ = {}
    for vector in bundle.vectors:
        result = result_of(vector, program)
        got = {key: result.get(key) for key in vector.expected}
        if got != vector.expected:
            differ[vector.name] = got
    assert differ == {}


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_rule_coupon_and_gift_fires_in_some_vector(bundle: Bundle, program: cext.Program) -> None:
    fired = {rule for vector in bundle.vectors for rule, _ in result_of(vector, program)["fired"]}
    assert {part for part, _ in parts_of(bundle)} - fired == set()


def test_every_vector_has_a_name_of_its_own_and_expects_something(bundle: Bundle) -> None:
    names = [vector.name for vector in bundle.vectors]
    assert len(set(names)) == len(names)
    assert all(names)
    assert [vector.name for vector in bundle.vectors if not vector.expected] == []


def test_every_part_has_a_chinese_name(bundle: Bundle) -> None:
    """It stands on receipts, and in every explanation."""
    assert [part for part, name in parts_of(bundle) if not CHINESE.search(name)] == []


def test_the_programme_is_called_like_its_file(bundle: Bundle, bundle_file: Path) -> None:
    assert bundle.programme == bundle_file.stem


def test_d14_every_programme_was_announced_14_days_before(bundle: Bundle) -> None:
    assert bundle.notice is not None
    assert (bundle.valid_from.date() - bundle.notice.announced).days >= bundle.notice.days == 14


def test_the_table_of_programmes_has_every_one() -> None:
    rows = re.findall(
        r"^\| \[([\w-]+)\]\(([\w-]+)\.yaml\)", (PROGRAMMES / "README.md").read_text(), re.MULTILINE
    )
    assert sorted(rows) == [(name, name) for name in NAMES]
