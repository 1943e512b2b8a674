import pytest

from kalantar.kernel import audit
from kalantar.kernel.change import Overtaken, Refused, insist, move, verb
from kalantar.people.models import Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(opened):
    return Unit.objects.create(
        grade="province", kind="province", code="P", name="استان", name_en="Province", path="/1/"
    )


def test_the_second_of_two_who_read_the_same_version_is_told(unit):
    mine, theirs = Unit.objects.get(pk=unit.pk), Unit.objects.get(pk=unit.pk)
    move(mine, name_en="Mine")
    with pytest.raises(Overtaken):
        move(theirs, name_en="Theirs")
    assert Unit.objects.get(pk=unit.pk).name_en == "Mine"


def test_a_refusal_carries_its_sentence_and_undoes_the_verb(unit, by):
    @verb
    def rename(row, *, by):
        move(row, name_en="Changed")
        audit.record("unit.renamed", row, by=by)
        insist("reason_missing", field="reason")

    with pytest.raises(Refused) as refused:
        rename(unit, by=by)
    assert (refused.value.key, refused.value.details) == ("reason_missing", {"field": "reason"})
    assert Unit.objects.get(pk=unit.pk).name_en == "Province"


def test_nothing_refused_goes_on():
    assert insist(None) is None
