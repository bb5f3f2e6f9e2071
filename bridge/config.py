"""alvh.toml: every setting with its default, validated; an unknown key is an error. Secrets are never in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from bridge.chain.blocks import LOCAL_CHAIN_ID
from bridge.chain.fees import DEFAULT_CAPS, FeeCaps
from bridge.chain.ways import MAX_LAG_SECONDS, MOST_NODES, RELAY_SECONDS
from bridge.errors import BadConfig
from bridge.foreign import NOT_SHOWN
from bridge.mistakes import plain_mistake
from bridge.monitor_settings import KeepConfig, NotifyConfig, PageConfig
from bridge.setting_urls import public_place, service_place, without_password
from bridge.settings import Section
from bridge.toml_files import toml_content

DEFAULT_FILE = Path("alvh.toml")
Fraction = Annotated[float, Field(gt=0, lt=1)]
Volatility = Annotated[float, Field(ge=0.01, le=10)]
IndexMethod = Literal["cboe", "dense"]
"""How a volatility index is found in quotes: `bridge.sources.quoted_index`."""


_KEY: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,39}[0-9]{0,2}|[0-9]{1,6}")
"""A key of a file as it may be shown, or a place in a list."""
_BOUNDS: Final = ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number")
_MOST_DIGITS: Final = 12
_URL: Final = re.compile(r":/|^[^/]*:[^/]*@")
"""A URL, or a login and a host."""


def _no_url(value: Any) -> Any:
    """Refuse a URL where a path belongs: it would be shown as one, with the login that it may hold."""
    if isinstance(value, str) and (_URL.search(value) or "\0" in value):
        raise PydanticCustomError("no_path", "is no path of a file or folder")
    return value


FilePath = Annotated[Path, BeforeValidator(_no_url)]
MOST_CHAINS: Final = 16
OF_ONE_CHAIN: Final = ("network", "rpc_url", "rpc_urls", "start_block")
"""Settings of `[chain]` that are of one network, or of the node of a deployment."""
MOST_INTERVAL_SECONDS: Final = 86_400.0
LIVE: Final = "deribit"
"""The source of quotes that asks the venue of `[venue]`."""
SourceSettings = dict[str, str | int | float | bool]
"""What a plug-in's source needs, such as a URL; a secret belongs in the environment."""


class ChainConfig(Section):
    """Where the chain is, and what a transaction may cost there.

    Parameters
    ----------
    rpc_url, rpc_urls
        The node, and more nodes of the same chain, of which a second confirms what the first says; without `rpc_url`
        the first of `rpc_urls` is the main one.
    max_lag_seconds
        By how much a node's newest block may be older than the newest of all nodes before it is left aside.
    relay_seconds
        How long the node is asked for the receipt of a transaction that was given to a relay. The relay's URL may hold
        a key: it is in the environment's ALVH_RELAY_URL.
    keep_logs
        Whether events of finalised blocks are kept in the state folder.
    max_tip_gwei, max_fee_gwei
        The most that is offered for a unit of gas: as the tip, and in all. Chains whose coin is cheap need more.
    max_fee_native
        The most that a whole transaction may cost, fee times gas, in the chain's own coin. Nothing above is sent.
    max_wait_seconds
        The most that a node's answers may take together in one command, or one look of `alvh watch`.
    network
        Name of a public network (`alvh networks`): a book is then observed where none of our contracts is, unless there
        is a deployment file. Its chain id is the network's.
    networks
        Files of people's own networks, tokens and feeds, as docs/networks.md says.
    start_block
        Where the past of observed positions is searched from.
    """

    rpc_url: str = "http://127.0.0.1:8545"
    rpc_urls: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(max_length=MOST_NODES)] = ()
    max_lag_seconds: Annotated[int, Field(gt=0)] = MAX_LAG_SECONDS
    relay_seconds: Annotated[float, Field(gt=0, le=86_400)] = RELAY_SECONDS
    keep_logs: bool = True
    chain_id: Annotated[int, Field(gt=0)] = LOCAL_CHAIN_ID
    deployment: FilePath = Path(".alvh/deployment.json")
    max_tip_gwei: Annotated[float, Field(gt=0)] = DEFAULT_CAPS.max_tip_gwei
    max_fee_gwei: Annotated[float, Field(gt=0)] = DEFAULT_CAPS.max_fee_gwei
    max_fee_native: Annotated[float, Field(gt=0)] = DEFAULT_CAPS.max_fee_native
    max_wait_seconds: Annotated[float, Field(gt=0)] = 600.0
    network: Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$")] | None = None
    networks: tuple[FilePath, ...] = ()
    start_block: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="before")
    @classmethod
    def _main_first(cls, given: Any) -> Any:
        """Take the first of several nodes for the main one where none is named."""
        several = given.get("rpc_urls") if isinstance(given, dict) and "rpc_url" not in given else None
        first = several[0] if isinstance(several, (list, tuple)) and several else None
        return {**given, "rpc_url": first} if isinstance(first, str) else given

    @property
    def caps(self) -> FeeCaps:
        """Return what a transaction may cost."""
        return FeeCaps(self.max_tip_gwei, self.max_fee_gwei, self.max_fee_native)


