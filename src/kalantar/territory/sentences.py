"""What this room says: refusals, notes on shapes, and a boundary report in words."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kalantar.people.inbox import SENTENCES as TOLD
from kalantar.web.messages import SENTENCES
from kalantar.web.show import digits

REFUSALS = {
    "boundary_in_future": _(
        "This line begins in the future. Nothing was drawn. Please choose today or an earlier day."
    ),
    "boundary_before_the_last": _(
        "The line in force began later than this day. Nothing was drawn. Please choose a later day."
    ),
    "officer_without_street_post": _(
        "This colleague has no post of the street at this station on that day. Nobody was named. "
        "Give the post first, or choose another colleague."
    ),
    "officer_already_named": _("This colleague already answers for this beat. Nothing was changed."),
    "officer_before_the_last": _(
        "The colleague before began later than this day. Nothing was changed. Please choose a later day."
    ),
    "officer_dated_back": _("This day is over. Nothing was changed. Please choose today or a later day."),
    "officer_not_named": _("Nobody is named for this beat. Nothing was changed."),
    "boundaries_without_station": _(
        "No shape of this file belongs to a station you may draw. Nothing was drawn. Check which "
        "property holds the code, and that the stations are opened."
    ),
    "boundaries_unknown": _(
        "Shapes in this file belong to no station you may draw: %(n)s. Nothing was drawn. Leave them out, or "
        "correct the codes."
    ),
    "boundaries_overlap": _(
        "Shapes overlap in %(n)s places, %(area)s m² in all. Nothing was drawn. Correct the lines, or say that "
        "the overlaps are known."
    ),
    "boundaries_of_others": _(
        "Some of this ground is another station's. Nothing was drawn. The province decides where that line runs."
    ),
    "boundaries_doubled": _(
        "One piece of ground is in the file under two codes. Nothing was drawn. Remove one of them."
    ),
    "code_property_missing": _(
        "The shapes have no property that could be their code. Nothing was drawn. Add a code to each shape."
    ),
    "property_missing": _("The shapes have no property named %(property)s. Nothing was drawn. Choose one of the file."),
    "area_confirmed_today": _("This line is in force since today. Nothing was changed."),
    "boundary_file_over": _("This file was already taken over or dropped. Nothing was changed."),
    "boundary_file_changed": _(
        "The ground changed since this file was looked at. Nothing was drawn. Please read the new report."
    ),
}

# The sentences of `kalantar.formats` for shapes, word for word: there they know no language.
SHAPES = {
    "shapes_kind_unknown": _(
        "This is not GeoJSON, GeoPackage or a zipped Shapefile. Nothing was loaded. "
        "Export the boundaries as one of these."
    ),
    "geojson_broken": _("The GeoJSON is damaged at line %(line)s. Nothing was loaded. Export it again."),
    "shapefile_incomplete": _(
        "The zipped Shapefile lacks %(missing)s. Nothing was loaded. "
        "Put the .shp, .shx, .dbf and .prj files into one zip file."
    ),
    "shapefiles_several": _(
        "The zip file holds several Shapefiles: %(names)s. Nothing was loaded. Send one zip file for each."
    ),
    "layers_several": _("The file holds several layers: %(names)s. Nothing was loaded. Send the wanted layer alone."),
    "layer_missing": _("There is no layer named %(layer)s. Nothing was loaded. Choose one of the layers of the file."),
    "shapes_none": _("The file holds no areas. Nothing was loaded. Check that you exported the right layer."),
    "shapes_too_many": _(
        "The file holds more than %(limit)s shapes. Nothing was loaded. Export only the areas needed."
    ),
    "shape_points_too_many": _(
        "The boundaries have more than %(limit)s points. Nothing was loaded. Simplify them before exporting."
    ),
    "not_polygons": _("Shape %(position)s is not an area but %(found)s. Nothing was loaded. Export the areas only."),
    "crs_unknown": _(
        "The file does not say in which coordinate system it is. Nothing was loaded. "
        "Add the .prj file, or export in WGS 84 (EPSG:4326)."
    ),
    "crs_not_understood": _(
        "The coordinate system %(crs)s is not known. Nothing was loaded. Export in WGS 84 (EPSG:4326)."
    ),
    "coordinates_out_of_range": _(
        "Shape %(position)s lies outside the earth in the system %(crs)s. Nothing was loaded. "
        "The stated coordinate system is wrong: export again."
    ),
    "swapped_coordinates": _("Longitude and latitude are swapped. Nothing was loaded. Export with longitude first."),
    "outside_area": _(
        "The boundaries lie outside the area (near %(lon)s, %(lat)s). Nothing was loaded. "
        "Check the file and its coordinate system."
    ),
    "shape_empty": _("Shape %(position)s has no boundary and was left out."),
    "shape_collapsed": _("Shape %(position)s has no area and was left out."),
    "shape_repaired": _("The boundary of shape %(position)s crossed itself (%(reason)s) and was mended."),
    "shape_flattened": _("Heights in shape %(position)s were dropped."),
    "shape_straightened": _("The file draws borders as curves; they were replaced by short straight lines."),
    "crs_assumed": _("The file names no coordinate system; WGS 84 was assumed because the numbers are degrees."),
}

WHY_LEFT_OUT = {
    "no_station": _("no station of yours has this code"),
    "no_code": _("the shape has no code"),
    "code_too_long": _("the code is longer than 20 signs"),
}

FOUND_BY = {
    "code": _("A shape is its station's by its code."),
    "property": _("A beat is its station's by a property of the file."),
    "overlap": _("A beat is its station's by the ground: most of it lies in the station's area."),
    "prefix": _("A beat is its station's by the beginning of its code."),
}


def register() -> None:
    SENTENCES.register(REFUSALS)
    SENTENCES.register(SHAPES)
    TOLD.register("beat_named", _("You answer for the beat %(beat)s from now on."))


def square(m2: float) -> str:
    """An area in the unit people say it in."""
    if m2 >= 100_000:
        return gettext("%(n)s km²") % {"n": digits(m2 / 1e6, 1)}
    return gettext("%(n)s m²") % {"n": digits(round(m2))}


def report_lines(report) -> Iterator[str]:
    """A boundary report, a sentence a line: for the terminal and for readers who want no picture."""
    yield gettext("%(file)s: %(shapes)s shapes, %(driver)s, %(crs)s.") % {
        "file": report.file_name,
        "shapes": digits(report.shapes),
        "driver": report.driver,
        "crs": report.source_crs,
    }
    if report.taken_over:
        state = gettext("Drawn: %(n)s areas of %(stations)s stations, %(area)s.")
    else:
        state = gettext("To be drawn: %(n)s areas of %(stations)s stations, %(area)s.")
    yield state % {"n": digits(len(report.taken)), "stations": digits(report.stations), "area": square(report.area_m2)}
    yield str(FOUND_BY[report.by])
    for code, n in report.merged:
        yield gettext("Code %(code)s: %(n)s shapes became one area.") % {"code": digits(code), "n": digits(n)}
    for out in report.left_out:
        yield gettext("Left out: %(code)s, %(n)s shapes, %(area)s: %(why)s.") % {
            "code": digits(out.code) or "?",
            "n": digits(out.shapes),
            "area": square(out.area_m2),
            "why": WHY_LEFT_OUT[out.why],
        }
    for twice in report.duplicates:
        yield duplicate_sentence(twice)
    yield overlap_sentence(report)
    for shared in report.overlaps:
        yield "  " + shared_sentence(shared)
    yield gap_sentence(report)
    for hole in report.gaps:
        yield "  " + gettext("%(area)s near %(near)s") % {"area": square(hole.area_m2), "near": digits(hole.near)}
    if report.ending:
        yield gettext("Beats that end because the file does not bring them: %(codes)s.") % {
            "codes": gettext(", ").join(map(digits, report.ending))
        }
    for note in report.notes:
        yield note_sentence(note)
    if report.refusal and not report.taken_over:
        from .imports import refusal_places

        yield SENTENCES.say(report.refusal, **refusal_places(report))


def page_of(report) -> dict:
    """The parts of a report for its page: sentences, and rows that are tied to the map."""
    return {
        "by": FOUND_BY[report.by],
        "area": square(report.area_m2),
        "left_out": [
            {"code": out.code, "shapes": out.shapes, "area": square(out.area_m2), "why": WHY_LEFT_OUT[out.why]}
            for out in report.left_out
        ],
        "merged": [
            gettext("Code %(code)s: %(n)s shapes became one area.") % {"code": digits(code), "n": digits(n)}
            for code, n in report.merged
        ],
        "duplicates": [duplicate_sentence(twice) for twice in report.duplicates],
        "overlap": overlap_sentence(report),
        "overlaps": [
            {"text": shared_sentence(shared), "link": f"fault-{at}"} for at, shared in enumerate(report.overlaps)
        ],
        "gap": gap_sentence(report),
        "gaps": [
            {
                "text": gettext("%(area)s near %(near)s") % {"area": square(hole.area_m2), "near": digits(hole.near)},
                "link": f"fault-{len(report.overlaps) + at}",
            }
            for at, hole in enumerate(report.gaps)
        ],
        "notes": [note_sentence(note) for note in report.notes],
        "rows": [
            {
                "link": f"code-{t.code}",
                "code": t.code,
                "name": digits(t.name),
                "station": t.station,
                "area": square(t.area_m2),
                "pieces": t.pieces,
            }
            for t in report.taken
        ],
    }


def duplicate_sentence(twice) -> str:
    if twice.same == "code":
        return gettext("Code %(code)s brings the same ground twice: %(area)s.") % {
            "code": digits(twice.codes[0]),
            "area": square(twice.area_m2),
        }
    return gettext("One piece of ground under several codes: %(codes)s, %(area)s.") % {
        "codes": " · ".join(digits(code) or gettext("a neighbouring area") for code in twice.codes),
        "area": square(twice.area_m2),
    }


def overlap_sentence(report) -> str:
    if not report.overlap_n:
        return gettext("No two areas overlap.")
    return ngettext(
        "Areas overlap in %(n)s place, %(area)s in all.",
        "Areas overlap in %(n)s places, %(area)s in all.",
        report.overlap_n,
    ) % {"n": digits(report.overlap_n), "area": square(report.overlap_m2)}


def shared_sentence(shared) -> str:
    return gettext("%(first)s and %(second)s: %(area)s") % {
        "first": digits(shared.first),
        "second": digits(shared.second) or gettext("a neighbouring area"),
        "area": square(shared.area_m2),
    }


def fault_sentence(fault: dict) -> str:
    """A fault of the ground as `imports.drawn_of` keeps it."""
    area = square(fault["m2"])
    if fault["kind"] == "gap":
        return gettext("%(area)s near %(near)s") % {"area": area, "near": digits(fault["first"])}
    return gettext("%(first)s and %(second)s: %(area)s") % {
        "first": digits(fault["first"]),
        "second": digits(fault["second"]) or gettext("a neighbouring area"),
        "area": area,
    }


def gap_sentence(report) -> str:
    if not report.gap_n:
        return gettext("No ground is left out between the areas.")
    return ngettext(
        "%(n)s piece of ground belongs to no area, %(area)s.",
        "%(n)s pieces of ground belong to no area, %(area)s in all.",
        report.gap_n,
    ) % {"n": digits(report.gap_n), "area": square(report.gap_m2)}


def note_sentence(note) -> str:
    _position, key, details = note
    return SENTENCES.say(key, **details)
