"""Rights: integer laws, and a search of every order of events that finds no way to spend twice.

The search is breadth-first over one account, two stores and HQ. The network is the adversary: each message ever
sent may arrive never, later, or any number of times. Mutants of the rules must be found unsafe.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from sync.envelope import Total
from sync.hq.rights import Incarnation, Line, balance, elsewhere, merge, place, pool

figures = st.integers(0, 50)
totals = st.builds(
    Total,
    member=st.just("M"),
    unit=st.just("points"),
    earned=figures,
    spent=figures,
    reversed=figures,
    clawed=figures,
    returned=figures,
)


@given(st.lists(totals, max_size=6), st.randoms())
def test_reports_merge_to_the_same_in_any_order_and_number(reports: list[Total], chance: object) -> None:
    in_order = shuffled = Line(granted=9)
    for report in reports:
        in_order = merge(in_order, report)
    for report in sorted(reports * 2, key=lambda _: chance.random()):  # type: ignore[attr-defined]
        shuffled = merge(shuffled, report)
    assert in_order == shuffled


@given(
    st.integers(0, 99),
    st.dictionaries(st.tuples(st.sampled_from("ABC"), st.sampled_from("12")), totals, max_size=5),
)
def test_the_pool_is_placed_whole_and_only_once(credits: int, reports: dict[Incarnation, Total]) -> None:
    lines = {at: merge(Line(granted=50), report) for at, report in reports.items()}  # returned <= granted
    credits += 50 * len(lines)
    placed = place(credits, lines, ("A", "1"))
    assert pool(credits, placed.values()) == 0
    assert place(credits, placed, ("A", "1")) == placed
    assert place(credits, lines, None) == lines
    assert balance(credits, placed.values()) == balance(credits, lines.values())


@given(st.integers(0, 99), st.lists(totals, min_size=1, max_size=4))
def test_what_a_box_shows_is_its_own_net_and_elsewhere(credits: int, reports: list[Total]) -> None:
    lines = {("S", str(n)): merge(Line(), report) for n, report in enumerate(reports)}
    for at, line in lines.items():
        assert line.net + elsewhere(credits, lines, at) == balance(credits, lines.values())


# --- the search ---

CREDITS = 2
DEPTH = 16  # 30,000 states; the shortest way around a broken rule takes 6 or 7 steps
NONCES_MAX = 3  # lives per store


class Rules(Struct, frozen=True):
    """The rules as they are; each field set makes a mutant. ``disks`` lets store 0 be restored from a backup."""

    deltas: bool = False
    clock_reclaim: bool = False
    reopen: bool = False
    keep_nonce: bool = False
    disks: bool = True


class Box(Struct, frozen=True):
    """A store's disk, what it has forgotten, and whether HQ has echoed its nonce."""

    nonce: int = 0
    line: Line = Line()
    disk: "Box | None" = None


class World(Struct, frozen=True):
    """``lines`` are HQ's; ``open`` the nonce it grants to; ``spent`` is what went over the counters."""

    boxes: tuple[Box, ...]
    lines: tuple[tuple[Incarnation, Line], ...]
    open: tuple[int, ...]
    net: frozenset[tuple[str, int, int, int, int]]
    spent: int = 0
    reclaimed: int = 0


def start() -> World:
    return World((Box(), Box()), (), (0, 0), frozenset())


def at(store: int, nonce: int) -> Incarnation:
    return (str(store), str(nonce))


def moves(world: World, rules: Rules) -> Iterator[World]:
    for store, box in enumerate(world.boxes):
        yield from _hq_moves(world, rules, store)
        yield from _counter_moves(world, rules, store, box)
        if rules.disks and store == 0:
            yield from _disk_moves(world, rules, store, box)
    for message in world.net:
        yield from _arrivals(world, rules, message)


def _hq_moves(world: World, rules: Rules, store: int) -> Iterator[World]:
    """HQ places its pool at any store: what a home is, is the adversary's choice."""
    lines, here = dict(world.lines), at(store, world.open[store])
    placed = place(CREDITS + world.reclaimed, lines, here)
    if placed != lines:
        granted = placed[here].granted - lines.get(here, Line()).granted
        amount = granted if rules.deltas else placed[here].granted
        yield _send(_with_lines(world, placed), ("grant", store, world.open[store], amount, 0))
    held = lines.get(here, Line())
    if rules.clock_reclaim and held.held > held.spent and world.reclaimed < CREDITS:
        yield replace(world, reclaimed=world.reclaimed + held.held - held.spent)


