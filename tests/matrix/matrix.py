"""Who may open what: every address of the product, for every role, for rows of the own station and of a stranger's.

One line a page and one line a press:

    page("people:colleague", on="colleague", ok=EYES)            # GET: these roles see their own station's row
    press("people:end_post", on="post", ok=SUPERIORS, refused=EYES - SUPERIORS, data={...})    # POST

- `on` names what the address is about: a factory in `objects.py` makes one at `station` and one at `other_station`.
  Without `on` the address has no row in it and the two stations do not differ.
- `ok` answers 200 or goes on; `refused` sees the row and is told why not (403, 409, 422); every other role gets 404.
- Whoever's posts do not cover the row's station gets 404, whatever the role, with the very bytes of a row that does not
  exist. Nobody but those who may sees a word of the row, in a body or a header.
- A visitor who has not signed in is sent to the sign-in page, unless the line says `visitor="ok"` or `"hidden"`.
- A method that has no line answers 405 to everybody who is signed in.

An address without a line fails `test_matrix.py`, and so does a line without an address.
A room adds its lines here, below its heading, and its factories to `objects.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kalantar.incidents import rules as incidents
from kalantar.people.roles import STATION_EYES, Role
from kalantar.people.roles import SUPERIORS as _SUPERIORS
from kalantar.people.set_up import PROVINCE_CAST, STATION_CAST
from kalantar.territory import rules as territory

ROLES = frozenset(STATION_CAST) | frozenset(PROVINCE_CAST)
EYES = ROLES & STATION_EYES  # police roles that see the matters of their stations
SUPERIORS = ROLES & _SUPERIORS
CHIEF, COMMANDER = frozenset({Role.STATION_CHIEF}), frozenset({Role.PROVINCE_COMMANDER})
STATION_ROLES, PROVINCE_ROLES = frozenset(STATION_CAST), frozenset(PROVINCE_CAST)
NOBODY: frozenset[Role] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Line:
    name: str
    method: str
    on: str = ""
    ok: frozenset[Role] = ROLES
    refused: frozenset[Role] = NOBODY
    visitor: str = "sign_in"
    data: Mapping = field(default_factory=dict)
    query: str = ""
    ends_session: bool = False  # leads to the sign-in page, as it should
    extra: Mapping = field(default_factory=dict)  # arguments of the address beside those of the row


LINES: dict[tuple[str, str], Line] = {}


def _add(line: Line) -> None:
    assert (line.name, line.method) not in LINES, f"{line.name} has two lines for {line.method}"
    LINES[line.name, line.method] = line


def page(name: str, **rest) -> None:
    _add(Line(name=name, method="GET", **rest))


def press(name: str, **rest) -> None:
    _add(Line(name=name, method="POST", **rest))


# ---- web ----
press("web:language", visitor="ok", data={"language": "fa"})
press("web:theme", visitor="ok", data={"theme": "dark"})
page("web:find")
page("web:look")

# ---- people: ways in and out ----
page("people:sign_in", visitor="ok")
press("people:sign_in", visitor="refused", data={"username": "nobody", "password": "wrong"})
page("people:second_factor", visitor="sign_in")
press("people:second_factor", visitor="sign_in", data={"code": "123456"})
page("people:join_code", visitor="ok")
press("people:join_code", visitor="ok", data={"code": "ABCD"})
page("people:join", visitor="hidden", ok=NOBODY, extra={"token": "ABCD"})
press("people:join", visitor="hidden", ok=NOBODY, extra={"token": "ABCD"}, data={"new": "x", "again": "x"})
press("people:sign_out", ends_session=True)
page("people:lock")
press("people:lock")
press("people:unlock", data={"pin": "kalantar-demo"})
page("people:kept", ok=NOBODY, query="page=/people/")
press("people:drop_kept", data={"page": "/people/"})

# ---- people: one's own page ----
page("people:account")
page("people:password")
press("people:password", data={"old": "kalantar-demo", "new": "three green doors", "again": "three green doors"})
page("people:pin")
press("people:pin", data={"pin": "482913"})
page("people:set_up_second_factor")
press("people:set_up_second_factor", ok=NOBODY, refused=ROLES, data={"code": "123456"})
press("people:begin_second_factor")
page("people:second_factor_picture", ok=NOBODY)
page("people:code_card")
press("people:code_card")
page("people:inbox")
press("people:inbox_read", data={"newest": "1"})

# ---- people: colleagues and units ----
page("people:colleagues")
page("people:colleague", on="colleague", ok=EYES)
page("people:enrol", ok=SUPERIORS, refused=ROLES - SUPERIORS)
press("people:enrol", ok=NOBODY, refused=ROLES, data={"username": "x"})
press("people:give_post", on="colleague", ok=NOBODY, refused=EYES, data={})
press("people:invite", on="newcomer", ok=SUPERIORS, refused=EYES - SUPERIORS)
press("people:reset", on="colleague", ok=SUPERIORS, refused=EYES - SUPERIORS)
press("people:disable", on="colleague", ok=SUPERIORS, refused=EYES - SUPERIORS)
press("people:enable", on="colleague", ok=NOBODY, refused=EYES)
press("people:end_post", on="post", ok=SUPERIORS, refused=EYES - SUPERIORS)
page("people:stand_in", on="post", ok=SUPERIORS, refused=EYES - SUPERIORS)
press("people:stand_in", on="post", ok=NOBODY, refused=EYES, data={})
page("people:units")
page("people:open_section", ok=SUPERIORS, refused=ROLES - SUPERIORS)
press("people:open_section", ok=NOBODY, refused=ROLES, data={})

# ---- territory ----
DRAWERS = EYES & territory.DRAWERS
page("territory:beats", ok=EYES)
page("territory:beat", on="beat", ok=EYES)
press("territory:name_officer", on="beat", ok=NOBODY, refused=EYES)
press("territory:end_officer", on="beat", ok=NOBODY, refused=EYES)
page("territory:boundaries", ok=DRAWERS, refused=EYES - DRAWERS)
press("territory:boundaries", ok=NOBODY, refused=EYES)
press("territory:confirm_area", on="area", ok=DRAWERS, refused=EYES - DRAWERS)
page("territory:boundary_file", on="boundary_file", ok=CHIEF)  # nobody decides over another's upload
press("territory:read_otherwise", on="boundary_file", ok=CHIEF)
press("territory:take", on="boundary_file", ok=CHIEF)
press("territory:drop", on="boundary_file", ok=CHIEF)

# ---- incidents ----
RECORDERS, CORRECTORS, IMPORTERS = (
    EYES & who for who in (incidents.RECORDERS, incidents.CORRECTORS, incidents.IMPORTERS)
)
EXPORTERS = frozenset(role for role in EYES if not incidents.may_export(frozenset({role})))
page("incidents:list", ok=EYES)
page("incidents:map", ok=EYES)
page("incidents:period", ok=EYES)
page("incidents:export", ok=EXPORTERS, refused=EYES - EXPORTERS)
press("incidents:export", ok=NOBODY, refused=EYES)
page("incidents:record", ok=RECORDERS, refused=EYES - RECORDERS)
press("incidents:record", ok=NOBODY, refused=EYES)
page("incidents:incident", on="incident", ok=EYES)
page("incidents:correct", on="incident", ok=CORRECTORS, refused=EYES - CORRECTORS)
press("incidents:correct", on="incident", ok=NOBODY, refused=EYES)
page("incidents:imports", ok=IMPORTERS, refused=EYES - IMPORTERS)
press("incidents:imports", ok=NOBODY, refused=EYES)
page("incidents:import", on="import", ok=IMPORTERS, refused=EYES - IMPORTERS)
press("incidents:import_columns", on="import", ok=NOBODY, refused=EYES)
press("incidents:import_check", on="import", ok=NOBODY, refused=EYES)
press("incidents:import_load", on="import", ok=NOBODY, refused=EYES)
press("incidents:import_withdraw", on="import", ok=NOBODY, refused=EYES)
press("incidents:import_discard", on="import", ok=IMPORTERS, refused=EYES - IMPORTERS)
page("incidents:import_errors", on="import", ok=NOBODY, refused=EYES - IMPORTERS)
page("incidents:import_errors_xlsx", on="import", ok=NOBODY, refused=EYES - IMPORTERS)
page("incidents:import_map", on="import", ok=NOBODY, refused=EYES - IMPORTERS)
page("incidents:to_fix", ok=EYES)
page("incidents:fix", on="unplaced", ok=RECORDERS | IMPORTERS, refused=EYES - RECORDERS - IMPORTERS)
press("incidents:fix", on="unplaced", ok=NOBODY, refused=EYES)

# ---- overview ----
page("overview:morning")
page("overview:station_morning", on="station", ok=EYES)
page("overview:wall", on="station", ok=EYES)
page("overview:paper", on="station", ok=EYES)
press("overview:sign", on="station", ok=CHIEF, refused=EYES - CHIEF)
page("overview:finding", on="finding", ok=EYES)
page("overview:my_area")
page("overview:area", on="station", ok=EYES)
page("overview:beat", on="beat_of_station", ok=EYES)
