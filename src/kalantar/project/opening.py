"""Setting up: tables, the installation's one row, its first unit and its first chief."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from kalantar.incidents import types
from kalantar.kernel import installation
from kalantar.kernel import verbs as kernel_verbs
from kalantar.kernel.change import insist
from kalantar.people import rules as people_rules
from kalantar.people import set_up
from kalantar.people.actors import COMMAND_LINE

from .sentences import marked as _
from .sentences import say
from .stop import Stop


def unapplied() -> int:
    """How many migrations wait."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def ahead() -> list[str]:
    """Migrations that a newer version has made and this one does not know."""
    loader = MigrationLoader(connection)
    rooms = {app for app, _name in loader.disk_migrations}
    return sorted(f"{a}.{n}" for a, n in loader.applied_migrations if a in rooms and (a, n) not in loader.graph.nodes)


def tables_as_they_stand() -> Apps | None:
    """The models that fit the tables as the last version left them; None when there are no tables yet."""
    loader = MigrationLoader(connection)
    made = [node for node in loader.applied_migrations if node in loader.graph.nodes]
    return loader.project_state(made).apps if made else None


def migrate() -> None:
    if ahead():
        raise Stop("tables_ahead")
    if unapplied():
        call_command("migrate", interactive=False, verbosity=0)


def insist_ready() -> None:
    """Go on only where the tables fit this version and something is installed."""
    if ahead():
        raise Stop("tables_ahead")
    waiting = unapplied()
    if waiting:
        raise Stop("tables_behind", n=waiting, command="./kalantar upgrade")
    installation.forget()
    installation.current()


def run(options) -> int:
    """`kalantar init`: all of it or nothing, and never a second time."""
    names = {"--name": options.name, "--name-en": options.name_en, "--chief": options.chief}
    for option, value in names.items():
        if not value.strip():
            raise Stop(_("%(option)s is empty. Nothing was changed. Please write a name."), option=option)
    insist(people_rules.username_refusal(options.chief))
    try:
        ZoneInfo(options.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Stop(
            _("There is no time zone %(zone)s. Nothing was changed. Write it as %(example)s"),
            zone=options.time_zone,
            example="Asia/Tehran",
        ) from None
    if options.number < 1:
        raise Stop(_("A station's number begins at 1. Nothing was changed."))
    migrate()
    try:
        with transaction.atomic():
            link = _opened(options)
    except BaseException:
        installation.forget()
        raise
    print(
        say(_("Installed. The first colleague opens this once, within seven days, to choose a password:")),
        f"  {link}",
        sep="\n",
    )
    then = ("./kalantar import boundaries FILE --kind station|beat", "./kalantar serve", "./kalantar worker")
    print(say(_("Then run:")), *(f"  {command}" for command in then), sep="\n")
    return 0


def _opened(options) -> str:
    kernel_verbs.open_installation(
        options.kind, by=COMMAND_LINE, name=options.name, name_en=options.name_en, time_zone=options.time_zone
    )
    types.load_types(by=COMMAND_LINE)
    return set_up.first_chief(
        kind=options.kind,
        name=options.name,
        name_en=options.name_en,
        number=options.number,
        username=options.chief,
        by=COMMAND_LINE,
    )
