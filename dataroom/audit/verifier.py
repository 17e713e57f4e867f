"""Verify an audit log export, offline, with nothing but the Python standard library.

    python verify.py bundle.zip --key VKEY [--key VKEY ...] [--checkpoint NOTE_FILE ...] [--max-age SECONDS] [--json]
    python verify.py --proof entry.tlog-proof --key VKEY [--key VKEY ...] [--max-age SECONDS] [--json]

Keys and earlier checkpoints come from you, never from the bundle. A key is `name+id+base64`; the name of
the log's key is the log's name; with a witness key (kind 4) you demand that this witness has cosigned, with --max-age
lately. The checks: container, signatures, the tree of entries against every signed root, each entry, each disclosure.
Exit status: 0 all holds, 1 something does not (each fault is named), 2 a key or the bundle cannot be read.
"""

import argparse
import base64
import hashlib
import json
import mmap
import re
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

KNOWN = (
    r"checkpoint\n(checkpoints/[0-9]{6}\n)*(stamps/([0-9]{6})\.note\nstamps/\3\.tsr\n)*entries\nleaves\n"
    r"disclosures\.jsonl\nREADME\.txt\nverify\.py"
)
DIGEST, TEXT = rb'"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"', rb'"[A-Za-z0-9_-]+"'
ENTRY = re.compile(
    rb'\{"_sd":\[((?:%s(?:,%s)*)?)\],"law":"[0-9a-f]{64}","log":"([A-Za-z0-9._:/~-]{1,200})",'
    rb'"seq":(0|[1-9]\d{0,15}),"t":(0|[1-9]\d{0,15}),"v":1\}' % (DIGEST, DIGEST)
)
SHOWN = re.compile(rb'\{"disclosures":\[(%s(?:,%s)*)\],"seq":(0|[1-9]\d{0,15})\}\n' % (TEXT, TEXT))
PROOF = re.compile(
    rb"c2sp\.org/tlog-proof@v1\nextra ([A-Za-z0-9+/=]+)\nindex (0|[1-9]\d{0,15})\n"
    rb"((?:[A-Za-z0-9+/]{43}=\n){0,63})\n(.+)",
    re.DOTALL,
)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
FIELD = re.compile(rb'\["[A-Za-z0-9_-]{22,}","([a-z][a-z0-9_]{0,63})",.+\]', re.DOTALL)
TST, SHA256 = bytes.fromhex("060b2a864886f70d0109100104"), bytes.fromhex("0609608648016503040201")
KEYS, EPOCH = {b"law", b"log", b"seq", b"t", b"v"}, datetime(1970, 1, 1, tzinfo=UTC)


class Unreadable(Exception):
    """The input is not what it should be, so that nothing can be said about the log."""


class Fault(Exception):
    """A check failed; the text says which."""


class Head(NamedTuple):
    """A verified checkpoint: log name, number of entries, root hash, and who signed."""

    origin: str
    size: int
    root: bytes
    signers: list[str]


@dataclass
class Report:
    """What was found. `faults` is empty when everything holds; `remarks` are no faults."""

    log: str = ""
    size: int = 0
    root: str = ""
    signed_by: list[str] = field(default_factory=list)
    entries: int = 0
    first: str = ""
    last: str = ""
    open_fields: int = 0
    closed_fields: int = 0
    earlier: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        """Record what does not hold; a flood of faults, mostly consequences of the first, is cut short."""
        self.faults[24:] = [text if len(self.faults) < 24 else "... and more"]


# ---- Ed25519 (RFC 8032 section 5.1), verification only, points as (X, Y, Z, T) ----
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def add(a: Point, b: Point) -> Point:
    """The sum of two points."""
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, z - t, z + t, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(k: int, a: Point) -> Point:
    """The point `a` added k times."""
    total: Point = (0, 1, 1, 0)
    while k:
        total, a, k = (add(total, a) if k & 1 else total), add(a, a), k >> 1
    return total


def point(data: bytes) -> Point | None:
    """The point that 32 bytes name, None when they name none."""
    y, sign = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is by the key `public` (32 bytes)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, base, s = point(public), point(b"X" + b"f" * 31), int.from_bytes(signature[32:], "little")
    if key is None or base is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    x, y, z, _ = add(times(s, base), times(k, (P - key[0], key[1], 1, P - key[3])))
    x, y = x * pow(z, P - 2, P) % P, y * pow(z, P - 2, P) % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# ---- signed notes (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature) ----
