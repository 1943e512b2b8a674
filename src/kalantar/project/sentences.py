"""What the command line says, in English or Persian (KALANTAR_LANGUAGE).

It must speak before Django stands, when the very settings are refused, so it reads this room's catalogue itself. A
refusal of the kernel is named by a key; here the key becomes a sentence, for the pages too.
"""

from __future__ import annotations

import functools
import gettext as catalogues
import os
import sys
from pathlib import Path

from django.utils.translation import gettext_lazy

from kalantar.persian.digits import number


def marked(text: str) -> str:
    """Mark a sentence for translation; `say` translates it."""
    return text


_ = marked

REFUSALS = {
    "not_installed": _("Nothing is installed in this data folder. Run: %(command)s"),
    "installation_exists": _("This installation is set up already. Nothing was changed."),
    "installation_kind_unknown": _("There is no such kind of installation. Nothing was changed."),
    "clock_is_real": _("This is a real installation; its clock does not move. Nothing was changed."),
    "clock_only_forward": _("The clock of a demonstration only goes forward. Nothing was changed."),
    "backup_not_ours": _(
        "This file is not a sealed copy of Kalantar. Nothing was changed. Please choose another file."
    ),
    "backup_wrong_key": _(
        "This copy was sealed with another key. Nothing was changed. Please put that installation's keys back first."
    ),
    "backup_cut_short": _("This copy is cut short. Nothing was changed. Please fetch it again or take an earlier one."),
    "backup_damaged": _("This copy is damaged. Nothing was changed. Please fetch it again or take an earlier one."),
    "backup_other_version": _(
        "This copy was made by version %(theirs)s; this is %(ours)s. Nothing was changed. "
        "Please restore it with its own version."
    ),
    "restore_not_empty": _(
        "There is an installation here already. Nothing was changed. Please restore into an empty data folder."
    ),
    "restore_other_kind": _(
        "This copy is of another kind of installation (%(theirs)s). Nothing was changed. The profile here is %(ours)s."
    ),
    "keys_missing": _(
        "The key %(path)s is missing. Nothing was changed. Please put the keys back, or run: %(command)s"
    ),
    "keys_open_to_others": _("Others may read the key %(path)s. Nothing was started. Run: %(command)s"),
    "keys_too_short": _("The key %(path)s is too short. Nothing was started. Please put the right keys back."),
    "database_url_unknown": _(
        "The database's address is not known: %(scheme)s. Nothing was started. Write it as %(example)s"
    ),
    "database_silent": _(
        "The database does not answer: %(what)s. Nothing was changed. Please see to it and try again."
    ),
    "database_unreadable": _(
        "The database's file cannot be read: %(what)s. Nothing was changed. "
        "Keep it as it is and restore a copy elsewhere."
    ),
    "system_refused": _(
        "The system refused: %(what)s %(path)s. Nothing is half written. "
        "Please free the disk or mend the path and try again."
    ),
    "tables_behind": _("The tables are behind this version by %(n)s steps. Nothing was changed. Run: %(command)s"),
    "tables_ahead": _(
        "The tables belong to a newer version than this one. Nothing was changed. Please use the newer version."
    ),
}


def register() -> None:
    """Let the pages say them, too."""
    from kalantar.web.messages import SENTENCES

    SENTENCES.register({key: gettext_lazy(text) for key, text in REFUSALS.items()})


def language() -> str:
    """The language of the command line."""
    return "fa" if os.environ.get("KALANTAR_LANGUAGE") == "fa" else "en"


@functools.cache
def _catalogue(code: str) -> catalogues.NullTranslations:
    return catalogues.translation("django", Path(__file__).parent / "locale", languages=[code], fallback=True)


def say(text: str, **args: object) -> str:
    """A sentence of this room (its English msgid) or a key of `REFUSALS`, in the chosen language."""
    code = language()
    said = _catalogue(code).gettext(REFUSALS.get(text, text))
    return said % {name: _shown(value, code) for name, value in args.items()} if args else said.replace("%%", "%")


def _shown(value: object, code: str) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return number(value) if code == "fa" else f"{value:,}"


def sentence_of(fault: Exception) -> str | None:
    """What to say of a refusal, however deep it arose; None for a fault of the program."""
    from kalantar.kernel.keys import KeysRefused
    from kalantar.kernel.storage import StorageRefused

    if isinstance(fault, KeysRefused | StorageRefused):
        cures = {"keys_open_to_others": f"chmod 600 {fault.args_.get('path')}"}
        return say(
            fault.key,
            **fault.args_,
            command=cures.get(fault.key, "./kalantar init"),
            example="postgres://user@host/name",
        )
    if isinstance(fault, OSError) and fault.errno:
        return say("system_refused", what=fault.strerror, path=fault.filename or "")
    if "django" not in sys.modules:
        return None
    from django.conf import settings

    return _said_by_rooms(fault) if settings.configured else None


def _said_by_rooms(fault: Exception) -> str | None:
    from django.db import DatabaseError, InterfaceError, OperationalError

    from kalantar.kernel.installation import NotInstalled

    if isinstance(fault, NotInstalled):
        return say("not_installed", command="./kalantar init")
    if isinstance(fault, DatabaseError | InterfaceError):
        what = str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
        if "not a database" in what or "malformed" in what:
            return say("database_unreadable", what=what)
        return say("database_silent", what=what) if isinstance(fault, OperationalError | InterfaceError) else None
    key = getattr(fault, "key", None)
    if not isinstance(key, str):
        return None
    if key in REFUSALS:
        return say(key, **getattr(fault, "details", {}))
    from django.utils import translation

    from kalantar.web.messages import sentence

    with translation.override(language()):
        return str(sentence(fault))
