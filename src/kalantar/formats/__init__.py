"""Files to tables and shapes: the door through which files of strangers come in.

Nothing here knows Django or the database. Every refusal is a ``FileRefused`` with a key; the sentence
belongs to the page above. Spreadsheets and boundary files are opened in a child process that has limits
of memory and time and sees no setting of the parent, so that a hostile file can only lose itself.

Tables: ``tables.sniff``, ``tables.read_table``, ``writing.write_csv``, ``writing.write_xlsx``. Shapes:
``shapes.read_shapes``, ``shapes.coverage_report``, ``shapes.simplify_coverage``. Points:
``crs.transform_points``, ``crs.guess_crs``. What an analyst opens, Parquet included: ``layers.read_layer``. All of them can be imported from here; they are loaded when first
asked for, because the child must start quickly and needs only some.
"""

from importlib import import_module

from .errors import SENTENCES, FileRefused
from .limits import Limits

_ROOMS = {
    "tables": ("Batch", "RowFault", "TableInfo", "read_table", "sniff"),
    "writing": ("harmless", "write_csv", "write_xlsx"),
    "shapes": ("Coverage", "Shapes", "ShapeNote", "areas_m2", "coverage_report", "read_shapes", "simplify_coverage"),
    "layers": ("Layer", "read_layer"),
    "crs": ("CrsGuess", "guess_crs", "transform_points"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = ["SENTENCES", "FileRefused", "Limits", *_ROOM_OF]


def __getattr__(name):
    if name in _ROOM_OF:
        return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    raise AttributeError(name)
