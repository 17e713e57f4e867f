"""The export and its verifier: every attack on a log that shows without a witness, each under its name."""

from __future__ import annotations

import ast
import base64
import dataclasses
import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dataroom.audit import bundle, verifier
from dataroom.audit.entry import SealedEntry, disclose, seal_entry
from dataroom.audit.notes import LOG, WITNESS, Checkpoint, VerifierKey, cosign, sign_checkpoint
from dataroom.audit.tree import EMPTY_ROOT, leaf_hash, root_of
from dataroom.errors import Invalid, TooLarge

ORIGIN = "room.example/matter/4f2d"
OTHER = "room.example/matter/beef"
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LAW = "cd" * 32
SECRET, STRANGER, WITNESS_SECRET = (Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (1, 2, 3))
PUBLIC = SECRET.public_key().public_bytes_raw()
KEY = str(VerifierKey(ORIGIN, LOG, PUBLIC))
WITNESS_KEY = VerifierKey("partner.example/w1", WITNESS, WITNESS_SECRET.public_key().public_bytes_raw())


def sealed(seq: int, origin: str = ORIGIN, **fields: str) -> SealedEntry:
    members = {"act": "document.view", "who": f"person {seq}", **fields}
    salt = random.Random(f"{origin}{seq}{fields}")
    return seal_entry(origin, seq, AT + timedelta(seconds=seq), LAW, members, salt.randbytes)


LOGGED = [sealed(seq) for seq in range(20)]
LEAVES = [one.leaf for one in LOGGED]


def checkpoint(leaves: list[bytes], origin: str = ORIGIN, secret: Ed25519PrivateKey = SECRET) -> bytes:
    point = Checkpoint(origin, len(leaves), root_of(leaves))
    return sign_checkpoint(point, secret.public_key().public_bytes_raw(), secret.sign)


NOTE, EARLIER = checkpoint(LEAVES), checkpoint(LEAVES[:12])


@dataclass(frozen=True)
class Export:
    """The parts of an export, to be changed one by one."""

    note: bytes = NOTE
    entries: tuple[bytes, ...] = tuple(one.data for one in LOGGED)
    leaves: tuple[bytes, ...] = tuple(LEAVES)
    shown: tuple[tuple[int, list[str]], ...] = tuple(
        (seq, [part.text for part in one.disclosures]) for seq, one in enumerate(LOGGED) if seq % 2
    )
    older: tuple[bytes, ...] = (EARLIER,)

    def write(self) -> bytes:
        out = io.BytesIO()
        bundle.write_bundle(out, self.note, self.entries, self.shown, self.older, self.leaves)
        return out.getvalue()


GOOD = Export()
Check = Callable[..., verifier.Report]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Verify an export (or the bytes of one) with the log's key, or the keys and notes given."""

    def run(what: Export | bytes, keys: Iterable[str] = (KEY,), earlier: Iterable[bytes] = ()) -> verifier.Report:
        path = tmp_path / "bundle.zip"
        path.write_bytes(what.write() if isinstance(what, Export) else what)
        return verifier.verify_bundle(path, list(keys), list(earlier))

    return run


def with_entries(entries: Iterable[bytes], export: Export = GOOD) -> Export:
    return dataclasses.replace(export, entries=tuple(entries))


def rewritten(entries: Iterable[bytes]) -> Export:
    """As by someone who holds the log's key: new leaves, new signature."""
    data = tuple(entries)
    leaves = tuple(leaf_hash(one) for one in data)
    return Export(checkpoint(list(leaves)), data, leaves, (), ())


def test_an_untouched_export_holds(check: Check) -> None:
    report = check(GOOD, earlier=[EARLIER])
    assert report.faults == report.remarks == []
    assert (report.log, report.size, report.entries) == (ORIGIN, 20, 20)
    assert (report.open_fields, report.closed_fields) == (20, 20)
    assert report.first == "2026-11-21 09:30:00+00:00"
    assert report.last == "2026-11-21 09:30:19+00:00"
    assert report.signed_by == [" ".join(KEY.split("+")[:2])]
    assert report.earlier == [12, 12]
    assert base64.b64decode(report.root) == root_of(LEAVES)


def test_the_empty_log_holds(check: Check) -> None:
    empty = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), PUBLIC, SECRET.sign)
    assert check(Export(empty, (), (), (), ())).faults == []