def _counter_moves(world: World, rules: Rules, store: int, box: Box) -> Iterator[World]:
    if not box.line.available:
        return
    spent = replace(box.line, spent=box.line.spent + 1)
    after = _with_box(world, store, replace(box, line=spent))
    yield _send(replace(after, spent=world.spent + 1), ("report", store, box.nonce, *_report(spent)))
    back = replace(box.line, returned=box.line.returned + 1)
    after = _with_box(world, store, replace(box, line=back))
    if rules.deltas:
        yield _send(after, ("report", store, box.nonce, 0, 1))
    else:
        yield _send(after, ("report", store, box.nonce, *_report(back)))


def _report(line: Line) -> tuple[int, int]:
    return (line.spent, line.returned)


def _disk_moves(world: World, rules: Rules, store: int, box: Box) -> Iterator[World]:
    if box.disk is None:
        yield _with_box(world, store, replace(box, disk=box))
    elif rules.keep_nonce or rules.reopen:
        # The mutants' box goes on under the old nonce with the rights of the old disk.
        yield _send(_with_box(world, store, box.disk), ("hello", store, box.disk.nonce, 0, 0))
    elif box.nonce + 1 < NONCES_MAX:
        fresh = Box(box.nonce + 1, Line(), box.disk)
        yield _send(_with_box(world, store, fresh), ("hello", store, fresh.nonce, 0, 0))


def _arrivals(world: World, rules: Rules, message: tuple[str, int, int, int, int]) -> Iterator[World]:
    kind, store, nonce, first, second = message
    box, lines = world.boxes[store], dict(world.lines)
    match kind:
        case "grant" if nonce == box.nonce:
            known = box.line.granted
            granted = known + first if rules.deltas else max(known, first)
            if granted <= 2 * CREDITS:
                yield _with_box(world, store, replace(box, line=replace(box.line, granted=granted)))
        case "report":
            line = lines.get(at(store, nonce), Line())
            if rules.deltas:
                line = replace(line, spent=max(line.spent, first), returned=min(4, line.returned + second))
            else:
                line = merge(line, Total("M", "points", spent=first, returned=second))
            yield _with_lines(world, {**lines, at(store, nonce): line})
        case "hello" if rules.reopen:
            # Reopening forgets what the nonce held, as if a new life began under the old name.
            fresh = {known: line for known, line in lines.items() if known != at(store, nonce)}
            yield _with_lines(_with_open(world, store, nonce), fresh)
        case "hello" if nonce > world.open[store]:
            yield _with_open(world, store, nonce)


def _send(world: World, message: tuple[str, int, int, int, int]) -> World:
    return replace(world, net=world.net | {message})


def _with_box(world: World, store: int, box: Box) -> World:
    boxes = (*world.boxes[:store], box, *world.boxes[store + 1 :])
    return replace(world, boxes=boxes)


def _with_lines(world: World, lines: dict[Incarnation, Line]) -> World:
    return replace(world, lines=tuple(sorted(lines.items(), key=lambda item: item[0])))


def _with_open(world: World, store: int, nonce: int) -> World:
    return replace(world, open=(*world.open[:store], nonce, *world.open[store + 1 :]))


def search(rules: Rules, depth: int = DEPTH) -> int | None:
    """Steps of the shortest way to hand out more than the credits; None if there is none within ``depth``."""
    seen = frontier = {start()}
    for step in range(1, depth + 1):
        frontier = {after for world in frontier for after in moves(world, rules)} - seen
        seen = seen | frontier
        if any(world.spent > CREDITS for world in frontier):
            return step
    return None


def test_no_order_of_events_spends_more_than_there_is() -> None:
    assert search(Rules()) is None


@pytest.mark.parametrize(
    "mutant",
    [
        Rules(deltas=True, disks=False),
        Rules(clock_reclaim=True, disks=False),
        Rules(reopen=True),
        Rules(keep_nonce=True),
    ],
    ids=["delta messages", "HQ reclaims by its clock", "a nonce reopened", "a restored disk keeps its nonce"],
)
def test_the_search_finds_what_each_rule_is_there_for(mutant: Rules) -> None:
    assert search(mutant) is not None