class ChainPlace(Section):
    """One of several public networks of a book that is only observed: its name, a node and where the past begins.

    A URL with a key stands in the environment instead, as ALVH_RPC_URL_BASE. `needed` says whether no plan is made
    while this chain cannot be read; else it is named and left out.
    """

    network: Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$")]
    rpc_url: str = ""
    start_block: Annotated[int, Field(ge=0)] = 0
    needed: bool = True


class BookConfig(Section):
    """Whose positions are read, when a price is not believed, which screens cap exposure, and what moving costs.

    Parameters
    ----------
    owner
        An address or a label, or a list of them that are one book together.
    labels
        Addresses by the names that people gave them: `treasury = "0x.."`.
    max_peg_gap
        By how much a stable or wrapped token may be away from what it promises, as a share, before it is no such asset.
    screens
        TOML file of valuation screens as docs/valuation.md lists them; none caps nothing.
    risk_aversion, move_cost, move_fixed_usd
        For hold or move: relative risk aversion, share of what is swapped, USD a move.
    """

    owner: str | tuple[str, ...] | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    price_source: str = "pools"
    max_price_age_seconds: Annotated[int, Field(gt=0)] = 3600
    source_settings: SourceSettings = Field(default_factory=dict)
    twap_seconds: Annotated[int, Field(ge=60, le=86_400)] = 1800
    max_price_gap: Fraction = 0.03
    max_peg_gap: Fraction = 0.01
    dust_usd: Annotated[float, Field(ge=0)] = 100.0
    correlation: Annotated[float, Field(ge=-1, le=1)] = 0.8
    screens: FilePath | None = None
    risk_aversion: Annotated[float, Field(gt=0, le=100)] = 2.0
    move_cost: Annotated[float, Field(ge=0, lt=0.1)] = 0.0005
    move_fixed_usd: Annotated[float, Field(ge=0)] = 20.0


class VenueConfig(Section):
    """Where `alvh fetch`, `alvh collect` and the source of quotes `deribit` ask.

    Parameters
    ----------
    url
        Of its methods; the test venue, https://test.deribit.com/api/v2, quotes no market's prices.
    linear
        Take options in USDC of BTC and ETH too, in place of those in coin.
    """

    url: Annotated[str, AfterValidator(public_place)] = "https://www.deribit.com/api/v2"
    linear: bool = False


class OptionsConfig(Section):
    """Where option quotes come from: a chain file, a synthetic chain with a stated smile, or a source by name."""

    source: str | None = None
    file: FilePath | None = None
    atm_vol: dict[str, Volatility] = Field(default_factory=lambda: {"ETH": 0.72, "BTC": 0.55})
    max_age_seconds: Annotated[int, Field(gt=0)] = 3600
    source_settings: SourceSettings = Field(default_factory=dict)

    def reading(self, file: Path | None) -> OptionsConfig:
        """Return the settings with the file that the command line gives, which then is the source."""
        return self.model_copy(update={"file": file, "source": "file"}) if file else self

    @property
    def source_name(self) -> str:
        """Return the source in use: the stated one, else the file where one is given, else synthetic chains."""
        return self.source or ("file" if self.file else "synthetic")


