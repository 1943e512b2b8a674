"""Why a file was not taken, by key. The keys are the contract; the sentences are translated above.

``SENTENCES`` holds one English sentence for each key: what happened, what is kept, what to do. Its named
places are exactly the details that travel with the key.
"""


class FileRefused(ValueError):
    """The file, as a whole, was not taken. Nothing of it may be used.

    key : a word of SENTENCES.
    details : the values for the named places of its sentence.
    """

    def __init__(self, key: str, **details):
        super().__init__(key)
        self.key = key
        self.details = details

    def __str__(self):
        return SENTENCES[self.key] % self.details

    def __reduce__(self):
        return _rebuilt, (self.key, self.details)


def _rebuilt(key, details):
    return FileRefused(key, **details)


SENTENCES = {
    # The file itself
    "file_missing": "The file was not found. Nothing was loaded. Choose the file again.",
    "not_a_file": "This is not an ordinary file. Nothing was loaded. Choose a file.",
    "file_empty": "The file is empty. Nothing was loaded. Save it again in the program it came from.",
    "file_too_large": "The file has %(bytes)s bytes; at most %(limit)s are taken. Nothing was loaded. "
    "Split it into smaller files.",
    "kind_unknown": "This is neither a CSV nor an XLSX file. Nothing was loaded. "
    "Save the table as CSV (UTF-8) or XLSX.",
    "html_page": "This is a web page with the name of a table. Nothing was loaded. "
    "Open it in a spreadsheet program and save it as XLSX.",
    "old_excel": "This is a spreadsheet of the old kind (.xls). Nothing was loaded. Open it and save it as XLSX.",
    "encrypted": "The file is locked with a password. Nothing was loaded. Save it without a password.",
    "macros": "The file carries macros. Nothing was loaded and nothing was run. Save it as XLSX without macros.",
    "external_links": "The file takes values from other files. Nothing was loaded. "
    "Break the links, or copy the values only, and save again.",
    "spreadsheet_kind": "Spreadsheets of the kind %(found)s are not read. Nothing was loaded. Save it as XLSX.",
    "zip_broken": "The file is damaged and cannot be unpacked. Nothing was loaded. Send it again from its source.",
    "zip_too_large": "Unpacked, the file would be larger than %(limit)s bytes. Nothing was unpacked. "
    "Split it into smaller files.",
    "zip_suspicious": "The file is packed in a way real files are not (%(part)s). Nothing was unpacked. "
    "Ask where it came from.",
    "zip_too_many_parts": "The file has more than %(limit)s parts. Nothing was unpacked. Ask where it came from.",
    "too_heavy": "The file needs more memory or time than is allowed. Nothing was loaded. Split it into smaller files.",
    "not_readable": "The file is damaged and cannot be read. Nothing was loaded. "
    "Open it in its own program and save it again.",
    # Text
    "encoding_unknown": "The letters of the file cannot be told. Nothing was loaded. Save it as CSV (UTF-8).",
    "encoding_broken": "Row %(row)s has letters that do not fit the rest of the file (%(encoding)s). "
    "Nothing was loaded. Save the whole file as CSV (UTF-8).",
    "nul_in_text": "Row %(row)s holds bytes that are not text. Nothing was loaded. Save it as CSV (UTF-8) again.",
    "quote_not_closed": "A quotation mark opened in row %(row)s is never closed. Nothing was loaded. "
    "Close it and save again.",
    # Tables
    "headers_only": "The table has a heading but no rows. Nothing was loaded.",
    "too_many_rows": "The table has more than %(limit)s rows. Nothing was loaded. Split it into smaller files.",
    "too_many_columns": "The table has %(got)s columns; at most %(limit)s are taken. Nothing was loaded. "
    "Remove the columns you do not need.",
    "cell_too_long": "Row %(row)s, column %(column)s holds more than %(limit)s characters. Nothing was loaded. "
    "Shorten it, or look for a missing quotation mark.",
    "too_many_faults": "More than %(limit)s rows do not fit the heading. Nothing was loaded. "
    "Check the separator and save again.",
    "sheet_missing": "There is no sheet named %(sheet)s. Nothing was loaded. Choose one of the sheets of the file.",
    "sheet_empty": "The sheet %(sheet)s is empty. Nothing was loaded. Choose another sheet.",
    # One row; the other rows are kept
    "row_width": "This row has %(got)s cells and the heading has %(expected)s. "
    "The other rows are kept. Add or remove the separator.",
    # Shapes
    "shapes_kind_unknown": "This is not GeoJSON, GeoPackage or a zipped Shapefile. Nothing was loaded. "
    "Export the boundaries as one of these.",
    "geojson_broken": "The GeoJSON is damaged at line %(line)s. Nothing was loaded. Export it again.",
    "shapefile_incomplete": "The zipped Shapefile lacks %(missing)s. Nothing was loaded. "
    "Put the .shp, .shx, .dbf and .prj files into one zip file.",
    "shapefiles_several": "The zip file holds several Shapefiles: %(names)s. Nothing was loaded. "
    "Send one zip file for each.",
    "layers_several": "The file holds several layers: %(names)s. Nothing was loaded. Send the wanted layer alone.",
    "layer_missing": "There is no layer named %(layer)s. Nothing was loaded. Choose one of the layers of the file.",
    "shapes_none": "The file holds no areas. Nothing was loaded. Check that you exported the right layer.",
    "shapes_too_many": "The file holds more than %(limit)s shapes. Nothing was loaded. Export only the areas needed.",
    "shape_points_too_many": "The boundaries have more than %(limit)s points. Nothing was loaded. "
    "Simplify them before exporting.",
    "not_polygons": "Shape %(position)s is not an area but %(found)s. Nothing was loaded. Export the areas only.",
    "crs_unknown": "The file does not say in which coordinate system it is. Nothing was loaded. "
    "Add the .prj file, or export in WGS 84 (EPSG:4326).",
    "crs_not_understood": "The coordinate system %(crs)s is not known. Nothing was loaded. "
    "Export in WGS 84 (EPSG:4326).",
    "coordinates_out_of_range": "Shape %(position)s lies outside the earth in the system %(crs)s. Nothing was loaded. "
    "The stated coordinate system is wrong: export again.",
    "swapped_coordinates": "Longitude and latitude are swapped. Nothing was loaded. Export with longitude first.",
    "outside_area": "The boundaries lie outside the area (near %(lon)s, %(lat)s). Nothing was loaded. "
    "Check the file and its coordinate system.",
    # Notes on single shapes; the shapes are kept unless the sentence says otherwise
    "shape_empty": "Shape %(position)s has no boundary and was left out.",
    "shape_collapsed": "Shape %(position)s has no area and was left out.",
    "shape_repaired": "The boundary of shape %(position)s crossed itself (%(reason)s) and was mended.",
    "shape_flattened": "Heights in shape %(position)s were dropped.",
    "shape_straightened": "The file draws borders as curves; they were replaced by short straight lines.",
    "crs_assumed": "The file names no coordinate system; WGS 84 was assumed because the numbers are degrees.",
}
