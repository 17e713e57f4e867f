"""Loading the law, its digest, its refusals, and the shape of its answers."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from policies.engine import Attr, Column, Entity, Law, LawError, Ref, SetExists, Value
from policies.engine.digest import digest_of, law_files
from policies.engine.law import PACKAGED
from tests.unit.test_policies_cast import LAW, NOW, OTHER, OWN, changed, matter, member, thing

VERSIONS = sa.Table(
    "versions",
    sa.MetaData(),
    sa.Column("id", sa.String, primary_key=True),
    *[
        sa.Column(name, sa.String)
        for name in ("matter", "organisation", "document", "category", "state", "author", "club", "wall", "export")
    ],
    sa.Column("tier", sa.BigInteger),
    sa.Column("original", sa.Boolean),
    sa.Column("held", sa.Boolean),
    sa.Column("clawed", sa.Boolean),
    sa.Column("reserved", sa.Boolean),
    sa.Column("audience", sa.String),
    *[sa.Column(name, sa.String) for name in ("meant", "named", "team", "granted", "asking", "visitors")],
)


def mapping() -> dict[str, Attr]:
    """Versions for the law."""
    found: dict[str, Attr] = {
        name: Column(VERSIONS.c[name], attr.kind, nullable=False)
        for name, attr in LAW.shape.entities["Version"].items()
        if not attr.many
    }
    sets = {name: attr.kind for name, attr in LAW.shape.entities["Version"].items() if attr.many}
    return found | {name: _holds(VERSIONS.c[name], kind) for name, kind in sets.items()}


def _holds(column: sa.Column[str], kind: str) -> SetExists:
    """A set that has one element."""
    return SetExists(lambda value: column == value, kind)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the law's files alone, to be spoilt."""
    for path in law_files(PACKAGED):
        target = tmp_path / path.relative_to(PACKAGED)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return tmp_path


def test_digest_is_recomputable_by_hand(copy: Path) -> None:
    total = hashlib.sha256()
    names = sorted(p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file())
    for name in names:
        content = (copy / name).read_bytes()
        total.update(name.encode() + b"\0" + len(content).to_bytes(8, "big") + content)
    assert Law.load(copy).digest == total.hexdigest() == LAW.digest


def test_digest_changes_with_every_file(copy: Path) -> None:
    seen = {LAW.digest}
    for path in law_files(copy):
        comment = "#" if path.suffix == ".toml" else "//"
        path.write_text(path.read_text() + f"\n{comment} changed\n")
        seen.add(digest_of(copy))
    assert Law.load(copy).digest in seen
    assert len(seen) == len(law_files(copy)) + 1


