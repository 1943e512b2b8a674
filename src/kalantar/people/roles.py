"""Who may be what: the roles of DOMAIN section 2, and the five packs in which a small station hands them out."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A role's code. Its words stand in data/words.csv, group `role`."""

    DESK_OFFICER = "desk_officer"
    DUTY_DEPUTY = "duty_deputy"
    CASE_OFFICER = "case_officer"
    STATION_CHIEF = "station_chief"
    BEAT_OFFICER = "beat_officer"
    PATROL_OFFICER = "patrol_officer"
    ANALYST = "analyst"
    DEMAND_SECRETARY = "demand_secretary"
    COUNSELLOR = "counsellor"
    LEGAL_OFFICER = "legal_officer"
    TRAINING_OFFICER = "training_officer"
    INSPECTOR = "inspector"
    PROVINCE_COMMANDER = "province_commander"
    DATA_GUARDIAN = "data_guardian"
    OUTSIDE_OVERSEER = "outside_overseer"
    PARTNER_LIAISON = "partner_liaison"
    PARTNER_MANAGER = "partner_manager"
    RESIDENT_PANEL = "resident_panel"


PACKS: dict[str, frozenset[Role]] = {
    "chief": frozenset({Role.STATION_CHIEF}),
    "desk": frozenset({Role.DESK_OFFICER, Role.DUTY_DEPUTY}),
    "follow_up": frozenset(
        {
            Role.CASE_OFFICER,
            Role.ANALYST,
            Role.DEMAND_SECRETARY,
            Role.COUNSELLOR,
            Role.LEGAL_OFFICER,
            Role.TRAINING_OFFICER,
        }
    ),
    "street": frozenset({Role.BEAT_OFFICER, Role.PATROL_OFFICER}),
    "command": frozenset({Role.PROVINCE_COMMANDER, Role.INSPECTOR, Role.DATA_GUARDIAN}),
}

# Police roles that see the matters and incidents of the stations their posts cover. The overseer is not police and
# sees counts, the audit head and rule tests only; partners and residents have faces of their own.
STATION_EYES: frozenset[Role] = frozenset().union(*PACKS.values())

# Partners, residents and the overseer from outside. Nobody is on both sides: who checks the police is none of it.
OUTSIDE: frozenset[Role] = frozenset(Role) - STATION_EYES

# Who may give and end posts, invite, and reset a forgotten password, for the stations below their own post.
SUPERIORS: frozenset[Role] = frozenset({Role.STATION_CHIEF, Role.PROVINCE_COMMANDER})
