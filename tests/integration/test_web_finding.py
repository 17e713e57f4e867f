"""The pages about finding: dictionary, search over the matter, choosing places, pending marks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from dataroom.model import Mark, Redaction
from tests.cast import World
from tests.integration.sandbox_files import scan
from tests.integration.web_house import Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]


def test_from_the_dictionary_to_pending_marks(house: World, as_: As) -> None:
    ada, line = as_("ada"), house.ready("ada")
    here = f"/matters/{house.matter}"
    assert ada.post(f"{here}/terms", terms="Lumen\nSolheim", kind="product", tier="2", whole="on").status_code == 303
    page = ada.get(f"{here}/finding").text
    assert "Solheim" in page
    assert "Solheim" not in as_("bodil").get(f"{here}/finding").text
    assert as_("pia").get(f"{here}/finding").status_code == 403
    assert ada.post(f"{here}/finding", expressions="(").status_code == 422
    term = re.search(f"{here}/terms/([0-9a-f-]+)/removal", page)
    assert term
    assert ada.post(f"{here}/terms/{term[1]}", text="x").status_code == 422
    assert ada.post(f"{here}/terms/{term[1]}", text="Lumen", kind="product", whole="on", case="on").status_code == 303
    assert "case matters" in ada.get(f"{here}/finding").text
    started = ada.post(f"{here}/finding", dictionary="on", patterns="rate")
    assert "Stop" in ada.get(started.location).text
    state = ada.get(f"{started.location}/state").json
    assert (state["state"], state["searched"]) == ("running", 0)
    house.worker.drain()
    state = ada.get(f"{started.location}/state").json
    assert state["state"] == "done"
    assert [hit["address"] for hit in state["hits"]] == [f"{started.location}/versions/{line.version}"]
    assert as_("bram").get(f"{started.location}/state").status_code == 404
    done = ada.get(started.location).text
    assert "Royalty rate or percentage" in done
    places = f"{started.location}/versions/{line.version}"
    shown = ada.get(places).text
    assert "<mark>Lumen</mark>" in shown
    assert "2.50 EUR per unit" in shown
    assert as_("bram").get(places).status_code == 404
    assert ada.post(places, code="TS", rationale="Names the product line.").status_code == 422
    data = json.loads(re.search(r'id="data">(.*?)</script>', shown)[1])  # type: ignore[index]
    assert data["places"]
    assert all(str(place["page"]) in data["frames"] for place in data["places"])
    assert ada.get(f"{data['version']['pages']}1.jpg?w=1200").mimetype == "image/jpeg"
    more = {"code": "AC", "rationale": "Names the licensed product line.", "title": "Without the product"}
    refused = ada.post(places, places="0", **more)
    assert refused.status_code == 422
    assert "lawyer" in refused.text
    codes = house.services.law.rationales
    more |= {f"detail:{name}": "As in the list" for name in codes["AC"].record} | {"second_code": "TS"}
    made = ada.post(places, places="0", **more)
    assert made.status_code == 303
    with house.services.database.reading() as session:
        redaction = session.query(Redaction).filter_by(version_id=line.version).one()
        mark = session.query(Mark).filter_by(redaction_id=redaction.id).one()
        assert (mark.code, mark.second_code, set(mark.details)) == ("AC", "TS", set(codes["AC"].record))
    assert "Find a term" in ada.get(made.location).text


def test_pages_that_are_pictures_are_told_and_read_once(house: World, as_: As) -> None:
    ada, line = as_("ada"), house.ready("ada", data=scan(["Solheim Holding"]))
    address = f"/versions/{line.version}/scans"
    assert ada.get(address).json | {"languages": []} == {"pages": [1], "read": 0, "state": "none", "languages": []}
    assert as_("pia").get(address).status_code == 404
    started = ada.post(f"/matters/{house.matter}/finding", words="solheim").location
    house.worker.drain()
    assert "Read these pages" in ada.get(started).text
    reading = f"{started}/versions/{line.version}/reading"
    for said in ("The service reads these pages", "These pages are being read"):
        assert ada.post(reading).status_code == 303
        assert said in ada.get(started).text
    house.worker.drain()
    assert ada.get(address).json["state"] == "done"
