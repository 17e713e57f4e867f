"""The pages about finding: dictionary, search over the matter, choosing places, pending marks."""

from __future__ import annotations

from collections.abc import Callable

from dataroom.model import Mark, Redaction
from tests.cast import World
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
    started = ada.post(f"{here}/finding", dictionary="on", patterns="rate")
    assert "Stop" in ada.get(started.location).text
    state = ada.get(f"{started.location}/state").json
    assert (state["state"], state["searched"]) == ("running", 0)
    house.worker.drain()
    assert ada.get(f"{started.location}/state").json["state"] == "done"
    assert as_("bram").get(f"{started.location}/state").status_code == 404
    done = ada.get(started.location).text
    assert "Royalty rate or percentage" in done
    places = f"{started.location}/versions/{line.version}"
    shown = ada.get(places).text
    assert "<mark>Lumen</mark>" in shown
    assert "2.50 EUR per unit" in shown
    assert as_("bram").get(places).status_code == 404
    assert ada.post(places, code="TS", rationale="Names the product line.").status_code == 422
    more = {"code": "TS", "rationale": "Names the licensed product line.", "title": "Without the product"}
    made = ada.post(places, places="0", **more)
    assert made.status_code == 303
    with house.services.database.reading() as session:
        redaction = session.query(Redaction).filter_by(version_id=line.version).one()
        assert session.query(Mark).filter_by(redaction_id=redaction.id).count() == 1
    assert "Find a term" in ada.get(made.location).text
