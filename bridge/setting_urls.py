"""URLs that alvh.toml may hold: those without a login, which belongs in the environment."""

from __future__ import annotations

from urllib.parse import parse_qs

from pydantic_core import PydanticCustomError


def public_place(url: str) -> str:
    """Refuse a URL with a login or options: what we ask of a venue needs none, and a key belongs in the environment."""
    if any(sign in url for sign in "@?#"):
        raise PydanticCustomError("secret", "holds a login or options: give the place alone, keys never stand here")
    return url


def service_place(url: str) -> str:
    """Refuse a URL with a login or options: the service's key belongs in the environment."""
    if any(sign in url for sign in "@?#"):
        raise PydanticCustomError(
            "secret", "holds a login or options: give the place alone, and the key in ALVH_SAFE_API_KEY"
        )
    return url


def without_password(url: str) -> str:
    """Refuse a URL with a password in its login or among its options; what is wrong with it does not repeat it."""
    login, sign, _ = url.partition("://")[2].rpartition("@")
    if (sign and ":" in login) or "password" in parse_qs(url.partition("?")[2]):
        raise PydanticCustomError(
            "secret", "holds a password: leave it out here, and give the whole URL in ALVH_LEDGER_URL"
        )
    return url
