"""The EVM's integers: bounded words, and multiplication and division that round one way and revert on overflow."""

from operator import index

from hedge.errors import BadInput, PoolRevert

Q96 = 1 << 96
Q128 = 1 << 128


def uint(bits: int, **values: int) -> None:
    """Refuse named values that a uint of that many bits cannot hold; floats are never integers here."""
    for name, value in values.items():
        if not 0 <= _integer(name, value) < 1 << bits:
            raise BadInput(name, value, f"must be a uint{bits}")


def int_(bits: int, **values: int) -> None:
    """Refuse named values that a signed int of that many bits cannot hold."""
    for name, value in values.items():
        if not -(1 << (bits - 1)) <= _integer(name, value) < 1 << (bits - 1):
            raise BadInput(name, value, f"must be an int{bits}")


def fits(bits: int, rule: str, value: int) -> int:
    """Return a result that fits its word; the contract's checked cast or addition reverts otherwise."""
    if value >= 1 << bits:
        raise PoolRevert(f"{rule} fits {bits} bits", value=value)
    return value


def mul_div_down(a: int, b: int, denominator: int) -> int:
    """Return floor(a b / denominator), the product in full width, the result within 256 bits."""
    if denominator == 0:
        raise PoolRevert("denominator > 0", a=a, b=b, denominator=denominator)
    return fits(256, "a * b / denominator", a * b // denominator)


def mul_div_up(a: int, b: int, denominator: int) -> int:
    """Return ceil(a b / denominator), the product in full width, the result within 256 bits."""
    if denominator == 0:
        raise PoolRevert("denominator > 0", a=a, b=b, denominator=denominator)
    return fits(256, "a * b / denominator", div_up(a * b, denominator))


def div_up(numerator: int, denominator: int) -> int:
    """Return ceil(numerator / denominator) for a denominator above 0."""
    return -(-numerator // denominator)


def _integer(name: str, value: object) -> int:
    try:
        return index(value)  # type: ignore[arg-type]  # the TypeError is the test
    except TypeError as error:
        raise BadInput(name, value, "must be an integer") from error
