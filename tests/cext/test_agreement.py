"""Both kernels say the same, byte for byte, about whatever is thrown at them, and the judge says so too."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cache
from multiprocessing import get_context
from random import SystemRandom

import pytest

import cext
from cext.bundle import PHASE_OF
from cext.reply import WHYS
from tests.cext.play_receipts import Tally, play

SEEDS = 500
BASKETS = 5
MILLION = 1_000_000
SHARE = 200
"""Bundles that one process plays before it says how far it is."""
BASKETS_LONG = 10
PROGRESS_S = 10


@cache
def played() -> Tally:
    """The receipts of the suite: the same in every run."""
    return play(range(SEEDS), BASKETS, BASKETS)


def test_both_kernels_and_the_judge_agree() -> None:
    """Results and explanations of 2,500 invented receipts are equal, and their sums are exact."""
    assert played().judged == SEEDS * BASKETS


def test_the_sample_leaves_nothing_out() -> None:
    """Every operation and every mode fired, and every reason was given, more often than by chance."""
    operations, modes, whys = played().counters()
    assert {one.__struct_config__.tag for one in PHASE_OF} == set(operations)
    assert {"all", "best", "first"} == set(modes)
    assert set(WHYS) == set(whys)
    assert min(operations.values()) > 50
    assert min(whys.values()) > 50


@pytest.mark.soak
@pytest.mark.skipif(not cext.COMPILED, reason="the kernel is not built")
def test_a_million_receipts_agree(capsys: pytest.CaptureFixture[str]) -> None:
    """Both kernels agree on 10^6 receipts, the judge on every tenth of them; new ones in every run."""
    first = SystemRandom().randrange(2**40)
    total = Tally()
    for tally in soaked(range(first, first + MILLION // BASKETS_LONG, SHARE)):
        total.add(tally)
        with capsys.disabled():
            print(f"\n{total.receipts} receipts from seed {first}, {total.judged} judged", end="", flush=True)
    assert total.receipts == MILLION
    assert set(WHYS) == set(total.whys)


def soaked(starts: range) -> Iterator[Tally]:
    """Play on every processor; what was played, each ten seconds or so."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        waiting: set[Future[Tally]] = {
            pool.submit(play, range(start, start + SHARE), BASKETS_LONG, 1) for start in starts
        }
        try:
            while waiting:
                since, until = Tally(), time.monotonic() + PROGRESS_S
                while waiting and (left := until - time.monotonic()) > 0:
                    done, waiting = wait(waiting, left, FIRST_COMPLETED)
                    for future in done:
                        since.add(future.result())
                yield since
        finally:
            pool.shutdown(cancel_futures=True)  # a disagreement is told at once, not after the million
