"""Nothing leaves this machine: a watch over every socket that Python opens.

Loopback and Unix sockets pass. Anything else is refused as a closed network would refuse it, and remembered, so that
the test which tried fails even when the code under test caught the error.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterator

ATTEMPTS: list[str] = []
_watching: list[bool] = []


class NoNetwork(ConnectionRefusedError):
    """Raised instead of connecting; an OSError, as the code would see it on a closed network."""


def is_absent() -> bool:
    return not _watching


def watch() -> None:
    """Begin watching, for the life of this process: an audit hook cannot be taken away again."""
    _watching.append(True)
    sys.addaudithook(_look)


@contextlib.contextmanager
def nothing_leaves() -> Iterator[None]:
    """Fails at its end if anything inside it tried to reach another machine."""
    before = len(ATTEMPTS)
    yield
    attempts = ATTEMPTS[before:]
    assert not attempts, f"a connection left this machine: {attempts}"


def is_local(host: object) -> bool:
    if not isinstance(host, (str, bytes)):
        return True
    name = (host.decode("ascii", "replace") if isinstance(host, bytes) else host).split("%")[0].lower()
    if name in {"", "localhost", "localhost.localdomain", "ip6-localhost", socket.gethostname().lower()}:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _look(event: str, arguments: tuple) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else None
        family = getattr(arguments[0], "family", None)
        if family not in {socket.AF_INET, socket.AF_INET6}:
            return
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not is_local(host):
        ATTEMPTS.append(f"{event} {host!r}")
        raise NoNetwork(f"tests may not reach {host!r}")
