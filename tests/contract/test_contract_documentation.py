"""``docs/contracts.md`` says what the contracts say, and a contract that says too little is refused by name."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from autopack_executor.service import ExecutorServicer
from autopack_gatekeeper import servicer as gatekeeper
from autopack_rpc.roles import Role
from autopack_store import access as store
from autopack_store.baselines.rpc import BaselineServicer
from autopack_store.decisions.rpc import DecisionServicer
from autopack_store.evidence.rpc import EvidenceServicer
from autopack_store.results.rpc import ResultServicer
from autopack_store.runs.rpc import RunServicer
from dev.contracts import document as document_contracts
from dev.contracts.document import PAGE, read_contracts
from dev.contracts.generate import PROTO, ROOT
from dev.contracts.page import document

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"(?<!\\)\[[^\]]+\]\(([^)]+)\)")
ROW = re.compile(r"(?<!\\)\|")

NO_ROLES: Mapping[str, frozenset[Role]] = {}
"""The executor is open to every role."""

WHOLE = """\
syntax = "proto3";
package autopack.sample.v1;
// Serves things.
service ThingService {
  // One thing.
  // Callers: executor.
  rpc GetThing(GetThingRequest) returns (stream Thing);
}
// Request of GetThing.
message GetThingRequest {}
// What a thing is.
enum Kind {
  // Not given: refused.
  KIND_UNSPECIFIED = 0;
}
// A thing.
message Thing {
  reserved 9, 12 to 14;
  reserved "old";
  // Its name, with a | in it.
  // Limit: 1 to 64 characters. Rule: printable.
  string name = 1;
  // How long it took.
  // Unit: milliseconds. Limit: 1 to 1,000.
  uint64 duration_ms = 2;
  // Its kind.
  Kind kind = 3;
  // Its parts.
  // Limit: at most 20 entries of 1 to 8 characters each. Rule: strictly ascending.
  repeated string parts = 4;
  // Its content.
  oneof content {
    // As bytes.
    // Limit: 1 byte to 3 MiB.
    bytes raw = 5;
    // As a thing in it.
    Thing inner = 6;
  }
}
"""


@pytest.fixture(scope="module")
def contracts() -> FileDescriptorSet:
    """The committed contracts."""
    return read_contracts(PROTO)


@pytest.fixture(scope="module")
def page() -> str:
    """The committed page."""
    return PAGE.read_text(encoding="utf-8")


def sections(page: str) -> Mapping[str, list[list[str]]]:
    """The table of each element by its full name: its rows, each a list of cells."""
    tables = {}
    for section in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        name, _, body = section.partition("\n")
        lines = [line for line in body.splitlines() if line.startswith("|")]
        tables[name] = [[cell.strip() for cell in ROW.split(line)[1:-1]] for line in lines]
    return tables


def sample(folder: Path, text: str) -> tuple[str, list[str]]:
    """The page and the problems of one contract."""
    target = folder / "autopack" / "sample" / "v1" / "thing.proto"
    target.parent.mkdir(parents=True)
    target.write_text(text, encoding="utf-8")
    return document(read_contracts(folder))


def test_the_page_is_current_and_every_comment_says_enough(contracts: FileDescriptorSet, page: str) -> None:
    """The committed page is what the committed contracts say, and they leave nothing unsaid."""
    assert (page, []) == document(contracts)


def test_the_page_is_the_same_in_any_order_of_files(contracts: FileDescriptorSet, page: str) -> None:
    """The order in which files are read does not show."""
    assert page == document(FileDescriptorSet(file=list(contracts.file)[::-1]))[0]


def test_every_element_has_a_row(contracts: FileDescriptorSet, page: str) -> None:
    """Each field, enum value and RPC of each contract stands in the table of its message, enum or service, once."""
    expected = {}
    for file in contracts.file:
        for message in file.message_type:
            rows = sorted((field.number, field.name) for field in message.field)
            expected[f"{file.package}.{message.name}"] = [f"{number} `{name}`" for number, name in rows]
        for enum in file.enum_type:
            expected[f"{file.package}.{enum.name}"] = [f"{value.number} `{value.name}`" for value in enum.value]
        for service in file.service:
            expected[f"{file.package}.{service.name}"] = [f"`{rpc.name}`" for rpc in service.method]
    shown = {
        name: [row[0] if row[0].startswith("`") else f"{row[0]} {row[1]}" for row in rows[2:]]
        for name, rows in sections(page).items()
    }
    assert expected == shown


def test_all_rows_of_a_table_have_its_columns(page: str) -> None:
    """Nothing in a comment breaks a table."""
    assert [] == [name for name, rows in sections(page).items() if len({len(row) for row in rows}) > 1]


def test_links_lead_somewhere(page: str) -> None:
    """Each anchor is the one that GitHub makes of a heading, no heading comes twice, and files that are named exist."""
    anchors = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(page)]
    assert sorted(set(anchors)) == sorted(anchors)
    targets = set(LINK.findall(page))
    assert set() == {target[1:] for target in targets if target.startswith("#")} - set(anchors)
    assert [] == [name for name in targets if not name.startswith("#") and not (PAGE.parent / name).is_file()]


@pytest.mark.parametrize(
    ("package", "roles", "servicers"),
    [
        (
            "store",
            store.ROLES,
            (BaselineServicer, DecisionServicer, EvidenceServicer, ResultServicer, RunServicer),
        ),
        ("gatekeeper", gatekeeper.ROLES, (gatekeeper.GatekeeperServicer,)),
        ("executor", NO_ROLES, (ExecutorServicer,)),
    ],
    ids=["store", "gatekeeper", "executor"],
)
def test_callers_are_those_that_the_service_lets_in(
    package: str, roles: Mapping[str, frozenset[Role]], servicers: tuple[type, ...], page: str
) -> None:
    """Whom the page names as callers of an RPC that is served are the roles that the service's interceptor allows."""
    served = {rpc for servicer in servicers for rpc in vars(servicer)}
    documented = {
        f"/{name}/{row[0].strip('`')}": row[3]
        for name, rows in sections(page).items()
        if name.startswith(f"autopack.{package}.v1.") and rows and rows[0][0] == "RPC"
        for row in rows[2:]
        if row[0].strip("`") in served
    }
    allowed = {method: " and ".join(sorted(role.value for role in callers)) for method, callers in roles.items()}
    assert {method: allowed.get(method, "every role") for method in documented} == documented
    assert set() == set(roles) - set(documented)


