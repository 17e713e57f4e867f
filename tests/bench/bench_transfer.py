"""Large files through the real service: `python -m tests.bench.bench_transfer [MEBIBYTES ...]` (default 1024 and 200).

The PDF shares one picture's bytes in memory and is thrown away while it is received. Printed: time, rate, and the
highest resident size of the gunicorn workers and of the PDF children.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from tests.adversarial.house import API, House, closing, house_on, read
from tests.bench.figures import Memory, machine, parts

BLOCK = 1024 * 1024
NOISE = os.urandom(1000 * 1000 * 3)
DRAW = b"q 595 0 0 842 0 0 cm /Im Do Q\n"
SHOW = b"<< /Length %d >>\nstream\n%sendstream" % (len(DRAW), DRAW)
PICTURE = (
    b"<< /Type /XObject /Subtype /Image /Width 1000 /Height 1000 /ColorSpace /DeviceRGB"
    b" /BitsPerComponent 8 /Length %d >>\nstream\n" % len(NOISE)
)


def large_pdf(mebibytes: int) -> tuple[int, Iterator[bytes]]:
    """The length and the pieces of a PDF of about this size, like a scan: a picture of 3 MB of noise on each page."""
    pages = max(1, mebibytes * BLOCK // len(NOISE))
    kids = b" ".join(b"%d 0 R" % (3 + 3 * number) for number in range(pages))
    bodies = [[b"<< /Type /Catalog /Pages 2 0 R >>"], [b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids)]]
    for number in range(pages):
        page = 3 + 3 * number
        resources = b"<< /XObject << /Im %d 0 R >> >>" % (page + 2)
        frame = b"/MediaBox [0 0 595 842] /Contents %d 0 R /Resources %s" % (page + 1, resources)
        bodies += [[b"<< /Type /Page /Parent 2 0 R %s >>" % frame], [SHOW], [PICTURE, NOISE, b"\nendstream"]]
    pieces, places, at = [b"%PDF-1.4\n"], [], 9
    for number, body in enumerate(bodies, start=1):
        places.append(at)
        whole = [b"%d 0 obj\n" % number, *body, b"\nendobj\n"]
        pieces += whole
        at += sum(map(len, whole))
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    table += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, at)
    return at + len(table), iter([*pieces, table])


def upload(house: House, mebibytes: int) -> str:
    """Uploads and prints; returns the version's id, or nothing when it was refused."""
    length, pieces = large_pdf(mebibytes)
    query = urlencode({"path": f"{mebibytes}.pdf", "tier": 1, "category": "claim-chart", "schedule": "work-product"})
    headers = {
        "Authorization": f"Bearer {house.token('ada')}",
        "Content-Type": "application/pdf",
        "Content-Length": str(length),
    }
    memory, began = Memory(house), time.perf_counter()
    with memory.watched(), closing(house.connection()) as connection:
        connection.timeout = 1800
        connection.request("PUT", f"{API}/matters/{house.world.matter}/documents?{query}", pieces, headers)
        reply = read(connection.getresponse())
    seconds = time.perf_counter() - began
    print(f"upload of {length / BLOCK:.0f} MiB: {reply.status}, {seconds:.1f} s, {length / BLOCK / seconds:.0f} MiB/s")
    memory.report(f"upload of {mebibytes} MiB")
    if reply.status != 201:
        print(reply.body[:300].decode())
        return ""
    return str(reply.json["version"])


def download(house: House, mebibytes: int, version: str) -> None:
    """Downloads and prints; the bytes are thrown away as they come."""
    memory, began, size, first = Memory(house), time.perf_counter(), 0, 0.0
    with memory.watched(), closing(house.connection()) as connection:
        connection.timeout = 1800
        headers = {"Authorization": f"Bearer {house.token('ada')}"}
        connection.request("GET", f"{API}/versions/{version}/file", headers=headers)
        response = connection.getresponse()
        while piece := response.read(BLOCK):
            size, first = size + len(piece), first or time.perf_counter() - began
            last = piece
    seconds = time.perf_counter() - began
    print(
        f"download of {mebibytes} MiB: {response.status}, {size / BLOCK:.0f} MiB in {seconds:.1f} s, first {first:.1f} s"
    )
    memory.report(f"download of {mebibytes} MiB")
    if response.status != 200:
        print(last[:300].decode())


def main(sizes: tuple[int, ...] = (1024, 200)) -> None:
    """Measures and prints."""
    with parts() as made, house_on(made.database("sqlite", "room"), made.seaweed, made.folder) as house:
        house.start_web(workers=2)
        for mebibytes in sizes:
            version = upload(house, mebibytes)
            if version:
                download(house, mebibytes, version)


if __name__ == "__main__":
    machine()
    main(tuple(int(size) for size in sys.argv[1:]) or (1024, 200))
