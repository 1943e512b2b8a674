"""Why a step on colleagues, posts or the own account is refused, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

REFUSALS = {
    "unit_not_here": _("A unit of this kind does not stand at this place. Nothing was changed."),
    "unit_code_shape": _("A code has 1 to 20 Latin letters, digits, dots and dashes. Please write another one."),
    "not_on_the_list": _("Please choose one from the list."),
    "unit_code_taken": _("Another unit has this code. Please choose another one."),
    "roles_missing": _("Please choose at least one post."),
    "username_shape": _(
        "A sign-in name begins with a Latin letter and has 3 to 60 Latin letters, digits, dots and dashes. "
        "Nothing was changed. Please choose another one."
    ),
    "username_taken": _("This sign-in name is taken. Please choose another one."),
    "role_not_here": _("This post does not exist at this unit. Nothing was changed."),
    "disabled_above": _(
        "A higher post than yours disabled this account. Nothing was changed. Please ask your superior to enable it."
    ),
    "not_for_oneself": _("Nobody takes this step on the own account. Please ask your superior."),
    "post_of_other_side": _(
        "Nobody holds a post of the police and one outside it. Nothing was changed. Please choose another colleague."
    ),
    "post_begins_before_today": _("A post begins today or later. Nothing was changed. Please check the first day."),
    "post_ends_before": _("The last day lies before the first. Please check the two days."),
    "post_is_held": _("This colleague holds this post already. Nothing was changed."),
    "holder_disabled": _(
        "The account of this post's holder is disabled. Nothing was changed. Please give the post instead."
    ),
    "stand_in_needs_end": _("A stand-in needs a last day, and it may not lie before the first."),
    "stand_in_too_long": _("A stand-in is named for at most ninety days. For longer, please give the post."),
    "has_password": _("This colleague has a password already. If it was lost, please make a code for a new one."),
    "link_is_dead": _("This link was used already or is older than seven days. Your superior can make a new one."),
    "password_length": _("A password has 10 to 128 characters. Three or four words are easy to remember."),
    "password_only_digits": _("A password of digits only is easy to guess. Please add some words."),
    "password_holds_name": _("The password holds your sign-in name. Please choose another one."),
    "password_is_public": _("This password is published. Please choose another one."),
    "password_too_easy": _("This password is on the list of common ones. Please choose another one."),
    "password_old_wrong": _("The present password is not right, or there were too many tries. Nothing was changed."),
    "password_same": _("The new password is the old one. Please choose another one."),
    "passwords_differ": _("The two new passwords differ. Please write them again."),
    "code_wrong": _("This code is not right, or it was used already. Please wait for the next one."),
    "pin_shape": _("A PIN has six digits."),
    "pin_too_easy": _("This PIN is easy to guess. Please choose another one."),
    "pin_wrong": _("The PIN is not right. What you were writing is kept."),
    "pin_tries_over": _("The PIN was wrong five times. Please sign in again; what you were writing is kept."),
    "draft_too_long": _("What was written is too long to be kept here. Nothing was changed."),
    "no_post_today": _("No post of yours is in force today. Your superior can give you one."),
    "sign_in_refused": _(
        "Name and password do not fit, or there were too many tries. After ten wrong tries, please wait "
        "fifteen minutes."
    ),
}