def test_leaves_are_computed_when_none_are_stored(check: Check) -> None:
    out = io.BytesIO()
    bundle.write_bundle(out, NOTE, GOOD.entries, GOOD.shown, GOOD.older)
    assert out.getvalue() == GOOD.write()


def test_entry_changed(check: Check) -> None:
    entries = list(GOOD.entries)
    entries[17] = entries[17].replace(LAW.encode(), b"ce" + LAW[2:].encode())
    faults = check(with_entries(entries)).faults
    assert faults[0].startswith("entry 17 was changed")
    assert sum("was changed" in one for one in faults) == 1


def test_entry_replaced_by_a_well_formed_one(check: Check) -> None:
    entries = list(GOOD.entries)
    entries[5] = sealed(5, who="somebody else").data
    assert check(with_entries(entries)).faults[0].startswith("entry 5 was changed")


def test_entry_removed(check: Check) -> None:
    entries = GOOD.entries[:6] + GOOD.entries[7:]
    faults = check(with_entries(entries)).faults
    assert faults[0] == "entry 6 was removed"
    assert "counts 20 entries, the bundle holds 19" in faults[1]


def test_entry_added(check: Check) -> None:
    entries = (*GOOD.entries[:6], sealed(6, who="x").data, *GOOD.entries[6:])
    faults = check(with_entries(entries)).faults
    assert faults[0].startswith("the entry at place 6 was added")


def test_entry_repeated(check: Check) -> None:
    entries = (*GOOD.entries[:7], GOOD.entries[6], *GOOD.entries[7:])
    assert check(with_entries(entries)).faults[0].startswith("entry 6 stands after entry 6")


def test_entries_reordered(check: Check) -> None:
    entries = list(GOOD.entries)
    entries[3], entries[4] = entries[4], entries[3]
    assert check(with_entries(entries)).faults[0].startswith("entry 3 stands after entry 4")


def test_entry_removed_and_another_changed(check: Check) -> None:
    entries = list(GOOD.entries)
    entries[10] = sealed(10, who="x").data
    del entries[3]
    faults = check(with_entries(entries)).faults
    assert faults[0].startswith("entry 10 was changed")
    assert faults[1] == "entry 3 was removed"


def test_tail_cut_with_the_old_checkpoint(check: Check) -> None:
    cut = dataclasses.replace(GOOD, entries=GOOD.entries[:15], leaves=GOOD.leaves[:15], shown=())
    faults = check(cut).faults
    assert "neither the entries nor the file leaves hash to the signed root" in faults[0]
    assert "counts 20 entries, the bundle holds 15" in faults[1]
    assert faults[2].endswith("in the entries 12 to 19")


def test_tail_cut_but_leaves_left(check: Check) -> None:
    faults = check(with_entries(GOOD.entries[:18])).faults
    assert faults[:2] == ["entry 18 was removed", "entry 19 was removed"]


def test_tail_cut_and_signed_again_is_seen_by_an_earlier_checkpoint(check: Check) -> None:
    export = rewritten(GOOD.entries[:10])
    assert check(export).faults == []
    assert "tail cut off" in check(export, earlier=[EARLIER]).faults[0]


def test_history_rewritten_and_signed_again_is_seen_by_an_earlier_checkpoint(check: Check) -> None:
    entries = list(GOOD.entries)
    entries[8] = sealed(8, who="x").data
    export = rewritten(entries)
    assert check(export).faults == []
    first = checkpoint(LEAVES[:4])
    faults = check(export, earlier=[NOTE, EARLIER, first]).faults
    assert "the earlier checkpoint of 20 entries has another root" in faults[0]
    assert faults[-1].endswith("in the entries 4 to 11")


def test_the_limit_without_witness_is_said(check: Check) -> None:
    assert "a log rewritten by its key would pass" in check(GOOD).remarks[0]
    assert check(GOOD, earlier=[EARLIER]).remarks == []


def test_two_checkpoints_of_one_size_in_a_bundle(check: Check) -> None:
    fork = checkpoint([*LEAVES[:11], leaf_hash(b"other")])
    faults = check(dataclasses.replace(GOOD, older=(EARLIER, fork))).faults
    assert "the earlier checkpoint of 12 entries has another root" in faults[0]


def test_entry_changed_together_with_its_leaf(check: Check) -> None:
    entry = sealed(13, who="x")
    entries, leaves = list(GOOD.entries), list(GOOD.leaves)
    entries[13], leaves[13] = entry.data, entry.leaf
    faults = check(dataclasses.replace(GOOD, entries=tuple(entries), leaves=tuple(leaves))).faults
    assert "the log was rewritten" in faults[0]
    assert "in the entries 12 to 19" in faults[1]