class SignalsConfig(Section):
    """Where the histories of the signals are, which signals the book does not rely on, and what is due soon.

    Parameters
    ----------
    source
        Which source the histories come from.
    folder
        Files as docs/signals.md lists them; without it every signal that needs a history is missing.
    leave_out
        Names of signals that are not asked for: nothing is said of them, and they do not count as silent.
    reserves_usd, outflow_share, margin_usd
        For the quick ratio: liquid USD beside the pools, share of the book that may have to be paid out at once, margin
        due.
    """

    source: str = "files"
    folder: FilePath | None = None
    leave_out: tuple[str, ...] = ("rate differential",)
    reserves_usd: Annotated[float, Field(ge=0)] = 0.0
    outflow_share: Fraction = 0.1
    margin_usd: Annotated[float, Field(ge=0)] = 0.0
    source_settings: SourceSettings = Field(default_factory=dict)


class GovernanceConfig(Section):
    """How long an update may wait for its vote before it expires."""

    update_life_seconds: Annotated[int, Field(ge=3600, le=60 * 86_400)] = 14 * 86_400


class SafeConfig(Section):
    """Where the Safe Transaction Service of the chain is: ``https://api.safe.global/tx-service/eth`` and the like;
    empty for none. Its key, where it wants one, is in the environment's ALVH_SAFE_API_KEY."""

    service_url: Annotated[str, AfterValidator(service_place)] = ""


class OracleConfig(Section):
    """How a report's number is found in the quotes, and how far it may lie from the feed's answer.

    Parameters
    ----------
    index
        `dense` integrates the fitted smile, `cboe` sums over the listed strikes. All reporters of a feed take the same;
        docs/surface.md says what was measured.
    max_jump
        Further needs --force: 0.75 is to 1.75 times of the answer, or to its part; `bridge.sources.signed_rounds` says
        why.
    """

    index: IndexMethod = "dense"
    max_jump: Annotated[float, Field(gt=0, le=100)] = 0.75


class WatchConfig(Section):
    """The monitor's pace, the age of the newest block at which the chain counts as stopped, and the share by which
    exposure may drift from the plan on record before a new one is due.

    Parameters
    ----------
    safe_drafts
        A folder of transactions that `alvh safe propose` wrote: those that an owner has signed are told of. Those at
        the service of `safe.service_url` are told of too.
    """

    interval_seconds: Annotated[float, Field(gt=0, le=MOST_INTERVAL_SECONDS)] = 15.0
    max_block_age_seconds: Annotated[int, Field(gt=0)] = 600
    drift_band: Annotated[float, Field(ge=0, le=1)] = 0.10
    safe_drafts: FilePath | None = None


class LedgerConfig(Section):
    """Where the fills are kept, and in which book where a command names none.

    Parameters
    ----------
    url
        ``postgresql+psycopg://USER@HOST/DATABASE``, or the path of a SQLite file; empty for `alvh.db` in the state
        folder. The environment's ALVH_LEDGER_URL comes before it, and may hold a password.
    """

    url: Annotated[str, AfterValidator(without_password)] = ""
    book: Annotated[str, Field(min_length=1, max_length=64)] = "main"


class CapitalConfig(Section):
    """What the capital of the hedge costs a year (0.08 is 8 %), and what of it is borrowed.

    Parameters
    ----------
    own_cost, margin_cost, borrowed_cost
        Of premiums, of margin, of the borrowed layer; without one that is needed there is no WACC, and no leverage.
    borrowed_usd
        The second engine.
    """

    own_cost: Annotated[float, Field(gt=-1, le=5)] | None = None
    margin_cost: Annotated[float, Field(gt=-1, le=5)] | None = None
    borrowed_cost: Annotated[float, Field(gt=-1, le=5)] | None = None
    borrowed_usd: Annotated[float, Field(ge=0, le=1e12)] = 0.0


