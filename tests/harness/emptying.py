"""After a test on a running server all tables are emptied, the append-only ones too.

The product cannot do that: the database itself refuses. A test that must, takes the triggers away with the migration's
own functions and puts them back before the next test begins; `test_emptying` proves both.
"""

from __future__ import annotations

import functools
import importlib
from types import SimpleNamespace


def allow_between_tests() -> None:
    """Wrap Django's flush, which pytest-django runs after each test with real transactions."""
    importlib.import_module("django.db.models")  # first, or the two modules wait for each other
    from django.db.backends.base.operations import BaseDatabaseOperations

    original = BaseDatabaseOperations.execute_sql_flush
    if hasattr(original, "chains_may_go"):
        return

    @functools.wraps(original)
    def execute_sql_flush(self, sql_list):
        append_only = importlib.import_module("kalantar.kernel.migrations.0002_append_only")
        with self.connection.cursor() as cursor:
            editor = SimpleNamespace(connection=self.connection, execute=cursor.execute)
            append_only.allow(None, editor)
            try:
                original(self, sql_list)
            finally:
                append_only.forbid(None, editor)

    execute_sql_flush.chains_may_go = True
    BaseDatabaseOperations.execute_sql_flush = execute_sql_flush
