import pytest

from kalantar.persian.columns import refused_category, refused_column
from kalantar.persian.terms import all_terms

PERSONS = """\
نام|نام خانوادگی|نام و نام خانوادگی|نام_شاکی|كد ملي|کد‌ملی|کدملی|شماره ملی متهم|نام پدر|تلفن همراه
شماره تماس|شماره موبایل|تاریخ تولد|سن|سن متهم|جنسیت|شغل مالباخته|نشانی شاکی|آدرس منزل متهم
نشانی محل سکونت|مشخصات متهم|متهمان|تعداد متهمین|شهود|شماره پلاک|پلاک|پلاک خودرو|اثر انگشت|سابقه کیفری
ايميل|ایمیل|نام راننده|نام مأمور|نام و نشانی|name|NAME|Full Name|first_name|LastName|fatherName
father's name|national_id|National Code|nationalcode|melli_code|phone|PhoneNumber|mobile_no|e-mail|DOB
date of birth|age|Victim Age|victimname|SUSPECT_SEX|suspectname|complainant|witness statement
home_address|license_plate|plate|VIN|IMEI|officer name|caller|criminal history|face_id|gang affiliation
VIC_SEX|PERP_AGE_GROUP|Vict Age""".replace("\n", "|").split("|")

TRAITS = """\
قومیت|قومیت متهم|قوميت|نژاد|مذهب|دین|دين شاکي|عقیده سیاسی|حجاب|وضعیت حجاب|نوع پوشش|پوشش|لباس|ملیت|مليت
تابعیت|اتباع خارجی|گرایش سیاسی|حزب|فعالیت سیاسی|راهپیمایی|رسانه|فضای مجازی|شبکه‌های اجتماعی|ناموسی
زبان مادری|گرایش جنسی|ethnicity|Ethnic Group|race|RACE|victim_race|suspectrace|religion
religious_affiliation|sect|opinion|political views|PoliticalParty|protest|hijab|dress_code|nationality
Country of Birth|citizenship|immigration_status|social media|honor|tribe|mother tongue|Vict Descent
PERP_RACE|press""".replace("\n", "|").split("|")

PLACES = """\
نام محل|نام خیابان|نام_خیابان|نام کلانتری|نام محله|نوع رویداد|نشانی محل وقوع|محل وقوع|آدرس محل وقوع|نشانی
تاریخ وقوع|ساعت وقوع|شماره پرونده|طول جغرافیایی|عرض جغرافیایی|کد محله|پلاک ساختمان|پوشش گیاهی
سطح پوشش روشنایی|عنوان جرم|شرح|کلانتری|استان|شهرستان|نوع مکان|مالکیت ملک|وضعیت روشنایی|شناسه|ردیف
تاریخ ثبت|ارزش مال|تعداد|شیوه|وسیله|نام روز|street name|StreetName|streetname|station name|STATION_NAME
Location Description|Primary Type|Case Number|Block|Beat|District|Ward|Community Area|FBI Code|IUCR
Arrest|Domestic|X Coordinate|Latitude|Longitude|Updated On|ID|address|incident address|offense_type
event name|place name|file name|date|time|surface|trace id|grid cell|tract|description|weapon|year|hour
property_damage|premises type|building age|Date Rptd|LOCATION|dispatch time|distance_m|image|message
personnel unit|passage|storage|damage""".replace("\n", "|").split("|")


@pytest.mark.parametrize("header", PERSONS)
def test_columns_about_persons_are_refused(header):
    reason = refused_column(header)
    assert reason is not None
    assert reason.kind == "person"
    assert reason.rule in ("R1/R2", "R4")


@pytest.mark.parametrize("header", TRAITS)
def test_traits_are_refused(header):
    reason = refused_column(header)
    assert reason is not None
    assert (reason.kind, reason.rule) == ("trait", "R3")


@pytest.mark.parametrize("header", PLACES)
def test_columns_about_places_and_events_pass(header):
    assert refused_column(header) is None


@pytest.mark.parametrize("header", ["", " ", "۱۲", "___", "x" * 5000, "\u200c", "🙂"])
def test_odd_headers_pass_without_an_error(header):
    assert refused_column(header) is None


@pytest.mark.parametrize(
    "term", [term for term in all_terms() if term.kind in ("person", "trait")], ids=lambda term: term.term
)
def test_every_listed_term_is_refused_in_any_dress(term):
    for header in (
        term.term,
        term.term.upper(),
        term.term.replace(" ", "_"),
        term.term.replace("\u200c", " "),
        f"  {term.term} ",
        term.term.replace("ی", "ي").replace("ک", "ك"),
    ):
        assert refused_column(header) is not None, header


def test_the_list_is_whole():
    rows = all_terms()
    assert {row.kind for row in rows} == {"person", "trait", "place", "word", "name"}
    assert {row.match for row in rows} == {"anywhere", "whole", "unless_place"}
    assert len({(row.term.casefold(), row.kind) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    "label", ["بدحجابی", "تجمع اعتراضی", "مواد دینی", "Protest / unrest", "immigration offence", "اتباع بیگانه"]
)
def test_categories_of_belief_dress_opinion_and_origin_do_not_exist(label):
    reason = refused_category(label)
    assert reason is not None
    assert reason.rule == "R3"


@pytest.mark.parametrize(
    "label",
    [
        "سرقت منزل",
        "نزاع دسته‌جمعی",
        "مزاحمت و آزار",
        "معبر تاریک",
        "ASSAULT",
        "AGGRAVATED: HANDGUN",
        "CHURCH / SYNAGOGUE / PLACE OF WORSHIP",
        "گم‌شدن شخص",
        "جیب‌بری",
        "BURGLARY",
        "مسجد",
        "دانشگاه",
    ],
)
def test_categories_of_events_and_places_pass(label):
    assert refused_category(label) is None
