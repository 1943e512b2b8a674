"""Addresses of this room."""

from django.urls import path

from .views import account, colleagues, doors, inbox

app_name = "people"
urlpatterns = [
    # ways in and out
    path("sign-in/", doors.sign_in, name="sign_in"),
    path("second-factor/", doors.second_factor, name="second_factor"),
    path("join/", doors.join_code, name="join_code"),
    path("join/<str:token>/", doors.join, name="join"),
    path("sign-out/", doors.sign_out, name="sign_out"),
    path("lock/", doors.lock, name="lock"),
    path("unlock/", doors.unlock, name="unlock"),
    path("kept/", doors.kept, name="kept"),
    path("kept/drop/", doors.drop_kept, name="drop_kept"),
    # one's own page
    path("me/", account.account, name="account"),
    path("me/password/", account.password, name="password"),
    path("me/pin/", account.pin, name="pin"),
    path("me/second-factor/", account.set_up_second_factor, name="set_up_second_factor"),
    path("me/second-factor/begin/", account.begin_second_factor, name="begin_second_factor"),
    path("me/second-factor/picture.svg", account.second_factor_picture, name="second_factor_picture"),
    path("me/card/", account.code_card, name="code_card"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read, name="inbox_read"),
    # colleagues and units
    path("", colleagues.colleagues, name="colleagues"),
    path("new/", colleagues.enrol, name="enrol"),
    path("<int:pk>/", colleagues.colleague, name="colleague"),
    path("<int:pk>/post/", colleagues.give_post, name="give_post"),
    path("<int:pk>/invite/", colleagues.invite, name="invite"),
    path("<int:pk>/reset/", colleagues.reset, name="reset"),
    path("<int:pk>/disable/", colleagues.disable, name="disable"),
    path("<int:pk>/enable/", colleagues.enable, name="enable"),
    path("posts/<int:pk>/end/", colleagues.end_post, name="end_post"),
    path("posts/<int:pk>/stand-in/", colleagues.stand_in, name="stand_in"),
    path("units/", colleagues.units, name="units"),
    path("units/new/", colleagues.open_section, name="open_section"),
]
