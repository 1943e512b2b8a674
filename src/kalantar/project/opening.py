"""Setting up: tables, the installation's one row, its first unit and its first chief."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from kalantar.incidents import types
from kalantar.kernel import verbs as kernel_verbs
from kalantar.people import set_up
from kalantar.people.actors import COMMAND_LINE


def unapplied() -> int:
    """How many migrations wait."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> None:
    if unapplied():
        call_command("migrate", interactive=False, verbosity=0)


def run(options) -> int:
    """`kalantar init`: refuses a second time."""
    migrate()
    kernel_verbs.open_installation(
        options.kind, by=COMMAND_LINE, name=options.name, name_en=options.name_en, time_zone=options.time_zone
    )
    types.load_types(by=COMMAND_LINE)
    link = set_up.first_chief(
        kind=options.kind,
        name=options.name,
        name_en=options.name_en,
        number=options.number,
        username=options.chief,
        by=COMMAND_LINE,
    )
    print(f"Installed. The first colleague opens this once, within seven days, to choose a password:\n  {link}")
    print("Then: kalantar import boundaries FILE --kind station, and --kind beat; kalantar serve; kalantar worker.")
    return 0