@pytest.mark.parametrize(
    "leaves",
    [GOOD.leaves[:-1], (*GOOD.leaves, bytes(32)), (bytes(32), *GOOD.leaves[1:]), (b"\1", *GOOD.leaves), ()],
)
def test_leaves_changed_alone(check: Check, leaves: tuple[bytes, ...]) -> None:
    faults = check(dataclasses.replace(GOOD, leaves=leaves)).faults
    assert faults == ["the file leaves was changed; the entries hash to the signed root"]


def test_checkpoint_of_another_log(check: Check) -> None:
    foreign = checkpoint(LEAVES, OTHER)
    assert "not signed by any log key you gave" in check(dataclasses.replace(GOOD, note=foreign)).faults[0]
    both = [KEY, str(VerifierKey(OTHER, LOG, PUBLIC))]
    faults = check(dataclasses.replace(GOOD, note=foreign, older=()), both).faults
    assert f"entry 0 belongs to another log, {ORIGIN}" in faults
    assert "is of another log" in check(GOOD, both, [foreign]).faults[0]


def test_entry_of_another_log_signed_into_this_one(check: Check) -> None:
    entries = list(GOOD.entries)
    entries[4] = sealed(4, OTHER).data
    assert check(rewritten(entries)).faults == [f"entry 4 belongs to another log, {OTHER}"]


def test_entry_at_another_place_signed(check: Check) -> None:
    entries = (*GOOD.entries[:4], GOOD.entries[5])
    assert check(rewritten(entries)).faults == ["the entry at place 4 says that it is number 5"]


def test_other_key(check: Check) -> None:
    forged = checkpoint(LEAVES, secret=STRANGER)
    faults = check(dataclasses.replace(GOOD, note=forged)).faults
    assert "not signed by any log key you gave" in faults[0]


def test_policy_from_the_bundle_is_never_taken(check: Check) -> None:
    forged = dataclasses.replace(GOOD, note=checkpoint(LEAVES, secret=STRANGER), older=())
    with pytest.raises(SystemExit) as stop:
        verifier.main(["bundle.zip"])
    assert stop.value.code == 2
    assert check(forged).faults


def test_edited_text(check: Check) -> None:
    for before, after in ((b"\n20\n", b"\n19\n"), (b"4f2d\n20", b"4f2e\n20")):
        assert check(dataclasses.replace(GOOD, note=NOTE.replace(before, after, 1))).faults


def test_stripped_signature_line(check: Check) -> None:
    body = NOTE.rpartition("— ".encode())[0]
    assert "the bundle's checkpoint" in check(dataclasses.replace(GOOD, note=body)).faults[0]


def test_doubled_signature_line(check: Check) -> None:
    doubled = NOTE + NOTE.split(b"\n\n")[1]
    assert "signed twice" in check(dataclasses.replace(GOOD, note=doubled)).faults[0]


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\xff" + NOTE,
        NOTE[:-1],
        NOTE + b"\n",
        NOTE.replace(b"\n20\n", b"\n20\n\x01\n"),
        NOTE.replace("— ".encode(), b"- "),
        NOTE + "— a AAAA\n".encode(),
        NOTE + "— a+b AAAAAAAA\n".encode(),
    ],
)
def test_malformed_checkpoint(check: Check, note: bytes) -> None:
    assert "the bundle's checkpoint" in check(dataclasses.replace(GOOD, note=note)).faults[0]


@pytest.mark.parametrize(
    "body", [f"{ORIGIN}\n20\n", f"{ORIGIN}\n020\n{'A' * 43}=\n", f"{ORIGIN}\n20\n{'A' * 43}=\nmore\n"]
)
def test_signed_text_that_is_no_checkpoint(check: Check, body: str) -> None:
    line = base64.b64encode(bytes.fromhex(KEY.split("+")[1]) + SECRET.sign(body.encode())).decode()
    note = f"{body}\n— {ORIGIN} {line}\n".encode()
    assert check(dataclasses.replace(GOOD, note=note)).faults == ["the bundle's checkpoint is not a checkpoint"]