def test_a_contract_that_says_everything_is_written(tmp_path: Path) -> None:
    """Numbers, presence, streams, units, limits, rules and what is reserved are on the page."""
    page, problems = sample(tmp_path, WHOLE)
    assert [] == problems
    rows = sections(page)
    assert [
        "`GetThing`",
        "[GetThingRequest](#autopacksamplev1getthingrequest)",
        "stream of [Thing](#autopacksamplev1thing)",
        "executor",
        "One thing.",
    ] == rows["autopack.sample.v1.ThingService"][2]
    thing = rows["autopack.sample.v1.Thing"][2:]
    name = ["1", "`name`", "string", "plain", "Its name, with a \\| in it.", "", "1 to 64 characters", "printable"]
    assert name == thing[0]
    assert ["milliseconds", "1 to 1,000", ""] == thing[1][5:]
    assert ["list of string", "list"] == thing[3][2:4]
    assert ["bytes", "one of `content`"] == thing[4][2:4]
    assert "Never to be used again: 9, 12 to 14, `old`." in page


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  // Its kind.\n", "", "Thing.kind: has no comment that says what it is"),
        ("// A thing.\n", "", "Thing: has no comment that says what it is"),
        ("// What a thing is.\n", "", "Kind: has no comment that says what it is"),
        ("  // Not given: refused.\n", "", "Kind.KIND_UNSPECIFIED: has no comment that says what it is"),
        ("  // Its content.\n", "", "Thing.content: has no comment that says what it is"),
        ("// Serves things.\n", "", "ThingService: has no comment that says what it is"),
        ("  // One thing.\n", "", "ThingService.GetThing: has no comment that says what it is"),
        ("  // Callers: executor.\n", "", "ThingService.GetThing: 'Callers: .' is none of: client, every role, "),
        ("Callers: executor.", "Callers: nobody.", "ThingService.GetThing: 'Callers: nobody.' is none of: "),
        ("Unit: milliseconds. ", "", "Thing.duration_ms: is a number without a unit"),
        ("Unit: milliseconds.", "Unit: lines.", "Thing.duration_ms: a name ends in _ms exactly when the unit is"),
        ("Unit: milliseconds.", "Unit: ms.", "Thing.duration_ms: 'Unit: ms.' is none of: "),
        ("Limit: 1 to 64 characters. Rule", "Rule", "Thing.name: is bounded or not; add 'Limit: ...'"),
        ("1 to 64 characters", "short", "Thing.name: 'Limit: short.' is not put as limits of text are"),
        ("1 to 64 characters", "1 to 64 bytes", "Thing.name: 'Limit: 1 to 64 bytes.' is not put as limits of text are"),
        ("at most 20 entries of 1 to 8 characters each", "20", "Thing.parts: 'Limit: 20.' is not put as limits of ent"),
        ("1 byte to 3 MiB", "3 MiB or so", "Thing.raw: 'Limit: 3 MiB or so.' is not put as limits of bytes are"),
        ("1 to 1,000", "1 to 1000", "Thing.duration_ms: 'Limit: 1 to 1000.' is not put as limits of number are"),
        ("  // Its kind.\n", "  // Its kind.\n  // Limit: 3.\n", "Thing.kind: has a limit, and neither length nor"),
        ("  // Its kind.\n", "  // Its kind.\n  // Unit: tests.\n", "Thing.kind: has a unit, and is not a number"),
        ("Rule: printable.", "Rule: printable", "Thing.name: 'Rule: printable' is not a sentence with a full stop"),
        (
            "Limit: 1 to 64 characters. Rule: printable.",
            "Rule: printable. Limit: 1 to 64 characters.",
            "Thing.name: lab",
        ),
        ("in it.\n  // Limit", "in it. Limit", "Thing.name: 'Limit:' in the prose"),
        ("  // Its kind.\n", "  // Its kind.\n  // Rules: none.\n", "Thing.kind: 'Rules:' in the prose"),
        ("Kind kind = 3;", "Kind kind = 3;  // Its kind.", "Thing.kind: has a comment behind it"),
        ("// A thing.\n", "// A thing.\n// Limit: none of its own.\n", "Thing: labels Limit; expected none"),
        ("Kind kind = 3;", "map<string, string> kind = 3;", "Thing.KindEntry: is a map"),
    ],
)
def test_what_a_comment_leaves_unsaid_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """The element whose comment says too little, or says it otherwise than agreed, is named with the problem."""
    assert 1 == WHOLE.count(old)
    _, problems = sample(tmp_path, WHOLE.replace(old, new))
    assert [True] == [found.startswith(f"autopack.sample.v1.{problem}") for found in problems[:1]], problems


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("// One changed file.", "// A changed file.", "docs/contracts.md does not say what the contracts say"),
        (
            "  // Unit: lines. Limit",
            "  // Limit",
            "the comment of autopack.results.v1.ChangedFile.lines_added: is a num",
        ),
    ],
    ids=["changed", "unsaid"],
)
def test_the_check_fails_for_a_changed_comment(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """``make check`` fails with the reason once a comment of a contract differs from the page or says too little."""
    shutil.copytree(PROTO / "autopack", tmp_path / "proto" / "autopack")
    scripts = Path(document_contracts.__file__).parent.relative_to(ROOT)
    shutil.copytree(ROOT / scripts, tmp_path / scripts)
    (tmp_path / "docs").mkdir()
    shutil.copy(PAGE, tmp_path / "docs")
    command = [sys.executable, "-m", document_contracts.__name__, "--check"]
    contract = tmp_path / "proto" / "autopack" / "results" / "v1" / "changed_files.proto"
    assert 0 == subprocess.run(command, cwd=tmp_path, check=False).returncode
    contract.write_text(contract.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    answer = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (1, True) == (answer.returncode, answer.stderr.startswith(complaint)), answer.stderr
