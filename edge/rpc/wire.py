"""JSON-RPC 2.0 over lines: bytes in, requests out; replies in, bytes out. Takes no socket, clock or log."""

import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from edge.domain.json_path import pointer
from edge.errors import Code, PosError, Retry

NEWLINE = b"\n"
BOM = b"\xef\xbb\xbf"
# A control character in a valid frame is written with a backslash, or is DEL, or begins with C2 (U+0080-009F).
# Three memchr over the frame spare nearly every request the walk over its texts.
_ESCAPE, _DEL, _C1 = b"\\", b"\x7f", b"\xc2"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")

Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | Annotated[str, msgspec.Meta(max_length=128)]
P = TypeVar("P", bound=msgspec.Struct)
T = TypeVar("T")


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One call. Without ``id`` it is a notification: executed, never answered, not even with an error."""

    jsonrpc: Literal["2.0"]
    method: str
    params: msgspec.Raw = msgspec.Raw(b"{}")
    id: Id | msgspec.UnsetType = msgspec.UNSET


class FrameTooLarge(PosError):
    """A line grew past the limit; the stream cannot be read any further."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            Code.INVALID_REQUEST,
            f"frame too large: more than {limit} bytes in one line",
            zh=f"报文过大：一行超过 {limit} 字节",
            limit_bytes=limit,
        )