def test_a_witness_whose_key_is_given_must_have_cosigned(check: Check) -> None:
    keys = [KEY, str(WITNESS_KEY)]
    assert check(GOOD, keys).faults == ["the witness partner.example/w1 has not cosigned the checkpoint"]
    cosigned = NOTE + cosign(NOTE, WITNESS_KEY, 1_800_000_000, WITNESS_SECRET.sign)
    report = check(dataclasses.replace(GOOD, note=cosigned), keys)
    assert report.faults == []
    assert report.signed_by[1].endswith("(witness, at 1800000000)")
    forged = NOTE + cosign(NOTE, WITNESS_KEY, 1_800_000_000, STRANGER.sign)
    assert "wrong signature by partner.example/w1" in check(dataclasses.replace(GOOD, note=forged), keys).faults[0]


def test_a_witness_cannot_stand_in_for_the_log(check: Check) -> None:
    as_log = VerifierKey(ORIGIN, WITNESS, WITNESS_KEY.public)
    body = Checkpoint(ORIGIN, 20, root_of(LEAVES)).body()
    note = f"{body}\n".encode() + cosign(NOTE, as_log, 5, WITNESS_SECRET.sign)
    assert "not signed by any log key" in check(dataclasses.replace(GOOD, note=note), [KEY, str(as_log)]).faults[0]


def shown(seq: int, *texts: str) -> Export:
    return dataclasses.replace(GOOD, shown=((seq, list(texts)),))


def test_disclosure_forged(check: Check) -> None:
    forged = disclose("who", "somebody else").text
    faults = check(shown(9, forged)).faults
    assert faults == ["entry 9: the disclosure of who was forged, or moved to here"]


def test_disclosure_moved(check: Check) -> None:
    assert "entry 9: the disclosure of act" in check(shown(9, LOGGED[8].disclosures[0].text)).faults[0]


def test_disclosure_handed_over_twice(check: Check) -> None:
    text = LOGGED[9].disclosures[0].text
    assert "twice" in check(shown(9, text, text)).faults[0]


def test_disclosure_for_no_entry(check: Check) -> None:
    assert "entry 20" in check(shown(20, LOGGED[9].disclosures[0].text)).faults[0]


@pytest.mark.parametrize(
    "parts",
    [[5, "who", 1], ["short", "who", 1], ["x" * 22, "seq", 1], ["x" * 22, "who"], "text", {"a": 1}, 5],
)
def test_signed_disclosure_that_is_malformed(check: Check, parts: object) -> None:
    text = base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    entry = seal_entry(ORIGIN, 0, AT, LAW, {}).data.replace(b'"_sd":[]', b'"_sd":["' + digest + b'"]')
    export = dataclasses.replace(rewritten([entry]), shown=((0, [text]),))
    assert "malformed or comes twice" in check(export).faults[0]


def test_a_flood_of_faults_is_cut_short(check: Check) -> None:
    faults = check(rewritten([b"x%d" % one for one in range(60)])).faults
    assert len(faults) == 25
    assert faults[-1] == "... and more"


def test_sizes_beyond_the_file_are_refused(check: Check) -> None:
    data = bytearray(GOOD.write())
    entry = data.index(b"PK\1\2", data.rindex(b"PK\7\10"))
    data[entry + 20 : entry + 28] = b"\xfe\xff\xff\xff" * 2
    with pytest.raises(verifier.Unreadable):
        check(bytes(data))


def test_damaged_file_is_a_fault_of_its_own(check: Check) -> None:
    data = GOOD.write().replace(LAW.encode(), b"ce" + LAW[2:].encode(), 1)
    faults = check(data).faults
    assert faults[0] == "the file entries in the bundle was damaged or changed (checksum)"
    assert faults[1].startswith("entry 0 was changed")


def test_malformed_disclosure(check: Check) -> None:
    assert "forged" in check(shown(9, "AAAA")).faults[0]
    assert "disclosures.jsonl is malformed" in check(shown(9, "A=")).faults[0]


@pytest.mark.parametrize(
    "data",
    [
        GOOD.entries[3].replace(b'"v":1', b'"v":1,"v":1'),
        GOOD.entries[3].replace(b'"seq":3', b'"seq":3.0'),
        GOOD.entries[3].replace(b'"seq":3', b'"seq":99999999999999999'),
        GOOD.entries[3].replace(b"room", b"\x01oom"),
        GOOD.entries[3].replace(b'"v":1', b'"v":2'),
        GOOD.entries[3] + b"\n",
        b"{}",
    ],
)
def test_signed_entry_not_in_canonical_form(check: Check, data: bytes) -> None:
    export = rewritten([*GOOD.entries[:3], data])
    assert check(export).faults == ["entry 3 is not in the canonical form of an entry"]


