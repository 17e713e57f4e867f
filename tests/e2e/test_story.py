"""The product's main job in a real browser, as the people of three companies, on the demonstration as it is shipped."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from playwright.sync_api import expect

from tests.cast import simple_pdf
from tests.e2e.bundles import verify, with_changed_entry
from tests.e2e.stage import Story, saved

TITLE = "Report on the Heliodor line"
SECRET = "Heliodor"
SHOWN = "Report on a product line"
WHY = "Names a product line that is not yet public."
PAGES = [
    f"Sample S-9 was taken from the {SECRET} line in spring.",
    "The zone coupling was measured on three panels.",
    f"Engineer of record for {SECRET}: Mara Winter.",
]


def test_ada_uploads_and_is_told_what_became_of_each_file(story: Story) -> None:
    page = story.person("ada").page
    page.get_by_role("link", name=re.compile("Lumen v. Brightfall")).first.click()
    story.matter = page.url.rsplit("/", 1)[1]
    story.shot("ada", "documents")
    page.get_by_role("link", name="Upload").click()
    expect(page.locator("#files")).to_be_enabled()
    page.locator("#files").set_input_files(
        [
            {"name": f"{TITLE}.pdf", "mimeType": "application/pdf", "buffer": simple_pdf(PAGES)},
            {"name": "not-really.pdf", "mimeType": "application/pdf", "buffer": b"MZ this is a program"},
            {"name": "empty.pdf", "mimeType": "application/pdf", "buffer": b""},
        ]
    )
    manifest = page.locator("#manifest")
    expect(manifest.get_by_role("row", name=re.compile("Heliodor line"))).to_contain_text(
        re.compile("stored", re.IGNORECASE), timeout=20_000
    )
    expect(manifest.get_by_role("row", name=re.compile("not-really"))).to_contain_text("named a PDF but is not one")
    expect(manifest.get_by_role("row", name=re.compile("empty"))).to_contain_text(re.compile("empty", re.IGNORECASE))
    story.shot("ada", "upload")


def test_what_is_staged_does_not_exist_for_others(story: Story) -> None:
    for name in ("pia", "paolo"):
        page = story.person(name).open(f"/matters/{story.matter}")
        expect(page.get_by_text("Statement of claim")).to_be_visible()
        expect(page.get_by_text(TITLE)).to_have_count(0)
        page = story.person(name).open(f"/matters/{story.matter}?q=Heliodor")
        expect(page.get_by_text(TITLE)).to_have_count(0)


def test_ada_classifies_it(story: Story) -> None:
    page = story.person("ada").open(f"/matters/{story.matter}")
    page.get_by_role("link", name=TITLE).click()
    story.document = page.url.rsplit("/", 1)[1]
    expect(page.get_by_text("Next: give it a tier")).to_be_visible()
    page.get_by_label("Tier", exact=True).select_option("2")
    page.get_by_label("Category").select_option("technical")
    page.get_by_label("Retention schedule").select_option("work-product")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ready", exact=True).first).to_be_visible()
    story.shot("ada", "document")


def test_ada_marks_terms_a_box_words_and_a_page(story: Story) -> None:
    page = story.person("ada").page
    page.get_by_role("link", name="Redact", exact=True).click()
    page.get_by_label("What the redacted copy is for").fill("For Borealis: without the product line")
    page.get_by_label("Title its recipients see").fill(SHOWN)
    page.get_by_label("Tier of the copy").select_option("1")
    page.get_by_label("Category of the copy").select_option("technical")
    page.get_by_role("button", name="Start marking").click()
    expect(page.locator("#sheet img")).to_be_visible(timeout=20_000)
    story.redaction = page.url.rsplit("/", 1)[1]
    page.get_by_text("Find a term").click()
    page.get_by_label("Term").fill(SECRET)
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator("#hits .crop.drawn")).to_have_count(2, timeout=20_000)
    page.get_by_role("button", name="Mark all hits").click()
    page.get_by_label("Reason", exact=True).select_option("AC")
    page.get_by_label("Rationale, in a sentence").fill(WHY)
    page.get_by_role("button", name="Save mark").click()
    expect(page.locator("#draft-error")).to_contain_text("has to state: lawyer")
    page.get_by_label("Lawyer").fill("Mara Winter")
    story.shot("ada", "particulars")
    reason(story)
    expect(page.locator("#count")).to_contain_text("2")
    sheet = page.locator("#sheet").bounding_box()
    assert sheet is not None
    page.mouse.move(sheet["x"] + 60, sheet["y"] + 300)
    page.mouse.down()
    page.mouse.move(sheet["x"] + 160, sheet["y"] + 340, steps=4)
    page.mouse.up()
    reason(story)
    expect(page.locator("#count")).to_contain_text("3")
    page.get_by_role("button", name="Words", exact=True).click()
    page.locator("#sheet").focus()
    for key in ("ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("#note")).to_contain_text("Enter marks it")
    page.keyboard.press("Enter")
    reason(story)
    expect(page.locator("#count")).to_contain_text("4")
    page.get_by_role("button", name="Next page").click()
    page.get_by_role("button", name="Whole page").click()
    reason(story)
    expect(page.locator("#count")).to_contain_text("5")
    story.shot("ada", "redact")


def reason(story: Story) -> None:
    """Gives the open mark its code and sentence."""
    page = story.person("ada").page
    page.get_by_label("Reason", exact=True).select_option("TS")
    page.get_by_label("Rationale, in a sentence").fill(WHY)
    page.get_by_role("button", name="Save mark").click()
    expect(page.locator("#draft")).to_be_hidden()


def test_the_service_removes_and_ada_cannot_approve_herself(story: Story) -> None:
    ada = story.person("ada")
    ada.page.get_by_role("button", name="Submit for review").click()
    ada.confirm("Submit for review")
    expect(ada.page.get_by_role("link", name="Review")).to_be_visible(timeout=60_000)
    ada.page.get_by_role("link", name="Review").click()
    expect(ada.page.get_by_text("another custodian has to approve it")).to_be_visible()
    expect(ada.page.get_by_role("button", name="Approve and release")).to_have_count(0)


def test_bram_compares_and_approves(story: Story) -> None:
    bram = story.person("bram")
    page = bram.open(f"/redactions/{story.redaction}/review")
    expect(page.locator("#left img")).to_be_visible(timeout=20_000)
    expect(page.locator("#right img")).to_be_visible(timeout=20_000)
    expect(page.get_by_text(WHY).first).to_be_visible()
    page.get_by_role("button", name="Next mark").click()
    expect(page.locator("#here")).to_contain_text("Mark 1 of 5")
    story.shot("bram", "review")
    page.get_by_role("button", name="Approve and release").click()
    bram.confirm("Release")
    bram.step_up()
    page.get_by_role("button", name="Approve and release").click()
    bram.confirm("Release")
    expect(page.get_by_text("Released").first).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    log = saved(waiting.value, story.folder).read_text()
    assert log.count("TS") == 5
    assert WHY in log
    assert "Bram Oakes" in log


def test_ada_discloses_the_copy_to_borealis_alone(story: Story) -> None:
    page = story.person("ada").open(f"/redactions/{story.redaction}")
    page.get_by_role("link", name="Disclose the copy").click()
    page.get_by_label("To", exact=True).select_option("borealis")
    page.get_by_label("Purpose").fill("Borealis checks the measurement against its own panels.")
    page.get_by_label("Why it is necessary").fill("The measurement cannot be repeated without the set-up.")
    page.get_by_label("Narrower way considered").fill("A summary was considered; it lacks the set-up.")
    page.get_by_label("Last day").fill((datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%d"))
    story.shot("ada", "disclose")
    page.get_by_role("button", name="Disclose").click()
    story.person("ada").step_up()
    expect(page.get_by_label("Purpose")).to_have_value(re.compile("against its own panels"))
    story.shot("ada", "confirmed")
    page.get_by_role("button", name="Disclose").click()
    expect(page.get_by_text("Live").first).to_be_visible()
    paolo = story.person("paolo").open(f"/matters/{story.matter}")
    expect(paolo.get_by_text(SHOWN)).to_have_count(0)


def test_pia_reads_and_a_withdrawal_reaches_her_in_the_middle(story: Story) -> None:
    pia, ada = story.person("pia"), story.person("ada")
    page = pia.open(f"/matters/{story.matter}?q={SECRET}")
    expect(page.get_by_role("link", name=SHOWN)).to_have_count(0)
    page = pia.open(f"/matters/{story.matter}")
    expect(page.get_by_text(SECRET)).to_have_count(0)
    page.get_by_role("link", name=SHOWN).click()
    page.get_by_role("link", name=re.compile("View|Read|Open")).first.click()
    expect(page.locator("#sheet img")).to_be_visible(timeout=20_000)
    story.shot("pia", "viewer")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#page")).to_have_value("2")
    expect(page.locator("#sheet img")).to_be_visible()
    ada.open(f"/documents/{story.document}").get_by_role("button", name="Withdraw").click()
    ada.confirm("Withdraw")
    expect(ada.page.get_by_text("Withdrawn").first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text(re.compile("no longer|not available|withdrawn", re.IGNORECASE)).first).to_be_visible()
    expect(page.locator("#sheet img")).to_have_count(0)
    story.shot("pia", "withdrawn")


def test_a_claw_back_is_told_to_those_who_had_it(story: Story) -> None:
    ada, pia = story.person("ada"), story.person("pia")
    page = ada.open(f"/documents/{story.document}")
    page.get_by_role("link", name="Claw back").first.click()
    page.get_by_label("Ground").select_option("fre-502b")
    page.get_by_label("Reason").fill("The engineer's name on page 3 was overlooked.")
    page.get_by_label("Notice to the recipients").fill(
        "Given by mistake; it holds privileged work product. FRE 502(b)."
    )
    story.shot("ada", "claw-back-order")
    page.get_by_role("button", name="Claw back").click()
    ada.confirm("Claw back")
    expect(page.get_by_text("Clawed back by Aldermoor")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Pia Strand.*Opened pages"))).to_be_visible()
    story.shot("ada", "claw-back")
    page = pia.page
    page.reload()
    expect(page.get_by_role("heading", name="Clawed back")).to_be_visible()
    story.shot("pia", "clawed")
    page.get_by_role("link", name="Read the notice").click()
    expect(page.get_by_text("Given by mistake")).to_be_visible()
    expect(page.get_by_text("was overlooked")).to_have_count(0)
    story.shot("pia", "claw-back-notice")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Notice (PDF)").click()
    assert saved(waiting.value, story.folder).read_bytes().startswith(b"%PDF-")


def test_a_hold_stops_disposal_until_it_is_released(story: Story) -> None:
    cleo = story.person("cleo")
    page = cleo.open(f"/matters/{story.matter}/retention")
    story.shot("cleo", "retention")
    choose_old_report(story, "cleo", "Place a hold")
    page.get_by_label("Why they must be kept").fill("A complaint was announced by Brightfall's counsel.")
    page.get_by_role("button", name="Place the hold").click()
    expect(page.get_by_text("In force").first).to_be_visible()
    story.shot("cleo", "holds")
    propose(story, "cleo")
    expect(page.get_by_role("alert")).to_contain_text("hold")
    page = cleo.open(f"/matters/{story.matter}/holds")
    page.get_by_text("Release", exact=True).first.click()
    page.get_by_label("Why the duty to keep has ended").fill("The complaint was withdrawn by settlement.")
    page.get_by_role("button", name="Release the hold").click()
    expect(page.get_by_text("Released").first).to_be_visible()


def choose_old_report(story: Story, name: str, opens: str) -> None:
    """Ticks the old test report whose period has ended and opens one of the things to do with it."""
    page = story.person(name).open(f"/matters/{story.matter}/retention?span=all")
    page.get_by_role("row", name=re.compile("Test report 2019")).get_by_role("checkbox").check()
    page.locator("#bulk summary", has_text=opens).click()


def propose(story: Story, name: str) -> None:
    """Proposes the old test report for disposal."""
    choose_old_report(story, name, "Propose disposal")
    page = story.person(name).page
    page.get_by_label("Why they are to be destroyed").fill("The patent lapsed and its period has ended.")
    page.get_by_role("button", name="Propose disposal").click()


def test_disposal_takes_two_functions_and_leaves_a_certificate(story: Story) -> None:
    propose(story, "cleo")
    page = story.person("cleo").page
    expect(page.get_by_role("heading", name=re.compile("Disposal of 1 document"))).to_be_visible()
    address = page.url
    expect(page.get_by_role("button", name=re.compile("Approve as"))).to_have_count(0)
    for name in ("carl", "ada"):
        approver = story.person(name)
        approver.page.goto(address)
        approver.page.get_by_role("button", name=re.compile("Approve as")).click()
        approver.confirm("Approve")
        if name == "carl":
            approver.step_up()
            approver.page.get_by_role("button", name=re.compile("Approve as")).click()
            approver.confirm("Approve")
        expect(approver.page.get_by_role("button", name=re.compile("Approve as"))).to_have_count(0)
        expect(approver.page.get_by_text("Approved").first).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="Destroy and certify").click()
    story.person("cleo").confirm("Destroy")
    story.person("cleo").step_up()
    page.get_by_role("button", name="Destroy and certify").click()
    story.person("cleo").confirm("Destroy")
    expect(page.get_by_role("heading", name="Certificate")).to_be_visible()
    story.shot("cleo", "disposal")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Signed JSON").click()
    signed = json.loads(saved(waiting.value, story.folder).read_text())
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed["public_key"]))
    key.verify(bytes.fromhex(signed["signature"]), signed["certificate"].encode())
    assert len(json.loads(signed["certificate"])["people"]["approved_by"]) == 2
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF").click()
    assert saved(waiting.value, story.folder).read_bytes().startswith(b"%PDF-")


def test_an_outsider_verifies_the_log_and_finds_a_changed_byte(story: Story) -> None:
    cleo = story.person("cleo")
    page = cleo.open(f"/matters/{story.matter}/audit")
    story.shot("cleo", "audit")
    expect(page.get_by_text("disposal.execute").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 900})
    page.reload()
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1440, "height": 900})
    key = page.locator("#key").inner_text().strip()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export bundle").click()
    bundle = saved(waiting.value, story.folder)
    verifier = story.folder / "verify.py"
    verifier.write_bytes(zipfile.ZipFile(bundle).read("verify.py"))
    good = verify(verifier, bundle, key)
    assert good.returncode == 0, good.stdout + good.stderr
    changed = story.folder / "changed.zip"
    changed.write_bytes(with_changed_entry(bundle.read_bytes()))
    bad = verify(verifier, changed, key)
    assert bad.returncode == 1
    assert "entry 3" in bad.stdout + bad.stderr


def test_a_second_start_finds_everything_again(story: Story) -> None:
    assert story.demo.stop() == 0
    story.demo.start()
    page = story.person("ada").open(f"/documents/{story.document}")
    expect(page.get_by_role("heading", name=re.compile(TITLE))).to_be_visible()
