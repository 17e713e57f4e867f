"""The command line of the library: `python -m redaction apply|verify|search|words`.

Exit status: 0 done and verified, 2 refused by name, 1 failed.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from . import Plan, Refused, VerificationFailed, apply, search, verify, words
from .report import FinalMark

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
    command.set_defaults(run=_apply)
    command = commands.add_parser("verify", help="check a redacted document against its report")
    command.add_argument("document", type=Path)
    command.add_argument("report", type=Path)
    command.add_argument("--original", type=Path)
    command.set_defaults(run=_verify)
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
    result = apply(options.document.read_bytes(), plan)
    options.output.write_bytes(result.output)
    if options.report:
        options.report.write_text(json.dumps(result.report.to_json(), indent=1), "utf-8")
    return DONE


def _verify(options: argparse.Namespace) -> int:
    report = json.loads(options.report.read_text("utf-8"))
    marks = [_mark(item) for item in report["marks"]]
    affected = [(int(page), (box[0], box[1], box[2], box[3])) for page, box in report["affected"]]
    original = options.original.read_bytes() if options.original else None
    checks = verify(options.document.read_bytes(), marks, original=original, affected=affected)
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
