"""The harness keeps its own promises: the network watch bites, statements are counted, the server is private."""

import contextlib
import socket

import pytest

from tests.harness import network


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "2001:db8::1", b"198.51.100.7"])
def test_another_machine_is_refused_and_remembered(host):
    with pytest.raises(OSError, match="tests may not reach"):
        socket.getaddrinfo(host, 80)
    assert network.ATTEMPTS.pop().startswith("socket.getaddrinfo")


def test_a_connection_to_an_address_is_refused_too():
    with socket.socket() as one, pytest.raises(network.NoNetwork):
        one.connect(("192.0.2.1", 80))
    assert network.ATTEMPTS.pop() == "socket.connect '192.0.2.1'"


def test_an_attempt_that_the_code_swallows_still_fails_the_test():
    with (
        pytest.raises(AssertionError, match=r"example\.org"),
        network.nothing_leaves(),
        contextlib.suppress(OSError),
    ):
        socket.getaddrinfo("example.org", 80)
    network.ATTEMPTS.clear()


def test_this_machine_is_reached():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        socket.create_connection(server.getsockname()).close()


def test_statements_are_counted_without_the_bookkeeping(statements):
    from django.db import connection, transaction

    def two():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.execute("SELECT 2")

    count = statements(two)
    assert count == 2
    assert "SELECT 2" in repr(count)