SPOILT = {
    "a syntax error": ("access/audit.cedar", "permit (", "permit ", "audit.cedar"),
    "an unknown attribute": ("access/audit.cedar", "resource.shared", "resource.sharde", "own-entries|shared-entries"),
    "an unknown action": ("access/audit.cedar", '"audit.export"', '"audit.exprot"', "exports-the-log"),
    "a missing id": ("access/audit.cedar", '@id("shared-entries-are-read")\n', "", "@id"),
    "a missing sentence": ("access/matters.cedar", "@sentence", "@saying", "@sentence"),
    "an id used twice": ("access/holds.cedar", "compliance-holds-own", "custodian-contributes", "twice"),
    "a category dropped from a wall": ("access/competition.cedar", '    "costs",\n', "", "different categories"),
    "a category widened in the list": ("categories.toml", '"clean-team"\npublishable = false\nbasis = "TFEU Article 101; S', '"everyone"\npublishable = true\nbasis = "TFEU Article 101; S', "different categories"),
    "an unknown trigger": ("retention/work-product.toml", "matter_closed", "whenever", "trigger"),
    "a bad period": ("retention/work-product.toml", "P7Y", "7 years", "period"),
    "a schedule under another name": ("retention/work-product.toml", '"work-product"', '"work"', "work-product"),
    "a gap between tiers": ("tiers.toml", "level = 2", "level = 5", "levels"),
    "an unknown key": ("tiers.toml", 'name = "General"', 'name = "General"\ncolour = "red"', "colour"),
    "a broken schema": ("access/schema.cedarschema", "entity Organisation;", "entity Organisation", "schema"),
    "a missing wall": ("access/competition.cedar", '@audience("counsel")\n', "", "different categories"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(SPOILT))
def test_spoilt_law_does_not_load(copy: Path, what: str) -> None:
    name, before, after, complaint = SPOILT[what]
    path = copy / name
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(LawError, match=complaint):
        Law.load(copy)


@pytest.mark.parametrize("name", ["access/schema.cedarschema", "tiers.toml", "categories.toml", "rationales.toml"])
def test_missing_files_stop_the_start(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(LawError):
        Law.load(copy)


def test_no_rules_or_schedules_stop_the_start(copy: Path) -> None:
    shutil.rmtree(copy / "retention")
    with pytest.raises(LawError, match="retention"):
        Law.load(copy)


@pytest.mark.parametrize("name", ["extra.toml", "access/more/rules.cedar", "retention/old/x.toml", "rules.cedar"])
def test_law_in_the_wrong_place_is_refused(copy: Path, name: str) -> None:
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_text("")
    with pytest.raises(LawError, match="not a file the law consists of"):
        Law.load(copy)


def test_a_link_is_not_law(copy: Path) -> None:
    real = copy / "tiers.toml"
    moved = real.rename(copy / "tiers.txt")
    real.symlink_to(moved)
    with pytest.raises(LawError, match="plain file"):
        Law.load(copy)


@pytest.mark.parametrize(
    "body",
    [
        'resource.author like "a*"',
        "resource.tier + 1 > 2",
        "resource.audience == principal.matter.organisations",
        "resource.document.held",
        "(if resource.held then resource.tier else 1) > 2",
    ],
)
def test_a_rule_that_cannot_filter_does_not_load(copy: Path, body: str) -> None:
    scope = 'principal is Member, action == Action::"page.view", resource is Version'
    path = copy / "access" / "extra.cedar"
    path.write_text(f'@id("extra") @sentence("Extra.")\npermit ({scope}) when {{ {body} }};\n')
    with pytest.raises(LawError, match=r"extra cannot become a filter for page\.view"):
        Law.load(copy)


def test_templates_are_refused(copy: Path) -> None:
    (copy / "access" / "extra.cedar").write_text(
        '@id("x") @sentence("X.") permit (principal == ?principal, action, resource);'
    )
    with pytest.raises(LawError, match="templates"):
        Law.load(copy)


def test_decision_names_its_rules_and_explains_them() -> None:
    yes = LAW.decide(member("custodian"), "page.view", thing("Version"), NOW)
    assert (yes.allowed, yes.policies, yes.errors) == (True, ("custodian-sees-own-versions",), ())
    assert LAW.explain(yes) == (LAW.policies["custodian-sees-own-versions"].sentence,)
    no = LAW.decide(member("custodian", tier=1), "page.view", thing("Version"), NOW)
    assert (no.allowed, no.policies) == (False, ("clearance",))
    silent = LAW.decide(member("compliance"), "page.view", thing("Version"), NOW)
    assert (silent.allowed, silent.policies) == (False, ())
    assert LAW.explain(silent) == ("No rule permits this.",)


MALFORMED: dict[str, tuple[Entity, str, Entity, dict[str, Value]]] = {
    "unknown action": (member("custodian"), "page.veiw", thing("Version"), dict(NOW)),
    "a group instead of an action": (member("custodian"), "sees-pages", thing("Version"), dict(NOW)),
    "wrong resource type": (member("custodian"), "page.view", thing("Document"), dict(NOW)),
    "wrong principal type": (thing("Service"), "page.view", thing("Version"), dict(NOW)),
    "missing circumstance": (member("custodian"), "page.view", thing("Version"), {}),
    "unknown circumstance": (member("custodian"), "page.view", thing("Version"), {**NOW, "weather": "fine"}),
    "wrong circumstance": (member("custodian"), "page.view", thing("Version"), {"now": "noon"}),
    "attribute of the wrong type": (
        member("custodian", active="yes"),
        "page.view",
        thing("Version"),
        dict(NOW),
    ),
    "unknown attribute": (member("custodian", admin=True), "page.view", thing("Version"), dict(NOW)),
    "missing attribute": (Entity("Member", "m", {"user": "ada"}), "page.view", thing("Version"), dict(NOW)),
    "number too large": (member("custodian", tier=2**63), "page.view", thing("Version"), dict(NOW)),
    "matter not described": (
        member("custodian", matter=Ref("Matter", "m1")),
        "document.publish",
        thing("Document"),
        dict(NOW),
    ),
    "matter described differently": (
        member("custodian"),
        "document.upload",
        matter("closed"),
        dict(NOW),
    ),
    "not a value": (member("custodian"), "page.view", thing("Version"), {"now": 1.5}),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("what", sorted(MALFORMED))
def test_malformed_questions_are_refused(what: str) -> None:
    decision = LAW.decide(*MALFORMED[what])
    assert not decision.allowed
    assert decision.errors
    assert decision.policies == ()
    assert LAW.explain(decision) == ("The rules could not be applied to this, so it is refused.",)


def test_one_malformed_resource_refuses_the_whole_batch() -> None:
    good, bad = thing("Version"), Entity("Version", "x2", {"tier": 1})
    assert [d.allowed for d in LAW.decide_each(member("custodian"), "page.view", [good], NOW)] == [True]
    assert [d.allowed for d in LAW.decide_each(member("custodian"), "page.view", [good, bad], NOW)] == [
        False,
        False,
    ]
    assert LAW.decide_each(member("custodian"), "page.view", [], NOW) == ()


def test_many_actions_at_once_are_answered_as_each_alone() -> None:
    names = sorted(LAW.actions)
    for who in (member("custodian"), member("partner", OTHER), member("compliance", tier=1)):
        for what in (thing("Version"), thing("Document"), matter()):
            alone = tuple(LAW.decide(who, name, what, NOW) for name in names)
            assert LAW.decide_all(who, names, what, NOW) == alone
            assert any(decision.errors for decision in alone)
    assert LAW.decide_all(member("custodian"), [], thing("Version"), NOW) == ()
    assert not LAW.decide_all(member("custodian"), ["page.view"], thing("Version"), {"now": "soon"})[0].allowed


def test_others_describe_what_rules_follow() -> None:
    who = member("custodian", matter=Ref("Matter", "m1"))
    assert LAW.decide(who, "document.publish", thing("Document"), NOW, [matter()]).allowed
    assert not LAW.decide(who, "document.publish", thing("Document"), NOW, [matter("closed")]).allowed


def test_malformed_principal_or_context_keeps_no_rows() -> None:
    bad: list[tuple[Entity, dict[str, Value]]] = [
        (Entity("Member", "m", {"user": "ada"}), dict(NOW)),
        (member("custodian", active="yes"), dict(NOW)),
        (member("custodian"), {}),
        (member("custodian"), {**NOW, "weather": "fine"}),
        (member("custodian"), {"now": 1.5}),  # type: ignore[dict-item]
    ]
    for who, context in bad:
        assert str(LAW.narrow(who, "page.view", "Version", mapping(), context)) == "0 = 1"


def test_narrow_refuses_questions_that_make_no_sense() -> None:
    for action, kind in (("page.veiw", "Version"), ("page.view", "Document"), ("sees-pages", "Version")):
        with pytest.raises(LawError):
            LAW.narrow(member("custodian"), action, kind, mapping(), NOW)
    with pytest.raises(LawError):
        LAW.narrow(thing("Service"), "page.view", "Version", mapping(), NOW)


def test_narrow_with_a_column_left_out_keeps_no_row() -> None:
    partial = {name: attr for name, attr in mapping().items() if name != "category"}
    assert str(LAW.narrow(member("partner", OTHER), "page.view", "Version", partial, NOW)) == "0 = 1"


def test_narrow_needs_no_null_handling_on_full_columns() -> None:
    where = LAW.narrow(member("partner", OTHER), "document.list", "Version", mapping(), NOW)
    assert "NULL" not in str(where)
    assert "audience" in str(where)


TABLE = sa.Table("t", sa.MetaData(), sa.Column("full", sa.Integer, nullable=False), sa.Column("gap", sa.Integer))
CERTAIN = [
    (TABLE.c.full, True),
    (TABLE.c.gap, False),
    (sa.exists().where(TABLE.c.gap == 1), True),
    (TABLE.c.gap.is_(None), True),
    (TABLE.c.gap.is_not(None), True),
    (TABLE.c.full == 1, True),
    (TABLE.c.gap == 1, False),
    (TABLE.c.full == TABLE.c.gap, False),
    (sa.and_(TABLE.c.full > 1, TABLE.c.gap.is_(None)), True),
    (sa.or_(TABLE.c.full > 1, TABLE.c.gap > 1), False),
    (sa.select(TABLE.c.full).scalar_subquery(), False),
    (sa.func.max(TABLE.c.full), False),
    (TABLE.c.full + 1, False),
    (sa.column("unknown"), False),
]


@pytest.mark.parametrize(("expression", "certain"), CERTAIN, ids=str)
def test_only_what_is_certain_counts_as_full(expression: sa.ColumnElement[object], certain: bool) -> None:
    assert Column(expression, "long").full is certain
    assert Column(expression, "long", nullable=True).full is False
    assert Column(expression, "long", nullable=False).full is True


def test_threads_share_one_law() -> None:
    cases = [
        (member(role, side), thing("Version", tier=tier))
        for role in ("custodian", "partner")
        for side in (OWN, OTHER)
        for tier in (1, 3)
    ]
    expected = [LAW.decide(who, "page.view", what, NOW) for who, what in cases]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda case: LAW.decide(case[0], "page.view", case[1], NOW), cases * 25))
    assert found == expected * 25


def test_the_law_is_not_changed_through_its_face() -> None:
    with pytest.raises(TypeError):
        LAW.policies["x"] = LAW.policies["clearance"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        LAW.digest = "x"  # type: ignore[misc]


def test_every_rule_reads_as_a_sentence() -> None:
    for policy in LAW.policies.values():
        assert policy.sentence[0].isupper()
        assert policy.effect in {"permit", "forbid"}
        assert f'@id("{policy.id}")' in policy.text


def test_every_action_is_permitted_by_some_rule() -> None:
    for name, shape in LAW.actions.items():
        relevant = LAW._relevant[name, shape.principals[0], shape.resources[0]]
        assert any(policy.effect == "permit" for policy in relevant), name


def test_changed_entities_do_not_touch_the_original() -> None:
    version = thing("Version")
    assert changed(version, tier=4).attrs["tier"] == 4
    assert version.attrs["tier"] == 2