def unb64(text: str) -> bytes:
    """Bytes from base64 in its one spelling; nothing when it is spelled otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return b""
    return data if base64.b64encode(data).decode() == text else b""


Key = tuple[str, bytes, int, bytes]


def read_key(text: str) -> Key:
    """A verifier key as name, id, kind (1 log, 4 witness), public key."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    data = unb64(encoded)
    expected = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if len(data) != 33 or data[0] not in (1, 4) or not name or " " in name or expected.hex() != key_id:
        raise Unreadable(f"not a verifier key: {text[:200]}")
    return name, expected, data[0], data[1:]


def open_head(note: bytes, known: list[Key]) -> Head:
    """Verify a checkpoint, which the log's own key must have signed, and no known key wrongly."""
    text, gap, tail = note.decode(errors="replace").rpartition("\n\n")
    lines, signers = tail.split("\n"), list[str]()
    if not gap or lines.pop() or (text + gap + tail).encode() != note or CONTROL.search(text + tail):
        raise Fault("is not a signed note")
    for line in lines:
        dash, name, encoded = line.split(" ") if line.count(" ") == 2 else ("", "", "")
        data = unb64(encoded)
        if dash != "\N{EM DASH}" or not name or "+" in name or len(data) < 5:
            raise Fault("has a malformed signature line")
        for _, key_id, kind, public in [one for one in known if one[0] == name and one[1] == data[:4]]:
            message, when = text + "\n", ""
            if kind == 4:
                seconds = int.from_bytes(data[4:12], "big")
                message, when = f"cosignature/v1\ntime {seconds}\n{message}", f" (witness, at {seconds})"
            if not ed25519_verify(public, data[12:] if kind == 4 else data[4:], message.encode()):
                raise Fault(f"has a wrong signature by {name}: its text or signature was changed")
            if any(one.startswith(f"{name} {key_id.hex()}") for one in signers):
                raise Fault(f"is signed twice by {name}")
            signers.append(f"{name} {key_id.hex()}{when}")
    body = re.fullmatch(r"([^\n ]+)\n(0|[1-9][0-9]{0,15})\n(\S{44})", text)
    if not body or len(unb64(body[3])) != 32:
        raise Fault("is not a checkpoint")
    if not any(one[2] == 1 and one[0] == body[1] and f"{one[0]} {one[1].hex()}" in signers for one in known):
        raise Fault(f"(of the log {body[1]!r}) is not signed by any log key you gave for that log")
    return Head(body[1], int(body[2]), unb64(body[3]), signers)


