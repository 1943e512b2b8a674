"""Every change to units, colleagues, posts and ways of signing in."""

from .colleagues import account_refusal, disable, enable, enrol
from .desk import (
    drop_draft,
    keep_draft,
    lock,
    page_key,
    read_draft,
    read_inbox,
    set_pin,
    sign_in,
    sign_out,
    take_draft,
    unlock,
)
from .forgetting import Forgotten, forget_old
from .passwords import accept_invite, change_password, invite, invite_of, prove, reset_password, spelled
from .posts import end_post, give_post, stand_in
from .second_factor import (
    address_being_set_up,
    confirm_totp,
    picture_being_set_up,
    print_code_card,
    secret_being_set_up,
    set_up_totp,
    use_second_factor,
)
from .units import open_unit

__all__ = [
    "Forgotten",
    "accept_invite",
    "account_refusal",
    "address_being_set_up",
    "change_password",
    "confirm_totp",
    "disable",
    "drop_draft",
    "enable",
    "end_post",
    "enrol",
    "forget_old",
    "give_post",
    "invite",
    "invite_of",
    "keep_draft",
    "lock",
    "open_unit",
    "page_key",
    "picture_being_set_up",
    "print_code_card",
    "prove",
    "read_draft",
    "read_inbox",
    "reset_password",
    "secret_being_set_up",
    "set_pin",
    "set_up_totp",
    "sign_in",
    "sign_out",
    "spelled",
    "stand_in",
    "take_draft",
    "unlock",
    "use_second_factor",
]