class Config(Section):
    """All settings; `parameters` are values by governed key for a book that no contract of ours governs.

    `chains` are the networks of such a book, the first one's time is the book's; without any, `chain` is the only one,
    and with some it names no other: what all of them share is in it, or where a deployment is.
    """

    chain: ChainConfig = ChainConfig()
    chains: Annotated[tuple[ChainPlace, ...], Field(max_length=MOST_CHAINS)] = ()
    book: BookConfig = BookConfig()
    options: OptionsConfig = OptionsConfig()
    venue: VenueConfig = VenueConfig()
    signals: SignalsConfig = SignalsConfig()
    governance: GovernanceConfig = GovernanceConfig()
    safe: SafeConfig = SafeConfig()
    oracle: OracleConfig = OracleConfig()
    watch: WatchConfig = WatchConfig()
    page: PageConfig = PageConfig()
    keep: KeepConfig = KeepConfig()
    notify: NotifyConfig = NotifyConfig()
    ledger: LedgerConfig = LedgerConfig()
    capital: CapitalConfig = CapitalConfig()
    parameters: dict[str, int] = Field(default_factory=dict)
    state: FilePath = Path(".alvh")

    @model_validator(mode="wrap")
    @classmethod
    def _as_a_whole(cls, content: Any, handler: ModelWrapValidatorHandler[Config]) -> Config:
        """Let the source of quotes `deribit` know the venue of `[venue]`, and refuse what would be read by nothing."""
        made = handler(content)
        made._require_one_place()
        return made.model_copy(update={"options": made.live_options()}) if made.options.source == LIVE else made

    def _require_one_place(self) -> None:
        """Check that no network or node is in `[chain]` beside `[[chains]]`, but that of a deployment."""
        given = self.chain.model_fields_set if self.chains else ()
        ignored = [name for name in OF_ONE_CHAIN if name in given and ("deployment" not in given or "url" not in name)]
        if ignored:
            words = "is not read beside [[chains]]: move it into a [[chains]] of its own, or leave it out"
            raise PydanticCustomError("beside", "chain.{name} {words}", {"name": ignored[0], "words": words})

    def live_options(self) -> OptionsConfig:
        """Return where option quotes come from if the venue of `[venue]` is asked now."""
        known = {"url": self.venue.url, "linear": self.venue.linear} | self.options.source_settings
        return self.options.model_copy(update={"source": LIVE, "file": None, "source_settings": known})


def load_config(path: Path | None) -> Config:
    """Read the settings.

    Parameters
    ----------
    path
        The file; without one, `alvh.toml` of the working folder if it is there, else the defaults.

    Raises
    ------
    BadConfig
        The file is absent, is not TOML, has an unknown key or a value out of range.
    """
    chosen = path or DEFAULT_FILE
    try:
        content = toml_content(chosen)
    except FileNotFoundError:
        if path is None:
            return Config()
        raise BadConfig(f"{path}: no such file; leave --config out to use the defaults") from None
    except ValueError as error:
        raise BadConfig(f"{chosen}: not TOML: {error}") from error
    except OSError as error:
        raise BadConfig(f"{chosen}: cannot be read: {error}") from error
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        raise BadConfig(f"{chosen}: {_explain(error.errors(include_input=True)[0])}") from None


def _explain(error: Any) -> str:
    """Say where a setting is wrong and what is expected there. What was given may hold a key or a login: of it only a
    short number is repeated."""
    place = ".".join(str(part) if _KEY.fullmatch(str(part)) else NOT_SHOWN for part in error["loc"])
    words, given = plain_mistake(error), error["input"]
    shown = error["type"] in _BOUNDS and len(repr(given)) <= _MOST_DIGITS and not isinstance(given, str)
    said = f"{place}: {words}" if place else words
    return f"{said}, got {given!r}" if shown else said
