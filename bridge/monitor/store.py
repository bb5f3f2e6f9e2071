"""`MonitorStore`: what the monitor saw, in the ledger's database. One cycle is one transaction: all of it or nothing.

The loop alone writes looks; the page and commands read beside it, and change what belongs to people: who acknowledged
an alert, and until when it is silenced. A cycle never overwrites these but where the alert was told anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, and_, case, func, insert, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bridge.errors import LedgerDamaged, UnknownAlert
from bridge.foreign import TEXT, foreign
from bridge.governance.governor import OPEN_STATES
from bridge.ledger.database import open_engine, reading, writing
from bridge.monitor.cycle import Cycle
from bridge.monitor.lease import Lease, leased
from bridge.monitor.notices import Due, Notice
from bridge.monitor.rows import (
    STANDING,
    Last,
    cursor_row,
    kept,
    look_row,
    notice_row,
    row_due,
    row_last,
    row_standing,
    row_transition,
    rows_of_look,
    rows_once,
    standing_row,
    transition_row,
)
from bridge.monitor.standing import Standing, Transition
from bridge.monitor.tables import (
    ALERTS,
    CURSORS,
    GIVEN_UP,
    LOOKS,
    NOTICES,
    PENDING,
    PROPOSALS,
    SENT,
    SERIES,
    STATES,
    TRANSITIONS,
)

DAY_SECONDS: Final = 86_400
EMPTY: Final[Mapping[str, int]] = {}
_MADE_BY_PEOPLE: Final = ("acknowledged_at", "acknowledged_by", "silenced_until")
_T = TypeVar("_T")


class MonitorStore:
    """The monitor's part of the ledger's database; use it in a `with` block, or close it. Threads may share it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.engine = open_engine(address)
        self._upsert: Any = {"postgresql": postgresql, "sqlite": sqlite}[self.engine.dialect.name].insert
        self._lease: Lease | None = None

    def __enter__(self) -> MonitorStore:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Be the one monitor of this database while the block runs; what is written in it checks that we still are.

        Raises
        ------
        MonitorRunning
            Another one is; the error says which, and since when.
        LedgerError
            The lock cannot be taken.
        """
        with leased(self.engine, self.address) as self._lease:
            try:
                yield
            finally:
                self._lease = None

    def write(self, cycle: Cycle) -> int:
        """Keep a cycle, all of it or nothing; return the number of its look.

        Rounds, states of proposals, plans and notices that are there already are not written again.

        Raises
        ------
        MonitorRunning
            The lease was lost, and another monitor has it.
        LedgerError
            The database does not take it.
        """
        with self._writing() as connection:
            look = connection.execute(insert(LOOKS).returning(LOOKS.c.seq), [look_row(cycle)]).scalar_one()
            for table, rows in rows_of_look(cycle, look):
                if rows:
                    connection.execute(insert(table), rows)
            for table, rows in rows_once(cycle):
                if rows:
                    connection.execute(self._upsert(table).on_conflict_do_nothing(), rows)
            self._change(connection, cycle.book, cycle.at, cycle.standings, cycle.transitions, cycle.notices)
            self._move(connection, cycle.book, cycle.cursors)
        return int(look)

    def write_changes(
        self,
        book: str,
        at: int,
        standings: Iterable[Standing] = (),
        transitions: Iterable[Transition] = (),
        notices: Iterable[Notice] = (),
        cursors: Mapping[str, int] = EMPTY,
    ) -> None:
        """Keep what changed without a look: as no node answered, or a daily digest is due; raises as `write` does."""
        with self._writing() as connection:
            self._change(connection, book, at, standings, transitions, notices)
            self._move(connection, book, cursors)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._lease:
            self._lease.check()
        with writing(self.engine, self.address) as connection:
            yield connection

    def _change(
        self,
        connection: Connection,
        book: str,
        at: int,
        standings: Iterable[Standing],
        transitions: Iterable[Transition],
        notices: Iterable[Notice],
    ) -> None:
        if stand := [standing_row(book, each) for each in standings]:
            connection.execute(self._alerts(), stand)
        if changed := [transition_row(book, each) for each in transitions]:
            connection.execute(insert(TRANSITIONS), changed)
        if told := [notice_row(book, at, each) for each in notices]:
            connection.execute(self._upsert(NOTICES).on_conflict_do_nothing(), told)

    def _move(self, connection: Connection, book: str, cursors: Mapping[str, int]) -> None:
        if rows := [cursor_row(book, name, value) for name, value in cursors.items()]:
            made = self._upsert(CURSORS)
            made = made.on_conflict_do_update(index_elements=["book", "name"], set_={"value": made.excluded.value})
            connection.execute(made, rows)

    def _alerts(self) -> Any:
        """Return the statement that keeps alerts, without what people said of them since the cycle read them."""
        made = self._upsert(ALERTS)
        new = {name: made.excluded[name] for name in STANDING if name != "key"}
        opened = ALERTS.c.opened_at == made.excluded.opened_at
        told_before = and_(opened, ALERTS.c.told_at == made.excluded.told_at)
        for name in _MADE_BY_PEOPLE[:2]:
            new[name] = case((told_before, ALERTS.c[name]), else_=made.excluded[name])
        new["silenced_until"] = ALERTS.c.silenced_until
        return made.on_conflict_do_update(index_elements=["book", "key"], set_=new)

    def last(self, book: str) -> Last | None:
        """Return the newest look at a book; None where there is none.

        Raises
        ------
        LedgerDamaged
            What is kept of it cannot be read.
        """
        newest = select(LOOKS).where(LOOKS.c.book == book).order_by(LOOKS.c.seq.desc()).limit(1)
        try:
            return next(iter(self._rows(newest, row_last)), None)
        except ValueError as error:
            raise LedgerDamaged(self.address, str(error)) from error

    def standings(self, book: str) -> dict[str, Standing]:
        """Return by key the alerts that stand, were over within a day of the newest look, or are silenced.

        Read them at every cycle: people acknowledge and silence them meanwhile.
        """
        of_newest = select(LOOKS.c.at).where(LOOKS.c.book == book).order_by(LOOKS.c.seq.desc()).limit(1)
        newest = func.coalesce(of_newest.scalar_subquery(), 0)  # by its place: the clock may have been ahead before
        over = (ALERTS.c.cleared_at >= newest - DAY_SECONDS, ALERTS.c.silenced_until > newest)
        lately = or_(ALERTS.c.cleared_at.is_(None), *over)
        wanted = select(ALERTS).where(ALERTS.c.book == book, lately).order_by(ALERTS.c.opened_at, ALERTS.c.key)
        try:
            return {each.key: each for each in self._rows(wanted, row_standing)}
        except ValueError as error:
            raise LedgerDamaged(self.address, str(error)) from error

    def acknowledge(self, book: str, key: str, by: str, at: int) -> Standing:
        """Note that a person saw an alert that stands; return it as it is now.

        Raises
        ------
        UnknownAlert
            No alert of this key stands.
        LedgerError
            The database does not take it.
        """
        return self._amend(book, key, {"acknowledged_at": at, "acknowledged_by": foreign(kept(by))}, standing=True)

    def silence(self, book: str, key: str, until: int, by: str, at: int | None = None) -> Standing:
        """Tell nothing but the end of an alert before a time, 0 to end that; return it as it is now.

        Parameters
        ----------
        by
            Who does it, which is kept beside it.
        at
            When, where that person also looks after it: it is acknowledged too.

        Raises
        ------
        UnknownAlert
            No alert of this key is kept.
        LedgerError
            The database does not take it.
        """
        who = foreign(kept(by))
        seen = {} if at is None else {"acknowledged_at": at, "acknowledged_by": who}
        return self._amend(book, key, {"silenced_until": until, "silenced_by": who, **seen}, standing=False)

    def _amend(self, book: str, key: str, values: Mapping[str, Any], standing: bool) -> Standing:
        named = and_(ALERTS.c.book == book, ALERTS.c.key == key)
        with writing(self.engine, self.address) as connection:
            found = connection.execute(select(ALERTS.c.cleared_at).where(named)).one_or_none()
            if found is None or (standing and found.cleared_at is not None):
                where = "stands" if standing else "is kept"
                raise UnknownAlert(f"no alert {foreign(key)} {where} of book {foreign(book)}: the page lists them")
            connection.execute(update(ALERTS).where(named).values(values))
            return row_standing(connection.execute(select(ALERTS).where(named)).one()._mapping)

    def transitions(self, book: str, since: int, limit: int) -> tuple[Transition, ...]:
        """Return what people were told of since a time, the newest first, at most `limit`."""
        wanted = select(TRANSITIONS).where(TRANSITIONS.c.book == book, TRANSITIONS.c.at >= since)
        newest = wanted.order_by(TRANSITIONS.c.at.desc(), TRANSITIONS.c.seq.desc()).limit(limit)
        try:
            return self._rows(newest, row_transition)
        except ValueError as error:
            raise LedgerDamaged(self.address, str(error)) from error

    def lately_open(self, chain_id: int, since: int) -> frozenset[str]:
        """Return the ids of proposals of a chain that were seen open, and whose end was not seen before a time."""
        open_, state = PROPOSALS.c.state.in_(OPEN_STATES), PROPOSALS.c.seen_at
        ended = func.min(case((open_, None), else_=state))
        wanted = (
            select(PROPOSALS.c.id)
            .where(PROPOSALS.c.chain_id == chain_id)
            .group_by(PROPOSALS.c.id)
            .having(and_(func.max(case((open_, 1), else_=0)) == 1, or_(ended.is_(None), ended >= since)))
        )
        return frozenset(self._rows(wanted, lambda row: str(row["id"])))

    def cursors(self, book: str) -> dict[str, int]:
        """Return how far logs and rounds were read, by name."""
        wanted = select(CURSORS.c.name, CURSORS.c.value).where(CURSORS.c.book == book)
        return {row["name"]: row["value"] for row in self._rows(wanted, dict)}

    def history(
        self, book: str, names: Sequence[str], since: int, until: int, points: int
    ) -> dict[str, list[int] | list[float | None]]:
        """Return numbers of the looks of a span, oldest first: `at`, and each name; None where a look had none.

        Parameters
        ----------
        since, until
            Unix seconds, both inclusive.
        points
            Of so many equal parts of the time in which there are looks, the newest look of each.
        """
        span = and_(LOOKS.c.book == book, LOOKS.c.at.between(since, until))
        with reading(self.engine, self.address) as connection:
            first, newest = connection.execute(select(func.min(LOOKS.c.at), func.max(LOOKS.c.at)).where(span)).one()
            if first is None:
                return {"at": [], **{name: [] for name in names}}
            part = (LOOKS.c.at - first) * points // (newest - first + 1)
            picked = select(func.max(LOOKS.c.seq)).where(span).group_by(part)
            order = select(LOOKS.c.seq, LOOKS.c.at).where(LOOKS.c.seq.in_(picked)).order_by(LOOKS.c.at, LOOKS.c.seq)
            looks = {row.seq: (place, row.at) for place, row in enumerate(connection.execute(order))}
            found: dict[str, list[float | None]] = {name: [None] * len(looks) for name in names}
            wanted = select(SERIES).where(SERIES.c.look.in_(picked), SERIES.c.name.in_(names))
            for look, name, value in connection.execute(wanted):
                found[name][looks[look][0]] = value
        return {"at": [at for _, at in looks.values()], **found}

    def due_notices(self, now: int, limit: int, aside: Collection[str] = ()) -> tuple[Due, ...]:
        """Return notices that are to be sent now, oldest first, at most `limit` for each target.

        Of a target whose oldest one is not due there are none: its order is kept. One that is due in more than a day is
        due now: the clock has jumped.

        Parameters
        ----------
        aside
            Ids of notices that keep no other back; those of them that are due come last.
        """
        of_target: dict[str, Any] = {"partition_by": NOTICES.c.target, "order_by": NOTICES.c.seq}
        place = func.row_number().over(**of_target).label("place")
        first = func.first_value(NOTICES.c.next_at).over(**of_target).label("first")
        pending, beside = NOTICES.c.state == PENDING, NOTICES.c.id.in_(aside)
        waits = select(NOTICES, place, first).where(pending, not_(beside)).subquery()
        due = or_(waits.c.first <= now, waits.c.first > now + DAY_SECONDS)
        found = self._rows(select(waits).where(waits.c.place <= limit, due).order_by(waits.c.seq), row_due)
        if not aside:
            return found
        again = or_(NOTICES.c.next_at <= now, NOTICES.c.next_at > now + DAY_SECONDS)
        others = select(NOTICES).where(pending, beside, again).order_by(NOTICES.c.seq).limit(limit)
        return found + self._rows(others, row_due)

    def note_sent(self, notice_id: str, at: int) -> None:
        """Note that a target took a notice; a second time changes nothing."""
        self._note(notice_id, state=SENT, sent_at=at, error="")

    def note_failed(self, notice_id: str, at: int, error: str, next_at: int) -> None:
        """Note why a target did not take a notice at a time, and when it is tried again."""
        self._note(notice_id, tried_at=at, error=foreign(kept(error), TEXT), next_at=next_at)

    def give_up(self, notice_id: str, at: int, error: str, instead: Notice | None = None) -> None:
        """Note that a notice is not tried again, and why; what is told instead is kept in the same transaction."""
        values = {"state": GIVEN_UP, "tried_at": at, "error": foreign(kept(error), TEXT)}
        with writing(self.engine, self.address) as connection:
            self._note_in(connection, notice_id, **values)
            of = connection.execute(select(NOTICES.c.book).where(NOTICES.c.id == notice_id)).scalar()
            if instead is not None and of is not None:
                row = notice_row(of, at, instead)
                connection.execute(self._upsert(NOTICES).on_conflict_do_nothing(), [row])

    def _note(self, notice_id: str, **values: Any) -> None:
        with writing(self.engine, self.address) as connection:
            self._note_in(connection, notice_id, **values)

    def _note_in(self, connection: Connection, notice_id: str, **values: Any) -> None:
        waits = and_(NOTICES.c.id == notice_id, NOTICES.c.state == PENDING)
        connection.execute(update(NOTICES).where(waits).values(attempts=NOTICES.c.attempts + 1, **values))

    def waits_since(self) -> int | None:
        """Return when the oldest notice was written that waits though it was tried; None where there is none."""
        in_vain = and_(NOTICES.c.state == PENDING, NOTICES.c.attempts > 0)
        wanted = select(func.min(NOTICES.c.made_at).label("oldest")).where(in_vain)
        (oldest,) = self._rows(wanted, lambda row: row["oldest"])
        return None if oldest is None else int(oldest)

    def notice_counts(self) -> dict[str, int]:
        """Return how many notices there are in each state: pending, sent, given up."""
        found = self._rows(select(NOTICES.c.state, func.count().label("rows")).group_by(NOTICES.c.state), tuple)
        return dict.fromkeys(STATES, 0) | dict(found)

    def _rows(self, wanted: Select[Any], make: Callable[[Any], _T]) -> tuple[_T, ...]:
        with reading(self.engine, self.address) as connection:
            return tuple(make(row if make is tuple else row._mapping) for row in connection.execute(wanted))
