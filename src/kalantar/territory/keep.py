"""How long this room keeps its tables (kernel.retention)."""

from kalantar.kernel.retention import Keep

KEEP = {
    "territory_area": Keep("none", None, "where a line once ran, for as long as incidents refer to it"),
    "territory_beat": Keep("none", None, "incidents keep the beat they were written with"),
    "territory_beatofficer": Keep("staff", None, "who answered for a beat when"),
    "territory_boundaryfile": Keep(
        "staff", 7, "a file waiting for the second decision", "taken files stay as the source of the lines"
    ),
}
