"""The pages of productions: made by a custodian in the order typed, seen by the recipient's, refused in place."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from tests.cast import World
from tests.integration.web_house import Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]


def test_a_production_is_made_in_the_order_typed_and_exported_by_its_recipient(house: World, as_: As) -> None:
    ada, one, two = as_("ada"), house.ready(path="one.pdf"), house.ready(path="two.pdf")
    for line in (one, two):
        house.disclosed(line.version)
    here = f"/matters/{house.matter}/productions"
    page = ada.get(f"{here}/new").text
    assert page.index(one.number)
    assert page.index(two.number)
    typed = {
        "title": "Volume web",
        "prefix": "WEB-",
        "width": "5",
        "version": [str(one.version), str(two.version)],
        f"place-{one.version}": "2",
        f"place-{two.version}": "1",
    }
    wrong = ada.post(f"{here}/new", **typed, recipient="cassini")
    assert wrong.status_code == 409
    assert "Disclose every version to every recipient first" in wrong.text
    assert "Volume web" in wrong.text
    done = ada.post(f"{here}/new", **typed, recipient="borealis")
    assert done.status_code == 303
    shown = as_("bodil").get(done.location).text
    assert shown.index("WEB-00001") < shown.index(two.number) < shown.index("WEB-00003") < shown.index(one.number)
    assert "Volume web" in as_("bodil").get(here).text
    archive = as_("bodil").post(f"{done.location}/archive")
    assert archive.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(archive.data)) as held:
        assert "PDF/WEB-00003.pdf" in held.namelist()
    assert as_("cleo").get(f"{done.location}/index.csv").mimetype == "text/csv"
    assert as_("cass").get(done.location).status_code == 404
    assert as_("pia").get(done.location).status_code == 404


def test_who_has_nothing_to_produce_is_told_what_to_do(house: World, as_: As) -> None:
    assert "Disclose a version" in as_("cass").get(f"/matters/{house.matter}/productions/new").text
    assert as_("cleo").get(f"/matters/{house.matter}/productions/new").status_code == 403
