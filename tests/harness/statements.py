"""What a question costs: the number of SQL statements, with the statements at hand when a test fails."""

from __future__ import annotations

import inspect

import pytest

BOOKKEEPING = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Statements(int):
    """A number that prints the SQL it counted."""

    sql: tuple[str, ...]

    def __new__(cls, sql):
        number = super().__new__(cls, len(sql))
        number.sql = tuple(sql)
        return number

    def __repr__(self):
        return "\n  ".join([f"{int(self)} statements", *self.sql])


@pytest.fixture
def statements(db):
    """`statements(queries.overdue, actor, on=day)`: how many statements that takes, the rows read to the end."""
    from django.db import connection
    from django.db.models import QuerySet
    from django.test.utils import CaptureQueriesContext

    def count(call, *args, **kwargs) -> Statements:
        with CaptureQueriesContext(connection) as captured:
            result = call(*args, **kwargs)
            if isinstance(result, QuerySet) or inspect.isgenerator(result):
                list(result)
        said = [query["sql"] for query in captured.captured_queries]
        return Statements([sql for sql in said if not sql.lstrip().upper().startswith(BOOKKEEPING)])

    return count
