"""The browser of the tests is closed to the outside, and notices what goes wrong on a page."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_is_reached(live):
    page = live.open("/healthz", width=390)
    assert '"version"' in page.content()
    live.does_not_scroll_sideways()


def test_another_host_is_refused_and_remembered(live):
    live.page.set_content('<html lang="fa"><img alt="" src="http://192.0.2.1/spy.png"></html>')
    live.page.wait_for_function("() => document.images[0].complete")
    assert live.strangers == ["http://192.0.2.1/spy.png"]
    live.strangers.clear()
    live.troubles.clear()


def test_a_script_error_is_remembered(live):
    live.page.set_content("<script>throw new Error('planted')</script>")
    assert ["planted" in trouble for trouble in live.troubles] == [True]
    live.troubles.clear()


def test_axe_finds_a_planted_fault(live):
    live.page.set_content('<html lang="fa"><title>t</title><main><h1>h</h1><img src="data:,"></main></html>')
    with pytest.raises(AssertionError, match="image-alt"):
        live.axe()
