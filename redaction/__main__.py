"""The command line of the library: `python -m redaction apply|verify|search|words|marks|leak`.

Exit status: 0 done and verified, 2 refused by name, 1 failed.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from . import (
    Plan,
    Refused,
    VerificationFailed,
    apply,
    leak,
    opens,
    proof,
    read_marks,
    search,
    signed,
    spelled,
    verify,
    verify_proof,
    verify_sealed,
    words,
    write_marks,
)
from .proofs import proven_part
from .report import Check, FinalMark

DONE, FAILED, REFUSED = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Refused as refused:
        print(f"refused: {refused.code}: {refused.sentence}", file=sys.stderr)
        return REFUSED
    except VerificationFailed as failed:
        print(f"failed: {failed}", file=sys.stderr)
        for name, detail in failed.failures:
            print(f"  {name}: {detail}", file=sys.stderr)
        return FAILED
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="redaction", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("apply", help="redact a document by a plan")
    command.add_argument("document", type=Path)
    command.add_argument("plan", type=Path)
    command.add_argument("-o", "--output", type=Path, required=True)
    command.add_argument("--report", type=Path)
    command.add_argument("--proof", type=Path, help="the proof, for anybody")
    command.add_argument("--salt", type=Path, help="where the proof's salt goes; without it, beside the proof")
    command.add_argument("--sign", type=Path, help="a file with the Ed25519 secret that signs the proof, hexadecimal")
    command.add_argument("--name", default="", help="the name of that key")
    command.set_defaults(run=_apply)
    command = commands.add_parser("verify", help="check a redacted document against its proof or report")
    command.add_argument("document", type=Path)
    command.add_argument("report", type=Path)
    command.add_argument("--key", help="the verifier key the proof has to be signed by")
    command.add_argument("--original", type=Path, help="with it, the checks that only its holder can make")
    command.add_argument("--plan", type=Path, help="with a proof and the original: what was asked to be removed")
    command.add_argument("--salt", type=Path, help="with a proof and the original: opens the commitment")
    command.set_defaults(run=_verify)
    command = commands.add_parser("marks", help="print /Redact annotations as a plan, or write a plan as such")
    command.add_argument("document", type=Path)
    command.add_argument("--plan", type=Path)
    command.add_argument("-o", "--output", type=Path)
    command.set_defaults(run=_marks)
    command = commands.add_parser("leak", help="how many words of a list (one a line) fit each gap")
    command.add_argument("document", type=Path)
    command.add_argument("plan", type=Path)
    command.add_argument("words", type=Path)
    command.set_defaults(run=_leak)
    command = commands.add_parser("search", help="find a term")
    command.add_argument("document", type=Path)
    command.add_argument("term")
    command.set_defaults(run=_search)
    command = commands.add_parser("words", help="list the words of a page")
    command.add_argument("document", type=Path)
    command.add_argument("page", type=int)
    command.set_defaults(run=_words)
    return parser


def _apply(options: argparse.Namespace) -> int:
    plan = Plan.from_json(options.plan.read_text("utf-8"))
    original = options.document.read_bytes()
    result = apply(original, plan)
    options.output.write_bytes(result.output)
    if options.report:
        options.report.write_text(json.dumps(result.report.to_json(), indent=1), "utf-8")
    if options.proof:
        salt, kept = token_bytes(32), options.salt or options.proof.with_name(options.proof.name + ".salt")
        kept.write_text(salt.hex() + "\n", "ascii")
        print(f"the salt that opens the proof's commitment is in {kept}; keep it with the original", file=sys.stderr)
        held = proof(result, original, salt)
        if options.sign:
            secret = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(options.sign.read_text("ascii")))
            held = signed(held, options.name, secret.sign)
        options.proof.write_bytes(spelled(held))
    return DONE


def _verify(options: argparse.Namespace) -> int:
    report = json.loads(options.report.read_text("utf-8"))
    if "format" in report:
        return _verify_proof(options, report)
    marks = [_mark(item) for item in report["marks"]]
    affected = [(int(page), (box[0], box[1], box[2], box[3])) for page, box in report["affected"]]
    original = options.original.read_bytes() if options.original else None
    checks = verify(
        options.document.read_bytes(), marks, original=original, affected=affected, title=str(report.get("title", ""))
    )
    return _told(checks)


def _verify_proof(options: argparse.Namespace, held: dict[str, object]) -> int:
    """The public tier, and with the original the sealed one."""
    output = options.document.read_bytes()
    checks = [*verify_proof(output, held, options.key)]
    if options.original:
        if not options.plan or not options.salt:
            raise ValueError("--original needs --plan and --salt")
        original, plan = options.original.read_bytes(), Plan.from_json(options.plan.read_text("utf-8"))
        checks.append(opens(held, original, bytes.fromhex(options.salt.read_text("ascii"))))
        checks += verify_sealed(proven_part(output, held), original, plan)
    if not options.key:
        print("not judged: who issued the proof (give --key)")
    return _told(checks)


def _told(checks: Sequence[Check]) -> int:
    for check in checks:
        print(f"{'passed' if check.passed else 'FAILED'} {check.name}: {check.detail}")
    return DONE if all(check.passed for check in checks) else FAILED


def _mark(item: dict[str, object]) -> FinalMark:
    corners = item["quad"]
    if not isinstance(corners, list):
        raise ValueError("the report has a mark without corners")
    quad = tuple((float(x), float(y)) for x, y in corners)
    return FinalMark(
        id=str(item["id"]),
        page=int(str(item["page"])),
        quad=quad,
        level=str(item["level"]),
        asked_level=str(item["asked_level"]),
        code=str(item["code"]),
        rationale=str(item["rationale"]),
    )


def _marks(options: argparse.Namespace) -> int:
    data = options.document.read_bytes()
    if not options.plan:
        print(json.dumps(read_marks(data), indent=1))
        return DONE
    if not options.output:
        raise ValueError("--plan needs --output")
    options.output.write_bytes(write_marks(data, Plan.from_json(options.plan.read_text("utf-8"))))
    return DONE


def _leak(options: argparse.Namespace) -> int:
    plan = Plan.from_json(options.plan.read_text("utf-8"))
    words_listed = [line.strip() for line in options.words.read_text("utf-8").splitlines() if line.strip()]
    for told in leak(options.document.read_bytes(), plan, words_listed):
        print(json.dumps(asdict(told)))
    return DONE


def _search(options: argparse.Namespace) -> int:
    for hit in search(options.document.read_bytes(), options.term):
        print(json.dumps(asdict(hit)))
    return DONE


def _words(options: argparse.Namespace) -> int:
    for word in words(options.document.read_bytes(), options.page):
        print(json.dumps(asdict(word)))
    return DONE


if __name__ == "__main__":
    sys.exit(main())
