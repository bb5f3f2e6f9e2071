"""Values of the ABI as callers write and read them: checksum addresses, bytes, tuples for structs, lists for arrays.

A call, an answer and an event's entry are all rows of such values; `codec` puts them together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi import encode
from eth_abi.codec import ABIDecoder
from eth_abi.decoding import ByteStringDecoder, ContextFramesBytesIO, StringDecoder, decode_uint_256
from eth_abi.exceptions import DecodingError, EncodingError, InsufficientDataBytes
from eth_abi.registry import ABIRegistry, BaseEquals, registry
from eth_utils import is_checksum_address, to_checksum_address
from eth_utils.abi import collapse_if_tuple

from bridge.foreign import decoded

Argument = Mapping[str, Any]
"""One argument's or answer's entry in an ABI: its type, its name, the components of a struct."""


class Misfit(Exception):
    """A value is not what the ABI asks for, or bytes are not what it describes."""


class _Once(ContextFramesBytesIO):
    """Bytes of which not many more are read than there are.

    Places in the ABI may point anywhere, so thousands of entries at one long one: 30 KB would become gigabytes. What
    an encoder writes is read once, and its places once more.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)  # type: ignore[no-untyped-call]
        self.left = 4 * len(data) + 4096

    def read(self, size: int | None = -1) -> bytes:
        """Read on; raises `DecodingError` where the same was read too often."""
        found = super().read(size)
        self.left -= len(found)
        if self.left < 0:
            raise DecodingError("its parts point at each other: decoded it would be many times as long")
        return found


class _Decoder(ABIDecoder):
    stream_class = _Once


class _Bytes(ByteStringDecoder):
    """Bytes as contracts read them: all of their length, and nothing of what stands behind their end."""

    def read_data_from_stream(self, stream: ContextFramesBytesIO) -> bytes:
        """Read the length and so many bytes; raises `InsufficientDataBytes` where there are fewer."""
        length = int(decode_uint_256(stream))
        found: bytes = stream.read(length)
        if len(found) < length:
            raise InsufficientDataBytes(f"{length} bytes are announced, and {len(found)} are there")
        return found


class _Text(_Bytes, StringDecoder):
    """Text of such bytes."""


def _as_contracts() -> ABIRegistry:
    """Return the types with their decoders, in which bytes and texts are read so at every depth."""
    made: ABIRegistry = registry.copy()  # type: ignore[no-untyped-call]
    for label, decoder in (("bytes", _Bytes), ("string", _Text)):
        made.unregister_decoder(label)
        made.register_decoder(BaseEquals(label, with_sub=False), decoder, label=label)  # type: ignore[no-untyped-call]
    return made


_DECODER = _Decoder(_as_contracts())


def types_of(arguments: Sequence[Argument]) -> list[str]:
    """Return the types as a signature writes them: structs as their components in brackets."""
    return [collapse_if_tuple(argument) for argument in arguments]  # type: ignore[arg-type]


def undecoded(kinds: Sequence[str]) -> list[str]:
    """Return types whose strings are bytes, which are encoded alike: what is no UTF-8 is then no fault of decoding."""
    return [re.sub(r"\bstring\b", "bytes", kind) for kind in kinds]


def encode_values(arguments: Sequence[Argument], values: Sequence[Any]) -> bytes:
    """Encode values; bytes may be 0x hex, and a struct a mapping by its components' names.

    Raises
    ------
    Misfit
        A value is of another kind, length or range.
    """
    if len(arguments) != len(values):
        raise Misfit(f"{len(values)} values for {len(arguments)}")
    plain = [_plain(argument, value) for argument, value in zip(arguments, values, strict=True)]
    try:
        return encode(types_of(arguments), plain)
    except (EncodingError, ValueError, TypeError, OverflowError) as error:
        raise Misfit(str(error)) from error


def decode_values(arguments: Sequence[Argument], data: bytes, strict: bool = False) -> list[Any]:
    """Decode values, structs as tuples, strings as `bridge.foreign.decoded` leaves them: no byte stops it.

    As contracts do, which look at no byte behind the end of a string or of bytes, whether it is zero or there at all:
    else one of them would hide a call from who reads it, and not from the contract.

    Parameters
    ----------
    strict
        Refuse a string that is no UTF-8: of what answers to our question, and not of what strangers wrote.

    Raises
    ------
    Misfit
        The bytes are too few, or no such values.
    """
    try:
        kinds = types_of(arguments)
        found = _DECODER.decode(kinds if strict else undecoded(kinds), data)
    except (DecodingError, UnicodeDecodeError, OverflowError, MemoryError) as error:
        raise Misfit(str(error)) from error
    return [_shown(argument, value) for argument, value in zip(arguments, found, strict=True)]


def by_name(arguments: Sequence[Argument], values: Sequence[Any]) -> dict[str, Any]:
    """Put names to values, and to those of the structs in them."""
    return {argument["name"]: _named(argument, value) for argument, value in zip(arguments, values, strict=True)}


def _element(argument: Argument) -> Argument | None:
    """Return what an array is an array of; None for what is no array."""
    kind: str = argument["type"]
    return {**argument, "type": kind[: kind.rindex("[")]} if kind.endswith("]") else None


def _plain(argument: Argument, value: Any) -> Any:
    """Put a value into the form that eth_abi encodes; what it would take and Solidity not is refused here."""
    kind: str = argument["type"]
    element = _element(argument)
    if element is not None:
        length = kind[kind.rindex("[") + 1 : -1]
        return [_plain(element, item) for item in _row(value, int(length) if length else None, kind)]
    if kind == "tuple":
        parts = argument["components"]
        if isinstance(value, Mapping):
            value = [value.get(part["name"]) for part in parts]
        return tuple(_plain(part, item) for part, item in zip(parts, _row(value, len(parts), kind), strict=True))
    if kind == "address":
        return _address(value)
    return _bytes(kind, value) if kind.startswith("bytes") else value


def _row(value: Any, length: int | None, kind: str) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes, bytearray)):
        raise Misfit(f"{value!r} is no {kind}")
    if length is not None and len(value) != length:
        raise Misfit(f"{len(value)} values for {kind} of {length}")
    return value


def _address(value: Any) -> str:
    if isinstance(value, bytes) and len(value) == 20:
        return "0x" + value.hex()
    if not isinstance(value, str) or not is_checksum_address(value):
        raise Misfit(f"{value!r} is no address with its checksum")
    return value


def _bytes(kind: str, value: Any) -> bytes:
    if isinstance(value, str) and value[:2] == "0x":
        try:
            value = bytes.fromhex(value[2:])
        except ValueError:
            raise Misfit(f"{value!r} is no hex") from None
    if not isinstance(value, (bytes, bytearray)) or (kind != "bytes" and len(value) != int(kind[5:])):
        raise Misfit(f"{value!r} is no {kind}")
    return bytes(value)


def _shown(argument: Argument, value: Any) -> Any:
    """Put a decoded value into the form that callers read."""
    element = _element(argument)
    if element is not None:
        return [_shown(element, item) for item in value]
    if argument["type"] == "tuple":
        return tuple(_shown(part, item) for part, item in zip(argument["components"], value, strict=True))
    if argument["type"] == "string":
        return value if isinstance(value, str) else decoded(value)
    return to_checksum_address(value) if argument["type"] == "address" else value


def _named(argument: Argument, value: Any) -> Any:
    element = _element(argument)
    if element is not None:
        return [_named(element, item) for item in value]
    return by_name(argument["components"], value) if argument["type"] == "tuple" else value
