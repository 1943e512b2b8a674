"""Addresses of this room."""

from django.urls import path

from . import views, views_import

app_name = "incidents"
urlpatterns = [
    path("", views.incidents, name="list"),
    path("map/", views.map_of, name="map"),
    path("file/", views.export, name="export"),
    path("period/", views.period, name="period"),
    path("new/", views.record, name="record"),
    path("<uuid:uid>/", views.incident, name="incident"),
    path("<uuid:uid>/correct/", views.correct, name="correct"),
    path("imports/", views_import.imports, name="imports"),
    path("imports/<uuid:uid>/", views_import.one, name="import"),
    path("imports/<uuid:uid>/columns/", views_import.choose, name="import_columns"),
    path("imports/<uuid:uid>/check/", views_import.check, name="import_check"),
    path("imports/<uuid:uid>/load/", views_import.load, name="import_load"),
    path("imports/<uuid:uid>/withdraw/", views_import.withdraw, name="import_withdraw"),
    path("imports/<uuid:uid>/discard/", views_import.discard, name="import_discard"),
    path("imports/<uuid:uid>/errors.csv", views_import.errors, {"kind": "csv"}, name="import_errors"),
    path("imports/<uuid:uid>/errors.xlsx", views_import.errors, {"kind": "xlsx"}, name="import_errors_xlsx"),
    path("imports/<uuid:uid>/map.toml", views_import.mapping_file, name="import_map"),
    path("to-fix/", views_import.to_fix, name="to_fix"),
    path("to-fix/<int:pk>/", views_import.fix, name="fix"),
]