class Framer:
    """Cuts a byte stream into lines. ``limit`` (bytes in one line) may be raised between two frames.

    Holds at most ``limit`` bytes plus what one ``feed`` brought; empty lines are skipped.
    """

    __slots__ = ("_buffer", "_searched", "_started", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._started = False

    def feed(self, received: bytes) -> None:
        """Take what the peer sent, cut anywhere."""
        self._buffer += received

    def only_frame(self, received: bytes) -> bytes | None:
        """``received`` as a frame where it is one request, whole, and nothing else: nearly always. Else feed it."""
        size = len(received) - 1
        if self._buffer or not self._started or received.find(NEWLINE) != size or size > self.limit:
            return None
        return received[:-1] if received.startswith(b"{") else None

    def next_frame(self) -> bytes | None:
        """The next whole line without its end, or None until more is fed; raises FrameTooLarge."""
        if not self._started and not self._strip_bom():
            return None
        while (end := self._buffer.find(NEWLINE, self._searched)) >= 0:
            if end > self.limit:
                raise FrameTooLarge(self.limit)
            frame = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._searched = 0
            if frame and not frame.isspace():
                return frame
        self._searched = len(self._buffer)
        if self._searched > self.limit:
            raise FrameTooLarge(self.limit)
        return None

    def _strip_bom(self) -> bool:
        """Drop one byte-order mark at the start of the stream; False while its end is not here yet."""
        if len(self._buffer) < len(BOM) and BOM.startswith(self._buffer):
            return False
        if self._buffer.startswith(BOM):
            del self._buffer[: len(BOM)]
        self._started = True
        return True


def read_in_one_pass(decoder: msgspec.json.Decoder[T], frame: bytes) -> T | None:
    """The hot path: a frame decoded with its params by a type that knows every method.

    None where anything at all is wrong or suspect: ``read_request`` and ``read_params`` then say what.
    """
    if _ESCAPE in frame or _DEL in frame or _C1 in frame:
        return None
    # UnicodeDecodeError is a ValueError and no DecodeError: GBK bytes arrive here too.
    try:
        return decoder.decode(frame)
    except (ValueError, RecursionError):
        return None


_request_decoder = msgspec.json.Decoder(Request)


def read_request(frame: bytes) -> Request:
    """The frame as a request; raises PosError PARSE or INVALID_REQUEST."""
    try:
        return _request_decoder.decode(frame)
    except (ValueError, RecursionError) as error:
        raise _malformed(frame, error) from None


class _OnlyId(msgspec.Struct):
    id: Id | None = None


_id_decoder = msgspec.json.Decoder(_OnlyId)


def read_id(frame: bytes) -> Id | None:
    """The id of a frame that is no valid request, so that the refusal finds its caller; None where there is none."""
    try:
        return _id_decoder.decode(frame).id
    except (ValueError, RecursionError):
        return None


def read_params(decoder: msgspec.json.Decoder[P], request: Request, frame: bytes) -> P:
    """The params of ``request``, which came as ``frame``; raises PosError INVALID_PARAMS with the path, or PARSE."""
    try:
        params = decoder.decode(request.params)
    except msgspec.ValidationError as error:
        raise _invalid_params(request, error) from None
    except (ValueError, RecursionError) as error:
        raise _malformed(frame, error) from None
    if _ESCAPE in frame or _DEL in frame or _C1 in frame:
        _refuse_control_characters(msgspec.json.decode(request.params))
    return params


class _Result(msgspec.Struct, frozen=True, gc=False):
    jsonrpc: str
    id: Id
    result: Any


class _Error(msgspec.Struct, frozen=True, gc=False):
    code: int
    message: str
    data: dict[str, Any]


class _Failure(msgspec.Struct, frozen=True, gc=False):
    jsonrpc: str
    id: Id | None
    error: _Error


class _Notification(msgspec.Struct, frozen=True, gc=False):
    jsonrpc: str
    method: str
    params: Any


_encode = msgspec.json.Encoder().encode


def result_line(id: Id, result: Any) -> bytes:
    """The answer to request ``id``; raises what msgspec raises for a value it cannot encode."""
    return _encode(_Result("2.0", id, result)) + NEWLINE


def pieced_line(id: Id, pieces: tuple[bytes, ...]) -> bytes:
    """The answer to request ``id`` whose result is JSON already, in ``pieces``."""
    return b"".join((b'{"jsonrpc":"2.0","id":', _encode(id), b',"result":', *pieces, b"}\n"))


def error_line(id: Id | None, error: PosError) -> bytes:
    """The refusal of request ``id``, or of a frame that had none."""
    return _encode(_Failure("2.0", id, _Error(int(error.code), error.message, error.data))) + NEWLINE


def notification_line(method: str, params: Any) -> bytes:
    """A line that the peer did not ask for."""
    return _encode(_Notification("2.0", method, params)) + NEWLINE


def _malformed(frame: bytes, error: Exception) -> PosError:
    """Why ``frame`` is no request, in words for whoever writes the till."""
    if frame.strip() == b"{":
        return PosError(
            Code.PARSE,
            "the frame is only '{': send each request as one line, without line breaks inside",
            zh="报文只有“{”：每个请求必须写成一行，中间不能换行",
        )
    try:
        frame.decode()
    except UnicodeDecodeError as wrong:
        return PosError(
            Code.PARSE,
            f"the frame is not UTF-8 at byte {wrong.start} (0x{frame[wrong.start]:02x}); is it GBK?",
            zh=f"报文第 {wrong.start} 字节不是 UTF-8 编码（是否为 GBK？）",
            byte=wrong.start,
        )
    if isinstance(error, RecursionError):
        return PosError(Code.PARSE, "the frame is nested too deeply", zh="报文嵌套过深")
    if not isinstance(error, msgspec.ValidationError):
        return PosError(Code.PARSE, str(error), zh="报文不是有效的 JSON")
    if frame.lstrip().startswith(b"["):
        return PosError(
            Code.INVALID_REQUEST,
            "batches are not taken: send each request as its own line",
            zh="不支持批量请求：每个请求单独一行",
        )
    path, why = pointer(error)
    return PosError(Code.INVALID_REQUEST, why, zh="不是有效的 JSON-RPC 2.0 请求", path=path)


def _invalid_params(request: Request, error: msgspec.ValidationError) -> PosError:
    if bytes(request.params).startswith(b"["):
        return PosError(
            Code.INVALID_PARAMS,
            "params are taken by name only: send an object",
            zh="参数必须按名称传递（JSON 对象）",
            path="",
        )
    path, why = pointer(error)
    return PosError(Code.INVALID_PARAMS, why, zh=f"参数有误：{path}", path=path, retry=Retry.NEVER)


def _refuse_control_characters(params: Any) -> None:
    """Raise INVALID_PARAMS for the first text, key or value, in which a device would find a command."""
    rest: list[tuple[str, Any]] = [("", params)]
    while rest:
        path, node = rest.pop()
        if isinstance(node, str) and (found := _CONTROL.search(node)):
            code_point = f"U+{ord(found[0]):04X}"
            raise PosError(
                Code.INVALID_PARAMS,
                f"control character {code_point} in a text",
                zh=f"文本中含有控制字符 {code_point}",
                path=path,
            )
        if isinstance(node, dict):
            for key, value in reversed(node.items()):
                step = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
                rest += ((step, value), (step, key))
        elif isinstance(node, list):
            rest += [(f"{path}/{index}", value) for index, value in reversed(tuple(enumerate(node)))]