def test_entry_larger_than_65535_bytes_cannot_be_exported() -> None:
    for data in (b"x" * 65536, b""):
        with pytest.raises(Invalid):
            with_entries([data]).write()


def test_disclosures_out_of_order_cannot_be_exported() -> None:
    with pytest.raises(Invalid):
        dataclasses.replace(GOOD, shown=((3, ["AAAA"]), (3, ["AAAA"]))).write()


def test_export_larger_than_4_gib_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "_MAX_BYTES", 1000)
    with pytest.raises(TooLarge):
        GOOD.write()


def test_clock_set_back_is_remarked(check: Check) -> None:
    early = seal_entry(ORIGIN, 1, AT - timedelta(days=1), LAW, {})
    report = check(rewritten([GOOD.entries[0], early.data]))
    assert report.faults == []
    assert report.remarks[0] == "the clock went back before entry 1"


def test_entries_cut_within_the_last_one(check: Check) -> None:
    data = repacked(entries=lambda old: old[:-5])
    assert check(data).faults[0].startswith("entry 19 was changed")


def test_length_of_the_last_entry_raised(check: Check) -> None:
    last = len(GOOD.entries[-1])
    data = repacked(
        entries=lambda old: old.replace(
            last.to_bytes(2, "big") + GOOD.entries[-1], (last + 1).to_bytes(2, "big") + GOOD.entries[-1]
        )
    )
    assert check(data).faults[0].startswith("entry 19 was changed")


def repacked(**changes: Callable[[bytes], bytes]) -> bytes:
    """The export with some members changed and every checksum made right again."""
    archive = zipfile.ZipFile(io.BytesIO(GOOD.write()))
    writer, pieces = bundle._Zip(), list[bytes]()
    for name in archive.namelist():
        change = changes.get(name.partition(".")[0], bytes)
        pieces += writer.member(name, [change(archive.read(name))])
    return b"".join([*pieces, writer.end()])


def test_another_verifier_in_the_bundle_is_remarked(check: Check) -> None:
    report = check(repacked(verify=lambda _: b"print('all is well')"))
    assert report.remarks[0] == "the bundle carries another verify.py than the one now running"


def test_the_same_log_gives_the_same_bytes() -> None:
    assert GOOD.write() == GOOD.write()


def test_the_stream_is_only_written_to() -> None:
    class Pipe(io.RawIOBase):
        written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.written += data
            return len(data)

    pipe = Pipe()
    bundle.write_bundle(pipe, NOTE, GOOD.entries, GOOD.shown, GOOD.older, GOOD.leaves)  # type: ignore[arg-type]
    assert pipe.written == GOOD.write()


def test_ordinary_zip_programs_read_the_export() -> None:
    archive = zipfile.ZipFile(io.BytesIO(GOOD.write()))
    assert archive.testzip() is None
    assert archive.read("checkpoint") == NOTE
    assert archive.read("checkpoints/000001") == EARLIER
    assert archive.read("leaves") == b"".join(LEAVES)
    assert archive.read("verify.py") == Path(verifier.__file__).read_bytes()
    assert len(archive.read("disclosures.jsonl").splitlines()) == 10


def test_every_single_byte_counts(check: Check) -> None:
    small = Export(checkpoint(LEAVES[:3]), GOOD.entries[:3], GOOD.leaves[:3], GOOD.shown[:1], (checkpoint(LEAVES[:2]),))
    good = small.write()
    assert check(good).faults == []
    begin, end = good.index(b"PK\3\4" + good[4:26] + b"\x0a\0\0\0README.txt"), good.rindex(b"PK\7\10")
    places = [*range(begin), *range(begin, end, 211), *range(end, len(good))]
    choice = random.Random(7)
    for place in choice.sample(places, 400):
        bad = bytearray(good)
        bad[place] ^= 1 << choice.randrange(8)
        try:
            noticed = bool(check(bytes(bad)).faults)
        except verifier.Unreadable:
            noticed = True
        assert noticed, f"byte {place} of {len(good)}"


def test_every_cut_counts(check: Check) -> None:
    good = GOOD.write()
    for size in range(0, len(good), 997):
        with pytest.raises(verifier.Unreadable):
            check(good[:size])
    for wrong in (good + b"x", b"x" + good):
        with pytest.raises(verifier.Unreadable):
            check(wrong)


