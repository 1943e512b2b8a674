"""The reader of the translations finds what a careful colleague would find, and nothing else."""

import gettext

import pytest

from kalantar.project import messages

HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: fa\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
)
GOOD = (
    HEADER
    + """\
msgid "Save"
msgstr "ثبت"

msgid "%(n)s row"
msgid_plural "%(n)s rows"
msgstr[0] "%(n)s سطر"
msgstr[1] "%(n)s سطر"
"""
)
PYTHON = 'def f(n):\n    return _("Save"), ngettext("%(n)s row", "%(n)s rows", n)\n'


@pytest.fixture
def room(tmp_path):
    """Make a room of a Python file, a Persian catalogue and perhaps a template."""

    def build(name="desk", python=PYTHON, persian=GOOD, template=None):
        po = tmp_path / name / "locale" / "fa" / "LC_MESSAGES" / "django.po"
        po.parent.mkdir(parents=True)
        po.write_text(persian, encoding="utf-8")
        (tmp_path / name / "views.py").write_text(python, encoding="utf-8")
        if template:
            (tmp_path / name / "templates" / name).mkdir(parents=True)
            (tmp_path / name / "templates" / name / "page.html").write_text(template, encoding="utf-8")
        return tmp_path

    return build


def found(rooms):
    return sorted((fault.what, fault.text) for fault in messages.faults(rooms))


def test_a_room_in_order_has_no_fault(room):
    assert found(room()) == []


def test_a_sentence_without_persian_is_found_in_python_and_in_templates(room):
    template = """{% load i18n %}
      <p title="{% translate "Close" %}">{% blocktranslate trimmed count n=n %}
          {{ n }} letter
        {% plural %}{{ n }} letters{% endblocktranslate %}</p>"""
    rooms = room(python=PYTHON + 'x = _("Open")\n', template=template)
    assert [text for what, text in found(rooms) if what.startswith("not in Persian")] == [
        "%(n)s letter",
        "Close",
        "Open",
    ]


def test_an_empty_translation_counts_as_missing(room):
    (fault,) = found(room(python='_("Save")', persian=HEADER + 'msgid "Save"\nmsgstr ""\n'))
    assert fault[0].startswith("not in Persian")


def test_a_plural_translated_as_one_sentence_is_found(room):
    python = 'def f(n):\n    return ngettext("%(n)s row", "%(n)s rows", n)\n'
    (fault,) = found(room(python=python, persian=HEADER + 'msgid "%(n)s row"\nmsgstr "%(n)s سطر"\n'))
    assert fault[0].startswith("no plural in Persian")


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ('msgid "Gone"\nmsgstr "رفته"\n', "nobody says this any more"),
        ('#~ msgid "Old"\n#~ msgstr "کهنه"\n', "marked obsolete"),
        ('#, fuzzy\nmsgid "Save it"\nmsgstr "ثبت"\n', "marked fuzzy"),
        ('msgid "%(n)s of %(all)s"\nmsgstr "%(n)s از همه"\n', "the named places differ"),
    ],
)
def test_a_faulty_entry_is_found(room, entry, what):
    python = PYTHON + '_("Save it"), _("%(n)s of %(all)s")\n'
    assert what in [fault[0] for fault in found(room(python=python, persian=GOOD + "\n" + entry))]


def test_one_sentence_has_one_persian_form_in_all_rooms(room):
    room("desk", python='_("Save")', persian=HEADER + 'msgid "Save"\nmsgstr "ثبت"\n')
    rooms = room("law", python='_("Save")', persian=HEADER + 'msgid "Save"\nmsgstr "نگه‌داشتن"\n')
    assert found(rooms) == [("translated otherwise in desk", "Save")]


def test_the_style_of_the_persian_is_read(room):
    (fault,) = found(room(python='_("Save")', persian=HEADER + 'msgid "Save"\nmsgstr "ثبت شد!"\n'))
    assert fault[0].startswith("style")


def test_a_catalogue_is_compiled_once_and_again_when_it_changes(room):
    rooms = room()
    (compiled,) = messages.compile_changed(rooms)
    with compiled.open("rb") as file:
        words = gettext.GNUTranslations(file)
    assert words.gettext("Save") == "ثبت"
    assert words.ngettext("%(n)s row", "%(n)s rows", 2) == "%(n)s سطر"
    assert messages.compile_changed(rooms) == []
    compiled.with_suffix(".po").touch()
    assert messages.compile_changed(rooms) == [compiled]


def test_wrong_usage_is_said():
    assert messages.main(["fly"]) == 2
