"""alvh.toml: a wrong line is one line of explanation that names the file and the setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.chain.addresses import checked_address
from bridge.config import Config, load_config
from bridge.errors import BadConfig, UnknownAddress
from bridge.sources.option_chains import QUOTE_SOURCES
from bridge.sources.prices import PRICE_SOURCES
from bridge.sources.signal_sources import HISTORY_SOURCES

pytestmark = pytest.mark.unit


def refused(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfig) as caught:
        load_config(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "alvh.toml"


def test_load_config__no_file_in_the_folder__gives_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(None) == Config()


def test_load_config__file_in_the_folder__is_read_without_being_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('[chain]\nchain_id = 5\n[book]\ncorrelation = -0.25\nowner = "0xabc"\n', encoding="utf-8")
    monkeypatch.chdir(file.parent)
    found = load_config(None)
    assert (found.chain.chain_id, found.book.correlation, found.book.owner) == (5, -0.25, "0xabc")
    assert found.options == Config().options


def test_load_config__named_file_absent__says_how_to_go_on(file: Path) -> None:
    with pytest.raises(BadConfig, match=r"alvh\.toml: no such file; leave --config out"):
        load_config(file)


def test_load_config__a_folder__is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="cannot be read"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[chain]\nrpc_ulr = 'http://x'\n", "chain.rpc_ulr: unknown setting"),
        ("[chian]\n", "chian: unknown setting"),
        ("chain = 5\n", "chain: "),
        ("[chain]\nchain_id = 'main'\n", "chain.chain_id: "),
        ("[chain]\nchain_id = 0\n", "chain.chain_id: must be above 0, got 0"),
        ("[book]\nmax_price_gap = 1.0\n", "book.max_price_gap: must be below 1, got 1.0"),
        ("[book]\nmax_price_gap = nan\n", "book.max_price_gap: "),
        ("[book]\ncorrelation = 1.01\n", "book.correlation: "),
        ("[book]\ntwap_seconds = 59\n", "book.twap_seconds: "),
        ("[options]\natm_vol = {ETH = 72}\n", "options.atm_vol.ETH: "),
        ("[options]\nmax_age_seconds = -1\n", "options.max_age_seconds: "),
        ("[signals]\noutflow_share = 0\n", "signals.outflow_share: "),
        ("[signals]\nreserves_usd = -1\n", "signals.reserves_usd: "),
        ("[signals]\nfolders = 'x'\n", "signals.folders: unknown setting"),
        ("[governance]\nupdate_life_seconds = 60\n", "governance.update_life_seconds: "),
        ("[watch]\ninterval_seconds = 0\n", "watch.interval_seconds: "),
        ("[watch]\ninterval_seconds = inf\n", "watch.interval_seconds: "),
        ("chain_id : 5", "not TOML: "),
    ],
)
def test_load_config__wrong_setting__names_file_and_key_in_one_line(file: Path, text: str, words: str) -> None:
    assert words in refused(file, text)


def test_load_config__secret_in_the_file__is_refused_and_not_repeated(file: Path) -> None:
    secret = "0x" + "5e" * 32
    assert secret not in refused(file, f"[chain]\nprivate_key = '{secret}'\n")


def test_load_config__not_text__is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadConfig, match="not TOML"):
        load_config(file)


SECRETS = (
    "0x" + "5e" * 32,
    "5e" * 32,
    "https://ann:hunter2@node.example/v3/KEY5e5e",
    "ann:hunter2@host",
    "sk-5e5e5e5e",
)
TYPES = {"string": "'{}'", "list": "['{}']", "table": "{{ '{}' = 1 }}", "date and more": "2020-01-01 # {}"}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("secret", SECRETS)
def test_load_config__secret_in_any_setting__is_never_repeated(file: Path, secret: str, kind: str) -> None:
    for section, model in Config.model_fields.items():
        inner = getattr(model.annotation, "model_fields", {})
        for name in inner or ("",):
            text = f"{name} = {TYPES[kind].format(secret)}\n"
            file.write_text(f"[{section}]\n{text}" if inner else f"{section}{text}", encoding="utf-8")
            try:
                load_config(file)
            except BadConfig as error:
                said = str(error)
                assert not any(part in said for part in ("5e5e", "hunter2")), said
                assert f"{section}.{name}" in said or not inner
    for text in (
        f"'{secret}' = 1",
        f"[chain]\n'{secret}' = 1",
        f"['{secret}'.a]\nb = 2",
        f"[options.atm_vol]\n'{secret}' = 99",
    ):
        said = refused(file, text + "\n")
        assert not any(part in said for part in ("5e5e", "hunter2")), said


@pytest.mark.parametrize("secret", SECRETS)
def test_names_that_settings_give__secret_in_their_place__is_never_repeated(secret: str) -> None:
    for registry in (PRICE_SOURCES, QUOTE_SOURCES, HISTORY_SOURCES):
        with pytest.raises(BadConfig, match="one of") as caught:
            registry[secret]
        assert not any(part in str(caught.value) for part in ("5e5e", "hunter2"))
    with pytest.raises(UnknownAddress) as wrong:
        checked_address("5e" * 32)
    assert "5e5e" not in str(wrong.value)


@pytest.mark.parametrize(
    "beside",
    ['networks = ["mine.toml"]', "max_wait_seconds = 30.0", 'rpc_url = "http://127.0.0.1:8545"\ndeployment = "d.json"'],
)
def test_load_config__what_all_chains_share_beside_chains__is_taken(tmp_path: Path, beside: str) -> None:
    file = tmp_path / "alvh.toml"
    file.write_text(f'[chain]\n{beside}\n[[chains]]\nnetwork = "base"\n', encoding="utf-8")
    assert [each.network for each in load_config(file).chains] == ["base"]