# ---- the container: an uncompressed zip, every byte of which is prescribed ----
def members(path: Path, report: Report) -> dict[str, memoryview]:
    """The files in the bundle, as views of the mapped file."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            infos, data = archive.infolist(), memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError, ArithmeticError, RuntimeError, struct.error, zipfile.BadZipFile) as error:
        raise Unreadable(f"{path}: {error}") from None
    if not re.fullmatch(KNOWN, "\n".join(one.filename for one in infos)) or len(infos) >> 16:
        raise Unreadable("the bundle does not hold the files of an audit export, each once and in order")
    if len(data) >> 32 or sum(one.file_size for one in infos) > len(data):
        raise Unreadable("the bundle is larger than 4 GiB, or claims to hold more than it has")
    found, at, directory, sound = dict[str, memoryview](), 0, b"", True
    for one in infos:
        name, size = one.filename.encode(), one.file_size
        start, sizes = at + 30 + len(name), struct.pack("<3L", one.CRC, size, size)
        found[one.filename] = data[start : start + size]
        head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 8, 0, 0, 33, 0, 0, 0, len(name), 0) + name
        sound &= data[at:start] == head and data[start + size : start + size + 16] == b"PK\7\10" + sizes
        directory += struct.pack("<4s6H", b"PK\1\2", 20, 20, 8, 0, 0, 33) + sizes
        directory += struct.pack("<5H2L", len(name), 0, 0, 0, 0, 0, at) + name
        at = start + size + 16
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(infos), len(infos), len(directory), at, 0)
    if not sound or data[at:] != directory + end:
        raise Unreadable("the container is not laid out as an export is: it was changed or packed again")
    for one in infos:
        if zlib.crc32(found[one.filename]) != one.CRC:
            report.fault(f"the file {one.filename} in the bundle was damaged or changed (checksum)")
    return found


# ---- the log ----
def frames(data: memoryview) -> Iterator[bytes]:
    """The entries: two bytes of length, big-endian, and that many bytes; empty when these are missing."""
    at = 0
    while at < len(data):
        start, at = at + 2, at + 2 + int.from_bytes(data[at : at + 2], "big")
        yield bytes(data[start:at]) if at <= len(data) else b""


def slices(packed: bytes) -> Iterator[bytes]:
    """Hashes that lie one behind the other, 32 bytes each; bytes left over at the end are none."""
    return (packed[at : at + 32] for at in range(0, len(packed) - 31, 32))


def roots(packed: bytes, sizes: set[int]) -> dict[int, bytes]:
    """The root hashes (RFC 6962 section 2.1) of the trees over the first n leaf hashes, for each n in `sizes`."""
    stack, found = list[bytes](), {0: hashlib.sha256().digest()}
    for size, leaf in enumerate(slices(packed), 1):
        bits = size
        while not bits & 1:
            leaf, bits = hashlib.sha256(b"\1" + stack.pop() + leaf).digest(), bits >> 1
        stack.append(leaf)
        if size in sizes:
            *rest, root = stack
            for left in reversed(rest):
                root = hashlib.sha256(b"\1" + left + root).digest()
            found[size] = root
    return found


def name_changes(report: Report, entries: memoryview, hashes: list[bytes], leaves: list[bytes]) -> None:
    """Name the entries that differ from `leaves`, which hash to the signed root."""
    place_of, present = {leaf: seq for seq, leaf in enumerate(leaves)}, set(hashes)
    missing, order = {seq for seq, leaf in enumerate(leaves) if leaf not in present}, list[int]()
    for place, (data, one) in enumerate(zip(frames(entries), hashes, strict=True)):
        match = ENTRY.fullmatch(data)
        seq = int(match[3]) if match and int(match[3]) in missing else place
        if one in place_of:
            order.append(place_of[one])
        elif seq in missing:
            missing.remove(seq)
            report.fault(f"entry {seq} was changed: hash {one.hex()[:16]}, signed {leaves[seq].hex()[:16]}")
        else:
            report.fault(f"the entry at place {place} was added: the signed log does not have it")
    for seq in sorted(missing):
        report.fault(f"entry {seq} was removed")
    for before, after in pairwise(order):
        if before >= after:
            report.fault(f"entry {after} stands after entry {before}: entries were reordered or repeated")


def check_tree(report: Report, heads: list[Head], files: dict[str, memoryview]) -> None:
    """Hold the entries against every signed checkpoint, and say as narrowly as can be known what differs."""
    head, leaves = heads[0], bytes(files["leaves"])
    hashes = b"".join(hashlib.sha256(b"\0" + data).digest() for data in frames(files["entries"]))
    report.entries, own = len(hashes) // 32, roots(hashes, {one.size for one in heads})
    differ = [one.size for one in heads if own.get(one.size) != one.root]
    as_signed = report.entries == head.size and head.size not in differ
    if as_signed and hashes != leaves:
        report.fault("the file leaves was changed; the entries hash to the signed root")
    elif not as_signed and len(leaves) == head.size * 32 and roots(leaves, {head.size})[head.size] == head.root:
        name_changes(report, files["entries"], list(slices(hashes)), list(slices(leaves)))
    elif not as_signed:
        report.fault("neither the entries nor the file leaves hash to the signed root: the log was rewritten")
    if report.entries != head.size:
        report.fault(f"the signed checkpoint counts {head.size} entries, the bundle holds {report.entries}")
    for one in heads[1:]:
        if one.size > head.size:
            report.fault(f"an earlier checkpoint counts {one.size} entries, this {head.size}: tail cut off")
        elif one.size in differ:
            report.fault(f"the earlier checkpoint of {one.size} entries has another root: a rewritten log")
    if differ:
        first, agree = min(differ), [one.size for one in heads if one.size not in differ]
        agreed = max((size for size in agree if size < first), default=0)
        report.fault(f"the first difference from what was signed is in the entries {agreed} to {first - 1}")


def check_entries(report: Report, head: Head, files: dict[str, memoryview], start: int = 0) -> None:
    """Check the form, place, log and time of every entry from `start`, and the disclosures handed over with it."""
    shown, last = read_disclosures(report, files["disclosures.jsonl"]), -1
    number, texts = next(shown, (-1, []))
    for place, data in enumerate(frames(files["entries"]), start):
        match = ENTRY.fullmatch(data)
        digests = match[1].split(b",") if match and match[1] else []
        if not match or digests != sorted(set(digests)) or int(match[4]) >= 2**53:
            report.fault(f"entry {place} is not in the canonical form of an entry")
        else:
            if match[2] != head.origin.encode():
                report.fault(f"entry {place} belongs to another log, {match[2].decode()}")
            if int(match[3]) != place:
                report.fault(f"the entry at place {place} says that it is number {int(match[3])}")
            if int(match[4]) < last and len(report.remarks) < 25:
                report.remarks.append(f"the clock went back before entry {place}")
            last = int(match[4])
            report.last = str(EPOCH + timedelta(microseconds=last))
            report.first = report.first or report.last
        if number == place:
            check_disclosures(report, place, set(digests), texts)
            number, texts = next(shown, (-1, []))
        report.closed_fields += len(digests)
    report.closed_fields -= report.open_fields
    if number >= 0:
        report.fault(f"there are disclosures for entry {number}, which the bundle does not hold")


def read_disclosures(report: Report, data: memoryview) -> Iterator[tuple[int, list[bytes]]]:
    """Per line the number of an entry and the disclosures handed over with it; numbers rise."""
    at, last = 0, -1
    while at < len(data):
        match = SHOWN.match(data, at)
        if not match or int(match[2]) <= last:
            report.fault(f"disclosures.jsonl is malformed or out of order after the line of entry {last}")
            return
        at, last = match.end(), int(match[2])
        yield last, match[1].split(b",")


def check_disclosures(report: Report, place: int, digests: set[bytes], texts: list[bytes]) -> None:
    """Each disclosure must hash to a digest in its entry, and none may come twice or be malformed."""
    names = set(KEYS)
    for text in (quoted[1:-1] for quoted in texts):
        digest = base64.urlsafe_b64encode(hashlib.sha256(text).digest())[:-1]
        padded = text + b"=" * (-len(text) % 4)
        told = FIELD.fullmatch(base64.urlsafe_b64decode(padded)) if len(text) % 4 != 1 else None
        name = told[1] if told else b"?"
        if b'"%s"' % digest not in digests:
            report.fault(f"entry {place}: the disclosure of {name.decode()} was forged, or moved to here")
        elif not told or name in names:
            report.fault(f"entry {place}: the disclosure of {name.decode()} is malformed or comes twice")
        else:
            report.open_fields += 1
        names.add(name)


def check_witnesses(report: Report, head: Head, keys: list[Key], max_age: int | None, now: float | None) -> None:
    """Every witness whose key was given must have cosigned, and not longer than `max_age` seconds ago."""
    now = time.time() if now is None else now
    if max_age is not None and not any(kind == 4 for _, _, kind, _ in keys):
        raise Unreadable("a greatest age needs the key of a witness: only a witness tells the time")
    for name, key_id, kind, _ in keys:
        who = f"{name} {key_id.hex()} (witness, at "
        times = [int(one[len(who) : -1]) for one in head.signers if one.startswith(who)]
        if kind == 4 and not times:
            report.fault(f"the witness {name} has not cosigned the checkpoint")
        elif kind == 4 and max_age is not None and not -300 <= now - times[0] <= max_age:
            report.fault(f"the cosignature by {name} is older than {max_age} seconds, or from the future")


def der(data: bytes, at: int = 0) -> tuple[bytes, int]:
    """The content of the DER value that begins at `at`, and where it ends."""
    length, start = data[at + 1], at + 2
    if length & 128:
        start += length & 127
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data):
        raise IndexError
    return data[start : start + length], start + length


def check_stamps(report: Report, files: dict[str, memoryview]) -> None:
    """Each time-stamp token (RFC 3161) must be over its note; whether its signature holds, openssl tells."""
    for name in (one for one in files if one.endswith(".tsr")):
        token, note = bytes(files[name]), bytes(files[name.replace(".tsr", ".note")])
        try:
            info = der(der(der(token, token.index(TST) + len(TST))[0])[0])[0]
            policy = der(info, der(info)[1])[1]
            imprint, after = der(info, policy)
            time, (algorithm, rest) = der(info, der(info, after)[1])[0], der(imprint)
            over = der(imprint, rest)[0]
        except (IndexError, ValueError):
            report.fault(f"{name} is not a time-stamp token")
            continue
        if not algorithm.startswith(SHA256) or over != hashlib.sha256(note).digest():
            report.fault(f"{name} is a time stamp over something else than its note")
        elif len(report.remarks) < 25:
            report.remarks.append(f"{name} says {time.decode(errors='replace')}; openssl ts -verify tells if it holds")


def verify_bundle(
    path: Path, keys: list[str], earlier: list[bytes], max_age: int | None = None, now: float | None = None
) -> Report:
    """Check the export at `path` with your verifier `keys` and the `earlier` checkpoint notes you kept.

    Witnesses must have cosigned at most `max_age` seconds before `now` (default: by this machine's clock).
    Does not raise for a log that was tampered with: read `faults`. `Unreadable` when there is no export.
    """
    report, heads, parsed = Report(), list[Head](), [read_key(one) for one in keys]
    files = members(path, report)
    noted = [name for name in files if name.startswith("checkpoint") or name.endswith(".note")]
    notes = [(f"the bundle's {name}", bytes(files[name])) for name in noted]
    notes += [(f"your earlier checkpoint {number}", note) for number, note in enumerate(earlier, 1)]
    for label, note in notes:
        try:
            heads.append(open_head(note, parsed))
            if heads[-1].origin != heads[0].origin:
                raise Fault(f"is of another log, {heads.pop().origin}")
        except Fault as fault:
            report.fault(f"{label} {fault}")
            if not heads:
                return report
    head = heads[0]
    report.log, report.size, report.root = head.origin, head.size, base64.b64encode(head.root).decode()
    report.signed_by, report.earlier = head.signers, [one.size for one in heads[1:]]
    check_witnesses(report, head, parsed, max_age, now)
    check_stamps(report, files)
    check_tree(report, heads, files)
    check_entries(report, head, files)
    if files["verify.py"] != Path(__file__).read_bytes():
        report.remarks.append("the bundle carries another verify.py than the one now running")
    if not earlier and not any(kind == 4 for _, _, kind, _ in parsed):
        report.remarks.append("no earlier checkpoint, no witness: a log rewritten by its key would pass")
    return report


# ---- the proof of a single entry ----
def climb(node: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root to which an inclusion proof leads (RFC 6962 section 2.1.1); empty when its length is wrong."""
    last = size - 1
    for other in path:
        if last == 0:
            return b""
        left = index & 1 or index == last
        node = hashlib.sha256(b"\1" + other + node if left else b"\1" + node + other).digest()
        while left and index and not index & 1:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return b"" if last else node


def verify_proof(path: Path, keys: list[str], max_age: int | None = None, now: float | None = None) -> Report:
    """Check the proof of one entry (c2sp.org/tlog-proof): its `extra` holds the entry, framed as in an export,
    and then its opened fields, as a line of disclosures.jsonl. Faults and errors as `verify_bundle`.
    """
    report, parsed, match = Report(), [read_key(one) for one in keys], PROOF.fullmatch(path.read_bytes())
    extra = memoryview(unb64(match[1].decode()) if match else b"")
    if not match or len(extra) < 2:
        raise Unreadable(f"{path}: not the proof of an entry")
    index, hashes = int(match[2]), [unb64(one.decode()) for one in match[3].split()]
    try:
        head = open_head(match[4], parsed)
    except Fault as fault:
        report.fault(f"the checkpoint {fault}")
        return report
    report.log, report.size, report.root = head.origin, head.size, base64.b64encode(head.root).decode()
    report.signed_by, report.entries = head.signers, 1
    cut = 2 + int.from_bytes(extra[:2], "big")
    leaf = hashlib.sha256(b"\0" + extra[2:cut]).digest()
    if len(extra) < cut or index >= head.size or climb(leaf, index, head.size, hashes) != head.root:
        report.fault(f"the proof does not lead from entry {index} to the signed root: one of them was changed")
    check_witnesses(report, head, parsed, max_age, now)
    check_entries(report, head, {"entries": extra[:cut], "disclosures.jsonl": extra[cut:]}, index)
    return report


def main(arguments: list[str] | None = None) -> int:
    """The command line; see the head of this file."""
    parser = argparse.ArgumentParser(description="Verify an audit log export, offline.")
    parser.add_argument("bundle", type=Path, nargs="?")
    parser.add_argument("--proof", type=Path, help="the proof of a single entry, instead of a bundle")
    parser.add_argument("--max-age", type=int, help="most seconds since the witnesses cosigned")
    parser.add_argument("--key", action="append", required=True, help="verifier key of the log or a witness")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="a note you kept")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    if (options.bundle is None) == (options.proof is None):
        parser.error("give either a bundle or --proof")
    try:
        if options.proof is not None:
            report = verify_proof(options.proof, options.key, options.max_age)
        else:
            earlier = [one.read_bytes() for one in options.checkpoint]
            report = verify_bundle(options.bundle, options.key, earlier, options.max_age)
    except (Unreadable, OSError) as error:
        print(f"cannot verify: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(asdict(report), indent=1))
        return 1 if report.faults else 0
    for name, value in asdict(report).items():
        shown = [str(one) for one in value] if isinstance(value, list) else [str(value)]
        print(f"{name.replace('_', ' ') + ':':15}" + ("\n" + " " * 15).join(shown or ["none"]))
    print("FAULTY: do not rely on this log" if report.faults else "OK: every check passed")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
