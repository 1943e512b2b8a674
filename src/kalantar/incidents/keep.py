"""How long the tables of this room are kept. None knows a person but the colleague who worked on it."""

from kalantar.kernel.retention import Keep

KEEP = {
    "incidents_incidenttype": Keep("none", None, "the kinds of event"),
    "incidents_incident": Keep(
        "staff", None, "what happened where; without persons, so nothing to erase", "place, time and kind"
    ),
    "incidents_dailycount": Keep("none", None, "totals of the events"),
    "incidents_import": Keep(
        "staff",
        None,
        "where the events came from; its file and the file's name go after 30 days",
        "counts and reason of withdrawal",
    ),
    "incidents_savedmapping": Keep("none", 730, "what a column meant last time"),
    "incidents_unplaced": Keep("none", None, "rows that wait for a place; they go with their import"),
    "incidents_finding": Keep("none", 730, "what a morning said"),
}