def test_arbitrary_files_are_unreadable(check: Check, tmp_path: Path) -> None:
    choice = random.Random(11)
    tail = GOOD.write()[-400:]
    for size in range(0, 300, 7):
        noise = choice.randbytes(size)
        for data in (noise, noise + tail, noise + b"PK\5\6" + choice.randbytes(18), b"PK\3\4" + noise):
            with pytest.raises(verifier.Unreadable):
                check(data)
    with pytest.raises(verifier.Unreadable):
        verifier.verify_bundle(tmp_path, [KEY], [])


def other_zip(names: list[str], method: int = zipfile.ZIP_STORED) -> bytes:
    archive, out = zipfile.ZipFile(io.BytesIO(GOOD.write())), io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as copy:
        for name in names:
            copy.writestr(name, archive.read(name) if name in archive.namelist() else b"")
    return out.getvalue()


NAMES = zipfile.ZipFile(io.BytesIO(GOOD.write())).namelist()


@pytest.mark.parametrize(
    "names",
    [[], NAMES[1:], NAMES[::-1], [*NAMES, "more"], ["checkpoint", *NAMES], ["../checkpoint", *NAMES[1:]]],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_with_other_members_is_unreadable(check: Check, names: list[str]) -> None:
    with pytest.raises(verifier.Unreadable):
        check(other_zip(names))


def test_zip_packed_again_is_unreadable(check: Check) -> None:
    with pytest.raises(verifier.Unreadable, match="packed again"):
        check(other_zip(NAMES))


def test_compressed_zip_is_unreadable_however_much_it_claims_to_hold(check: Check) -> None:
    with pytest.raises(verifier.Unreadable):
        check(other_zip(NAMES, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("key", ["", "a", KEY[:-2], KEY.replace("+", "-"), KEY.replace(ORIGIN, OTHER)])
def test_malformed_key_is_a_usage_error(check: Check, key: str) -> None:
    with pytest.raises(verifier.Unreadable):
        check(GOOD, [key])


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "verify.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_verifier_runs_alone_and_its_exit_status_tells(tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_bytes(zipfile.ZipFile(io.BytesIO(GOOD.write())).read("verify.py"))
    (tmp_path / "good.zip").write_bytes(GOOD.write())
    (tmp_path / "note").write_bytes(EARLIER)
    entries = [*GOOD.entries[:17], sealed(17, who="x").data, *GOOD.entries[18:]]
    (tmp_path / "bad.zip").write_bytes(with_entries(entries).write())
    good = run(tmp_path, "good.zip", "--key", KEY, "--checkpoint", "note")
    assert (good.returncode, good.stderr) == (0, "")
    for word in (
        ORIGIN,
        "OK: every check passed",
        "closed fields: 20",
        "2026-11-21 09:30:19",
        KEY.split("+")[1],
    ):
        assert word in good.stdout
    bad = run(tmp_path, "bad.zip", "--key", KEY, "--json")
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["faults"][0].startswith("entry 17 was changed")
    for arguments in (
        ["good.zip"],
        ["good.zip", "--key", "x"],
        ["none.zip", "--key", KEY],
        ["note", "--key", KEY],
    ):
        assert run(tmp_path, *arguments).returncode == 2


def test_the_verifier_imports_the_standard_library_alone() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_signed_entry_with_unsorted_digests_or_a_time_out_of_range(check: Check) -> None:
    first, second = json.loads(GOOD.entries[0])["_sd"]
    swapped = GOOD.entries[0].replace(first.encode(), b"-").replace(second.encode(), first.encode())
    late = GOOD.entries[0].replace(b'"t":1795253400000000', b'"t":9007199254740992')
    for data in (swapped.replace(b'"-"', f'"{second}"'.encode()), late):
        assert data != GOOD.entries[0]
        assert check(rewritten([data])).faults == ["entry 0 is not in the canonical form of an entry"]


def test_disclosures_out_of_order(check: Check) -> None:
    data = repacked(disclosures=lambda old: b"".join(old.splitlines(keepends=True)[::-1]))
    assert "disclosures.jsonl is malformed or out of order" in check(data).faults[0]


def test_a_signature_has_one_spelling() -> None:
    signature = SECRET.sign(b"x")
    s = int.from_bytes(signature[32:], "little") + verifier.L
    assert verifier.ed25519_verify(PUBLIC, signature, b"x")
    assert not verifier.ed25519_verify(PUBLIC, signature[:32] + s.to_bytes(32, "little"), b"x")
