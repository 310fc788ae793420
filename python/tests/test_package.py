"""The package as it is published: built, installed and used without the repository around it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from email.parser import BytesParser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent

CONSUMER = """
import grpc
from espalier_plugin import Host, serve

def register(server: grpc.Server, host: Host) -> None:
    reveal_type(host.dial(1))

serve(register, mtls="required")
serve(register, mtls="always")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the sdist, and of the wheel that was built from the sdist."""
    directory = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(directory)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    return directory


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    [path] = built.glob("espalier_plugin-*-py3-none-any.whl")
    return path


def test_the_wheel_has_the_package_its_types_and_its_license(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    package = {f"espalier_plugin/{path.name}" for path in (ROOT / "espalier_plugin").glob("*.py")}
    assert package | {"espalier_plugin/py.typed"} == {
        name for name in names if name.startswith("espalier_plugin/")
    }
    assert [name for name in names if name.endswith("/licenses/LICENSE")]


def test_the_sdist_can_be_tested(built: Path) -> None:
    [path] = built.glob("espalier_plugin-*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "tests/conftest.py"} <= names
    assert {f"tests/{path.name}" for path in (ROOT / "tests").glob("test_*.py")} <= names


def test_its_description_leads_nowhere_outside_of_the_package(wheel: Path) -> None:
    archive = ZipFile(wheel)
    [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = BytesParser().parsebytes(archive.read(name))
    assert metadata["Name"] == "espalier-plugin"
    assert set(metadata.get_all("Provides-Extra", [])) == {"mtls", "dev"}
    links = re.findall(r"\]\(([^)]*)\)", str(metadata.get_payload()))
    assert [link for link in links if not link.startswith(("#", "https://"))] == []


def test_installed_from_the_wheel_it_serves(wheel: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    options = ["--disable-pip-version-check", "--target", str(tmp_path)]
    subprocess.run([*pip, *options, str(wheel)], check=True)
    code = "import espalier_plugin as e; print(e.__file__); e.serve(lambda server: None)"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.stdout == f"{tmp_path / 'espalier_plugin' / '__init__.py'}\n"
    assert "This program is a plugin" in result.stderr


def test_a_consumer_is_type_checked_against_it(tmp_path: Path) -> None:
    (tmp_path / "consumer.py").write_text(CONSUMER)
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, "consumer.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert [line for line in result.stdout.splitlines() if line.startswith("consumer.py")] == [
        'consumer.py:6: note: Revealed type is "grpc.Channel"',
        'consumer.py:9: error: Argument "mtls" to "serve" has incompatible type '
        "\"Literal['always']\"; expected \"Literal['auto', 'required', 'off']\"  [arg-type]",
    ]
