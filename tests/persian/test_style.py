import pytest

from kalantar.persian import style


def keys(text):
    return [fault.key for fault in style.faults(text)]


@pytest.mark.parametrize(
    "text",
    [
        "ارتباط برقرار نشد. نوشته شما نگه داشته شد. چند دقیقه دیگر دوباره بفرستید.",
        "سه‌شنبه، ۳ آذر ۱۴۰۵",
        "%(count)s گزارش در %(area)s ثبت شد.",
        "فایل CSV یا XLSX را انتخاب کنید.",
        "گزارش‌ها به‌موقع ثبت‌شده است؛ نمی‌توان آن را پس گرفت.",
        "«نامه اداری» (پیش‌نویس)",
        "شیفت <strong>{name}</strong> از ۰۷:۰۰ آغاز می‌شود.",
    ],
)
def test_a_good_sentence_has_no_fault(text):
    assert style.faults(text) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ثبت شد!", "exclamation_mark"),
        ("كلانتری", "arabic_kaf"),
        ("کلانتري", "arabic_ye"),
        ("دایرة", "arabic_he"),
        ("ســلام", "kashida"),
        ("نامۀ اداری", "hamza_over_he"),
        ("گزارش می شود", "space_after_mi"),
        ("این را نمی توان دید", "space_after_mi"),
        ("گزارش ها", "space_before_ha"),
        ("یک  دو", "double_space"),
        ("3 گزارش", "latin_digits"),
        ("٣ گزارش", "arabic_digits"),
        ("۱۲%", "latin_percent"),
        ("خوب ، بد", "space_before_mark"),
        ("خوب،بد", "no_space_after_mark"),
        ("خوب, بد", "latin_mark"),
        ('"خوب"', "other_quotes"),
        ("( خوب )", "space_in_brackets"),
        ("این report است", "english_word"),
        ("طرح پاکسازی محله", "forbidden_word"),
        ("پاک‌سازی", "forbidden_word"),
        ("افراد سابقه دار", "forbidden_word"),
        ("جمع آوری معتادان", "forbidden_word"),
        (" ".join(["واژه"] * 16), "long_sentence"),
    ],
)
def test_each_rule_finds_its_fault(text, key):
    assert key in keys(text)


def test_a_fault_says_where_and_by_which_rule():
    (fault,) = style.faults("ثبت شد!")
    assert (fault.rule, fault.found, fault.at) == (1, "!", 6)


def test_words_that_only_resemble_a_forbidden_one_pass():
    assert keys("قدیمی ترین") == []  # «می» inside a word
    assert keys("جمع‌آوری پسماند") == []  # things may be collected
    assert keys("همه هزینه‌ها") == []
