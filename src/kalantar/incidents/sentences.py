"""What is said when a file, a row or a step is refused: what happened, what is kept, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kalantar.people import inbox
from kalantar.web import show
from kalantar.web.messages import SENTENCES

REFUSALS = {
    # events
    "uid_taken": _("This entry was already sent by somebody else. Nothing was changed. Please open a new form."),
    "nothing_changed": _("Nothing was changed in this form. The record stays as it is."),
    "type_unknown": _("This kind of event is not in the table. Please choose one of the list."),
    "in_the_future": _("This time has not come yet. What you wrote is kept. Please check the date and the hour."),
    "too_long_ago": _("This date is more than sixty years ago. What you wrote is kept. Please check the year."),
    "interval_backwards": _("The end is before the beginning. What you wrote is kept. Please check both."),
    "coordinates_half": _("One of the two coordinates is missing. Please write both, or choose a beat."),
    "coordinates_not_degrees": _("These are not degrees. Please write longitude and latitude, or choose a beat."),
    "place_outside": _(
        "This place lies in none of our beats. What you wrote is kept. Please check it, or hand the matter to "
        "the station there."
    ),
    "beat_missing": _("Please choose the place or the beat."),
    "row_of_another_station": _(
        "This place belongs to station %(station)s. Nothing was recorded here. Please hand it over to that station."
    ),
    "person_in_words": _(
        "These words hold a number that belongs to a person. It was not kept. Please describe the place only."
    ),
    "trait_in_words": _(
        "These words speak of belief, origin or dress. They were not kept. Please describe the place only."
    ),
    "unkind_words": _("These words speak unkindly of people. They were not kept. Please describe the place only."),
    "export_too_large": _(
        "This list has more than %(limit)s events. No file was made. Please choose a shorter period."
    ),
    # imports as a whole
    "import_file_gone": _("The uploaded file is not kept any more. Please send it again."),
    "columns_refused": _(
        "Some columns are about persons or personal traits. They were not kept. Please confirm that the file "
        "is read without them."
    ),
    "mapping_missing": _("Nobody has said yet what the columns mean. Please do that first."),
    "mapping_column_missing": _("A column named in the mapping is not in this file. Please choose it again."),
    "mapping_column_twice": _("One column is used for two things. Please choose another for one of them."),
    "mapping_date_missing": _("No column tells the date. Please choose it."),
    "mapping_type_missing": _("Nothing tells the kind of event. Please choose a column, or one kind for all rows."),
    "mapping_half_a_place": _("A place needs two numbers. Please choose both columns or none."),
    "mapping_place_missing": _("No column tells the place. Please choose coordinates, a beat or a station."),
    "mapping_field_unknown": _("The mapping names a field we do not have. Nothing was loaded."),
    "mapping_name_unknown": _("The mapping has an entry we do not know (%(name)s). Nothing was loaded."),
    "mapping_not_toml": _("The mapping file cannot be read (%(where)s). Nothing was loaded."),
    "mapping_calendar_unknown": _("The calendar must be Jalali or Gregorian. Nothing was loaded."),
    "mapping_order_unknown": _("The order of a date must be ymd, dmy or mdy. Nothing was loaded."),
    "mapping_zone_unknown": _("This time zone does not exist. Nothing was loaded."),
    "mapping_crs_unknown": _(
        "The coordinate system %(crs)s is not known. Nothing was loaded. Please write its EPSG number."
    ),
    "mapping_type_unknown": _("The mapping names a kind of event we do not have. Nothing was loaded."),
    "mapping_place_kind_unknown": _("The mapping names a kind of place we do not have. Nothing was loaded."),
    "mapping_repeats_unknown": _("Equal rows are either kept or left out. Nothing was loaded."),
    "mapping_precision_unknown": _("The precision of the places is not known. Nothing was loaded."),
    "looks_swapped": _(
        "Longitude and latitude look swapped in %(share)s%% of the places. Nothing was loaded. Please swap the "
        "two columns."
    ),
    "looks_projected": _(
        "%(share)s%% of the places are not degrees. Nothing was loaded. Please choose the right coordinate "
        "system; now it is %(crs)s."
    ),
    "looks_unsigned": _(
        "The longitudes look as if the minus sign were lost. Nothing was loaded. Please mend the file."
    ),
    "looks_elsewhere": _(
        "%(share)s%% of the places lie outside the area, near %(lon)s, %(lat)s. Nothing was loaded. Please check "
        "the columns and the coordinate system."
    ),
    "import_no_good_row": _("No row could be read. Nothing was loaded. The list of errors says why."),
    "import_nothing_new": _("Every good row of this file is here already. Nothing was loaded."),
    "import_interrupted": _("Loading was interrupted. Nothing of the file is visible. Please start it again."),
    "import_disk_full": _(
        "The disk is full or takes nothing more. Nothing of the file is visible. Please make room and start it again."
    ),
    "import_fault": _(
        "Loading failed inside the system. Nothing of the file is visible. Please start it again or tell the "
        "administrator."
    ),
    "already_placed": _("This row is settled already. Please look at the list again."),
}

# The sentences of `kalantar.formats` for tables, word for word: there they know no language.
FILES = {
    "file_missing": _("The file was not found. Nothing was loaded. Choose the file again."),
    "not_a_file": _("This is not an ordinary file. Nothing was loaded. Choose a file."),
    "file_empty": _("The file is empty. Nothing was loaded. Save it again in the program it came from."),
    "file_too_large": _(
        "The file has %(bytes)s bytes; at most %(limit)s are taken. Nothing was loaded. Split it into smaller files."
    ),
    "kind_unknown": _(
        "This is neither a CSV nor an XLSX file. Nothing was loaded. Save the table as CSV (UTF-8) or XLSX."
    ),
    "html_page": _(
        "This is a web page with the name of a table. Nothing was loaded. "
        "Open it in a spreadsheet program and save it as XLSX."
    ),
    "old_excel": _("This is a spreadsheet of the old kind (.xls). Nothing was loaded. Open it and save it as XLSX."),
    "encrypted": _("The file is locked with a password. Nothing was loaded. Save it without a password."),
    "macros": _("The file carries macros. Nothing was loaded and nothing was run. Save it as XLSX without macros."),
    "external_links": _(
        "The file takes values from other files. Nothing was loaded. "
        "Break the links, or copy the values only, and save again."
    ),
    "spreadsheet_kind": _("Spreadsheets of the kind %(found)s are not read. Nothing was loaded. Save it as XLSX."),
    "zip_broken": _("The file is damaged and cannot be unpacked. Nothing was loaded. Send it again from its source."),
    "zip_too_large": _(
        "Unpacked, the file would be larger than %(limit)s bytes. Nothing was unpacked. Split it into smaller files."
    ),
    "zip_suspicious": _(
        "The file is packed in a way real files are not (%(part)s). Nothing was unpacked. Ask where it came from."
    ),
    "zip_too_many_parts": _("The file has more than %(limit)s parts. Nothing was unpacked. Ask where it came from."),
    "too_heavy": _(
        "The file needs more memory or time than is allowed. Nothing was loaded. Split it into smaller files."
    ),
    "not_readable": _(
        "The file is damaged and cannot be read. Nothing was loaded. Open it in its own program and save it again."
    ),
    "encoding_unknown": _("The letters of the file cannot be told. Nothing was loaded. Save it as CSV (UTF-8)."),
    "encoding_broken": _(
        "Row %(row)s has letters that do not fit the rest of the file (%(encoding)s). Nothing was loaded. "
        "Save the whole file as CSV (UTF-8)."
    ),
    "nul_in_text": _("Row %(row)s holds bytes that are not text. Nothing was loaded. Save it as CSV (UTF-8) again."),
    "quote_not_closed": _(
        "A quotation mark opened in row %(row)s is never closed. Nothing was loaded. Close it and save again."
    ),
    "headers_only": _("The table has a heading but no rows. Nothing was loaded."),
    "too_many_rows": _("The table has more than %(limit)s rows. Nothing was loaded. Split it into smaller files."),
    "too_many_columns": _(
        "The table has %(got)s columns; at most %(limit)s are taken. Nothing was loaded. "
        "Remove the columns you do not need."
    ),
    "cell_too_long": _(
        "Row %(row)s, column %(column)s holds more than %(limit)s characters. Nothing was loaded. "
        "Shorten it, or look for a missing quotation mark."
    ),
    "too_many_faults": _(
        "More than %(limit)s rows do not fit the heading. Nothing was loaded. Check the separator and save again."
    ),
    "sheet_missing": _("There is no sheet named %(sheet)s. Nothing was loaded. Choose one of the sheets of the file."),
    "sheet_empty": _("The sheet %(sheet)s is empty. Nothing was loaded. Choose another sheet."),
}

# One row: the reason and the cure. The other rows are kept.
ROWS = {
    "row_width": (_("This row has %(got)s cells and the heading has %(expected)s."), _("Add or remove the separator.")),
    "date_empty": (_("The date is empty."), _("Write the date.")),
    "date_not_a_date": (_("This is not a date we can read."), _("Write it like 1405/09/03 or 2026-11-24.")),
    "date_year_unknown": (_("This year is outside our calendar."), _("Check the year.")),
    "date_no_such_day": (_("There is no such day in this month."), _("Check the day and the month.")),
    "date_leap_day": (_("Esfand of this year has only 29 days."), _("Write 29 Esfand or 1 Farvardin.")),
    "date_not_a_time": (_("This is not an hour we can read."), _("Write it like 14:30.")),
    "date_day_and_month_unclear": (
        _("It is not clear which number is the day."),
        _("Choose the order of the date in the mapping."),
    ),
    "date_year_needs_four_digits": (_("The year is not written with four digits."), _("Write all four digits.")),
    "date_not_this_calendar": (_("This date belongs to the other calendar."), _("Check the calendar in the mapping.")),
    "date_not_this_order": (_("The parts of this date stand in another order."), _("Check the order in the mapping.")),
    "date_offset_not_read": (_("A time zone is written behind the hour."), _("Write the local hour only.")),
    "in_the_future": (_("This time has not come yet."), _("Check the date.")),
    "too_long_ago": (_("This date is more than sixty years ago."), _("Check the year.")),
    "interval_backwards": (_("The end is before the beginning."), _("Check both times.")),
    "type_empty": (_("The kind of event is empty."), _("Write the kind.")),
    "type_unknown": (_("This kind of event is not known."), _("Say in the mapping what it means.")),
    "coordinates_not_numbers": (_("The coordinate is not a number."), _("Write it like 51.42156.")),
    "coordinates_half": (_("One of the two coordinates is missing."), _("Write both or none.")),
    "coordinates_not_degrees": (
        _("The coordinates are no place on the earth."),
        _("Check the columns and the coordinate system."),
    ),
    "coordinates_zero": (_("The coordinates are zero."), _("Leave them empty or write the place.")),
    "coordinates_swapped": (_("Longitude and latitude are swapped."), _("Swap the two numbers.")),
    "row_of_another_station": (_("The place belongs to station %(station)s."), _("Hand it over to that station.")),
    "person_in_words": (
        _("The words about the place hold a number that belongs to a person."),
        _("Describe the place only."),
    ),
    "trait_in_words": (_("The words about the place speak of belief, origin or dress."), _("Describe the place only.")),
    "unkind_words": (_("The words about the place speak unkindly of people."), _("Describe the place only.")),
    "note_place_kind_unknown": (
        _("This kind of place is not known; it is read as not stated."),
        _("Say in the mapping what it means."),
    ),
}


def register() -> None:
    SENTENCES.register(REFUSALS)
    SENTENCES.register(FILES)
    inbox.SENTENCES.register("import_live", _("The file %(file)s is in: %(accepted)s events."))
    inbox.SENTENCES.register("import_failed", _("The file %(file)s was not loaded. Its page says why."))


def say(key: str, **args) -> str:
    """A refusal of a file or an import, in the page's language. Errors of rows are answered by `fault`."""
    if key in ROWS and key not in SENTENCES:
        return " ".join(fault(key, args))
    return SENTENCES.say(key, **args)


def fault(key: str, args: dict | None = None) -> tuple[str, str]:
    """Reason and cure of a row's error."""
    reason, cure = ROWS.get(key) or (SENTENCES.say("refused"), "")
    shown = {name: show.digits(value) for name, value in (args or {}).items()}
    return str(reason) % shown if shown else str(reason), str(cure)


def left_out(column: dict) -> str:
    """Why a column is not taken."""
    if column["kind"] == "trait":
        return str(_("This column is about a trait of persons. Kalantar has no field for it."))
    if column["why"] == "heading":
        return str(_("This column is about a person. Events here have no persons."))
    return str(_("The values of this column look like identifiers of persons."))
