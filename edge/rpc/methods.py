"""The table of methods: a name, its types, its errors, and the function that does it; and the session's own rows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

import msgspec

from edge.counter.approvals import not_allowed
from edge.domain.staff import Role
from edge.errors import Code, PosError
from edge.rpc import wire
from edge.rpc.events import TOPICS, Broadcast, Outlet

PROTOCOL = 1
SocketName = Literal["pos", "admin"]
POS: frozenset[SocketName] = frozenset({"pos"})
ADMIN: frozenset[SocketName] = frozenset({"admin"})
BOTH: frozenset[SocketName] = POS | ADMIN
BEFORE_HELLO = frozenset({"session.hello", "session.ping", "rpc.discover"})

Terminal = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
ShortText = Annotated[str, msgspec.Meta(max_length=64)]
Counter = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
P = TypeVar("P", bound=msgspec.Struct)


class Limits(msgspec.Struct, frozen=True):
    """What one connection may use of the box; ``connections`` is per socket. Told to tills in hello."""

    frame_bytes: int = 256 * 1024
    frame_bytes_before_hello: int = 4 * 1024
    connections: int = 64
    in_flight: int = 32
    frames_per_turn: int = 8
    write_high_bytes: int = 512 * 1024
    hello_ms: int = 5_000
    stall_ms: int = 10_000


@dataclass(slots=True, eq=False, weakref_slot=True)
class Session:
    """One connection as methods see it; ``terminal`` is empty before hello.

    ``role`` comes with the socket, until somebody signs in: then it is that person's, and ``staff`` the id.
    """

    id: str
    socket: SocketName
    uid: int
    pid: int
    outlet: Outlet
    limits: Limits
    terminal: str = ""
    client: str = ""
    role: Role = field(init=False)
    staff: str = ""

    def __post_init__(self) -> None:
        self.sign_out()

    def sign_out(self) -> None:
        """Back to the role of the socket."""
        self.role, self.staff = "cashier" if self.socket == "pos" else "technician", ""


@dataclass(frozen=True, slots=True)
class Method(Generic[P]):
    """One row. ``call`` returns the result, or a coroutine or future of it; a plain result is answered in order.

    ``result`` is any type that msgspec can describe. ``from_bytes`` is a quicker way from the params as they came to
    the same result as JSON, in pieces; None for params that it leaves to ``call``.
    ``barred`` are the roles that may not call it, except where ``waived``.
    Raises TypeError where params would take unknown fields.
    """

    name: str
    params: type[P]
    result: Any
    call: Callable[[Session, P], object]
    errors: tuple[Code, ...] = ()
    sockets: frozenset[SocketName] = POS
    summary: str = ""
    from_bytes: Callable[[Session, bytes], tuple[bytes, ...] | None] | None = None
    barred: frozenset[Role] = frozenset()
    waived: Callable[[Session], bool] = lambda session: False
    decoder: msgspec.json.Decoder[P] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.params.__struct_config__.forbid_unknown_fields:
            raise TypeError(f"{self.name}: {self.params.__name__} must forbid unknown fields")
        object.__setattr__(self, "decoder", msgspec.json.Decoder(self.params))


class Call(msgspec.Struct, frozen=True, gc=False):
    """A request with its params. Each method has a subclass of its own, told apart by the member ``method``.

    The params of a method with ``from_bytes`` stay as they came.
    """

    row: ClassVar[Method[Any]]
    jsonrpc: Literal["2.0"]
    params: Any
    id: wire.Id | msgspec.UnsetType = msgspec.UNSET


class Table:
    """Every method by its name; raises ValueError for a name that is there twice.

    ``decoder`` reads a request of any of them with its params in one pass.
    """

    def __init__(self, methods: Iterable[Method[Any]]) -> None:
        self._methods: dict[str, Method[Any]] = {}
        for method in methods:
            if method.name in self._methods:
                raise ValueError(f"two methods are named {method.name}")
            self._methods[method.name] = method
        self._calls = {method.name: _call_type(method) for method in self}
        self.decoder: msgspec.json.Decoder[Call] = msgspec.json.Decoder(reduce(or_, self._calls.values()))

    def __iter__(self) -> Iterator[Method[Any]]:
        return iter(self._methods.values())

    def named(self, name: str) -> Method[Any]:
        """Raises PosError METHOD_NOT_FOUND."""
        if name not in self._methods:
            raise PosError(
                Code.METHOD_NOT_FOUND, f"no method {name[:64]!r}; ask rpc.discover", zh="没有这个方法"
            )
        return self._methods[name]

    def call(self, method: Method[Any], params: msgspec.Struct, id: wire.Id | msgspec.UnsetType) -> Call:
        """The call that ``decoder`` would have read."""
        return self._calls[method.name]("2.0", params, id)


def check_allowed(method: Method[Any], session: Session) -> None:
    """Raises PosError NOT_ALLOWED where this session may not call the method, or not yet."""
    if session.socket not in method.sockets:
        where = " or ".join(f"{socket}.sock" for socket in sorted(method.sockets))
        raise PosError(
            Code.NOT_ALLOWED, f"{method.name} is only on {where}", zh=f"{method.name} 只能在 {where} 上调用"
        )
    if not session.terminal and method.name not in BEFORE_HELLO:
        raise PosError(Code.NOT_ALLOWED, "say session.hello first", zh="请先调用 session.hello")
    if session.role in method.barred and not method.waived(session):
        raise not_allowed(method.name, session.role)


def _call_type(method: Method[Any]) -> type[Call]:
    return msgspec.defstruct(  # type: ignore[return-value]  # a Call, by its bases
        f"Call_{method.name}",
        [("params", msgspec.Raw if method.from_bytes else method.params)],
        bases=(Call,),
        namespace={"row": method},
        tag_field="method",
        tag=method.name,
        frozen=True,
        forbid_unknown_fields=True,
    )


# --- the session's own methods ---


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Params of a method that takes none."""


class LastSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the till last heard from this box, by which a restored disk gives itself away."""

    incarnation: ShortText
    seq: Counter


class HelloParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is calling. ``protocol`` lists the versions that the till speaks."""

    terminal: Terminal
    client: ShortText
    version: ShortText
    protocol: Annotated[list[Counter], msgspec.Meta(min_length=1, max_length=16)]
    token: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    last_seen: LastSeen | None = None


class HelloFacts(msgspec.Struct, frozen=True):
    """What the rest of the box contributes to hello's reply. Times RFC 3339, date ISO 8601."""

    store: str
    server_time: str
    business_date: str
    rules_version: int
    offline: bool
    incarnation: str
    seq: int
    capabilities: tuple[str, ...]
    clock_untrusted: bool = False


class Hello(HelloFacts, frozen=True, kw_only=True):
    """hello's reply."""

    protocol: int
    session: str
    limits: Limits


class Pong(msgspec.Struct, frozen=True):
    """The box's time, RFC 3339 with the store's offset."""

    server_time: str


class SubscribeParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``since_seq`` is the last event that the till has; what came after it is sent again."""

    topics: Annotated[list[ShortText], msgspec.Meta(max_length=16)]
    since_seq: Counter | None = None


class Subscribed(msgspec.Struct, frozen=True):
    """The newest event's number."""

    seq: int


def session_methods(
    broadcast: Broadcast,
    welcome: Callable[[Session, HelloParams], HelloFacts],
    server_time: Callable[[], str],
) -> tuple[Method[Any], ...]:
    """hello, ping and subscribe. ``welcome`` sees the caller's token and last_seen, and may refuse with PosError."""

    def hello(session: Session, params: HelloParams) -> Hello:
        _refuse_hello(session, params)
        facts = welcome(session, params)
        session.terminal = params.terminal
        session.client = f"{params.client} {params.version}"
        told = msgspec.structs.asdict(facts)
        return Hello(**told, protocol=PROTOCOL, session=session.id, limits=session.limits)

    def ping(session: Session, params: Nothing) -> Pong:
        return Pong(server_time())

    def subscribe(session: Session, params: SubscribeParams) -> Subscribed:
        _refuse_topics(params.topics)
        return Subscribed(broadcast.subscribe(session.id, session.outlet, params.topics, params.since_seq))

    refusals = (Code.BAD_TOKEN, Code.NOT_ALLOWED, Code.PROTOCOL)
    return (
        Method(
            "session.hello", HelloParams, Hello, hello, refusals, BOTH, "Say who is calling; first of all."
        ),
        Method("session.ping", Nothing, Pong, ping, (), BOTH, "The box's time."),
        Method(
            "events.subscribe",
            SubscribeParams,
            Subscribed,
            subscribe,
            (Code.TOPIC,),
            BOTH,
            "Hear of these topics from now on, or from since_seq; replaces the topics asked for before.",
        ),
    )


def _refuse_hello(session: Session, params: HelloParams) -> None:
    if session.terminal:
        raise PosError(
            Code.NOT_ALLOWED,
            f"this connection already said hello as {session.terminal}",
            zh=f"本连接已登记为 {session.terminal}",
        )
    if PROTOCOL not in params.protocol:
        raise PosError(
            Code.PROTOCOL,
            f"this box speaks protocol {PROTOCOL}",
            zh=f"本机只支持协议版本 {PROTOCOL}",
            path="/protocol",
            supported=[PROTOCOL],
        )


def _refuse_topics(topics: Iterable[str]) -> None:
    for index, topic in enumerate(topics):
        if topic not in TOPICS:
            raise PosError(
                Code.TOPIC,
                f"no topic {topic!r}; there are {', '.join(TOPICS)}",
                zh=f"没有主题 {topic}",
                path=f"/topics/{index}",
            )
