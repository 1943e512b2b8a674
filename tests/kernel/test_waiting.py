"""Who waits to write on SQLite: gets its turn, is turned away in time, and leaves the connection as it was."""

import sqlite3
import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.db.utils import OperationalError

from kalantar.kernel.models import Counter
from kalantar.kernel.sqlite3 import base

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


def patience() -> int:
    return connection.cursor().execute("PRAGMA busy_timeout").fetchone()[0]


@pytest.fixture
def other():
    """Another connection that holds the lock; `other.rollback()` lets go."""
    connection.ensure_connection()
    holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    yield holder
    holder.close()


def test_a_writer_gets_its_turn_when_the_other_lets_go(other):
    threading.Timer(0.3, other.rollback).start()
    with transaction.atomic():
        Counter.objects.create(series="x", last=1)
    assert Counter.objects.get().last == 1
    assert patience() == 20_000


def test_a_writer_is_turned_away_when_its_time_is_over_and_not_before(other, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.4)
    began = time.monotonic()
    with pytest.raises(OperationalError, match="database is locked"), transaction.atomic():
        Counter.objects.create(series="x", last=1)
    assert time.monotonic() - began >= 0.4
    assert patience() == 400
    other.rollback()
    with transaction.atomic():
        Counter.objects.create(series="x", last=1)


def test_another_fault_is_not_waited_for(monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 60)
    with transaction.atomic(), pytest.raises(OperationalError, match="within a transaction"):
        connection._start_transaction_under_autocommit()


def test_the_threads_of_a_process_wait_in_one_line(other, monkeypatch):
    """Only the first asks SQLite; the rest are turned away by the line when their time is over."""
    asked, said = [], []
    ask = base.DatabaseWrapper._ask_until
    monkeypatch.setattr(base.DatabaseWrapper, "_ask_until", lambda self, until: asked.append(1) or ask(self, until))
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.5)

    def write():
        try:
            with transaction.atomic():
                Counter.objects.create(series="x", last=1)
        except OperationalError as no:
            said.append(str(no))
        finally:
            connections.close_all()

    crew = [threading.Thread(target=write) for _ in range(5)]
    for one in crew:
        one.start()
    time.sleep(0.3)
    assert len(asked) == 1
    for one in crew:
        one.join()
    assert said == ["database is locked"] * 5
    other.rollback()
    with transaction.atomic():  # the line is free again
        Counter.objects.create(series="x", last=1)
