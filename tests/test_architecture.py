"""The shape of the code, kept by tests: who imports whom, and who may touch a key."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from privacy.base import Base, KeyBase, LogBase, Sensitivity, UnclassifiedColumn, column

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT: dict[str, set[str]] = {
    "privacy": set(),
    "auth": {"privacy"},
    "analytics": {"privacy"},
    "portal": {"privacy", "auth", "analytics"},
}
WEB = {"flask", "flask_login", "flask_wtf", "werkzeug", "jinja2"}
MODULES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))]
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

modules = pytest.mark.parametrize("path", MODULES, ids=NAMES)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@modules
def test_packages_import_only_downwards(path: Path) -> None:
    assert imported(path) & MAY_IMPORT.keys() <= MAY_IMPORT[package_of(path)] | {package_of(path)}


@modules
def test_the_web_stays_in_the_portal(path: Path) -> None:
    if package_of(path) != "portal":
        assert not imported(path) & WEB


@modules
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(parsed(path)) or not path.read_text().strip()


def tables(base: type[DeclarativeBase]) -> Iterator[tuple[str, str, str]]:
    """Every foreign key of a store: the package of its table, the table, and the package that it points at."""
    for name in NAMES:
        if name.endswith("models.py") or name.startswith("privacy/"):
            importlib.import_module(name.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    package = {m.local_table: m.class_.__module__.split(".")[0] for m in base.registry.mappers}
    for table in base.metadata.sorted_tables:
        for key in table.foreign_keys:
            yield package[table], str(table.name), package[key.column.table]


@pytest.mark.parametrize("base", [Base, LogBase, KeyBase])
def test_foreign_keys_point_only_downwards(base: type[DeclarativeBase]) -> None:
    for here, table, there in tables(base):
        assert there in MAY_IMPORT[here] | {here}, table


@pytest.mark.parametrize("base", [Base, LogBase, KeyBase])
def test_every_table_of_a_person_has_the_subject_in_its_key_or_none(base: type[DeclarativeBase]) -> None:
    """Citus distributes by subject: a table that is filed by subject has it in the primary key."""
    for table in base.metadata.sorted_tables:
        if any(c.name == "sealed" for c in table.columns) and "subject_id" in table.columns:
            assert table.columns["subject_id"].primary_key, table.name


@pytest.mark.parametrize("base", [Base, LogBase, KeyBase])
def test_column_without_a_sensitivity_is_refused(base: type[DeclarativeBase]) -> None:
    with pytest.raises(UnclassifiedColumn, match=r"Oops\.note"):

        class Oops(base):  # type: ignore[misc, valid-type]
            __tablename__ = f"oops_{base.__name__.lower()}"
            id: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True)
            note: Mapped[str] = mapped_column()

    base.metadata.remove(base.metadata.tables[next(n for n in base.metadata.tables if "oops" in n)])


# Who may touch what. Elsewhere nobody derives a key, opens a seal, or reads the vault or the payloads of the log.
# A relay's device key is the desk's own: it opens what waits there, and nothing of the portal's.

KEYS = {
    "privacy/granted.py",
    "privacy/inventory.py",
    "privacy/keys.py",
    "privacy/log_seals.py",
    "privacy/row_seal.py",
}
ALLOWED = {
    "field_key": KEYS,
    "FieldKey": KEYS | {"privacy/seal.py", "privacy/log_commit.py", "portal/relay/device_key.py"},
    "derive": {
        "portal/relay/device_key.py",
        "privacy/key_files.py",
        "privacy/keys.py",
        "privacy/disclosure.py",
        "privacy/hot.py",
        "privacy/log_seals.py",
        "privacy/seats.py",
        "privacy/stamp_key.py",
    },
    "unwrap": {"privacy/keys.py", "privacy/wrapping.py", "privacy/file_keys.py"},
    "vault._open": {"privacy/disclosure.py"},
    "vault._open_all": {"privacy/disclosure.py"},
    "grants._open": {"privacy/granted_gate.py"},
    "threads._open": {"privacy/granted_gate.py"},
    "RowSeal": {"privacy/row_seal.py", "privacy/hot.py", "privacy/vault.py"},
    "hot.open_head": {"analytics/receiving.py"},
    "log.of_subject": {"privacy/access_log.py", "privacy/log_gate.py"},
    "log.looks": {"privacy/log_gate.py"},
    "log.looks_and_reviews": {"privacy/log_gate.py"},
    "Looks": {"privacy/access_log.py"},
    "log.read": {
        "privacy/log_gate.py",
        "privacy/key_history.py",  # of the organisation alone; gives out days of keys and a digest, no person
        "privacy/log_said.py",  # of the organisation alone; gives out yes or no
        "privacy/policy_history.py",  # likewise; digests of the policy and of the keys that sign it
        "privacy/release_history.py",  # likewise; periods of team figures, and digests of these
    },
    "log.entry": {"privacy/log_gate.py"},
    "log.export_bundle(open)": {"privacy/log_gate.py"},
}


def names_used(path: Path) -> set[str]:
    """Every name, attribute, import and string of a module; those of a vault or a log also as `vault.x`, `log.x`."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute):
            found |= {node.attr, f"{owner(node.value)}.{node.attr}"}
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)  # getattr(keys, "field_key")
        elif isinstance(node, ast.Call) and any(word.arg == "open" for word in node.keywords):
            found.add(f"{ast.unparse(node.func).removeprefix('self._')}(open)")
    return found


def owner(node: ast.expr) -> str:
    """The last name of what an attribute is taken from: "vault" for `self._vault` and for `system().vault`."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.removeprefix("_")


USED = {name: names_used(path) for name, path in zip(NAMES, MODULES, strict=True)}


@pytest.mark.parametrize("touched", ALLOWED)
def test_only_the_named_modules_touch_keys_seals_and_payloads(touched: str) -> None:
    found = {module for module, names in USED.items() if touched in names}

    assert found - ALLOWED[touched] == set()
    assert found, f"nobody touches {touched}: this test guards nothing"


@modules
def test_nobody_reaches_into_the_gate_or_the_key_ring(path: Path) -> None:
    if package_of(path) != "privacy":
        assert not names_used(path) & {
            "gate._vault",
            "gate._log",
            "keys._cache",
            "keys.derive",
            "vault.keys",
            "_open_rows",
        }
