"""One version, one name and one address: pyproject.toml, CITATION.cff, the changelog and the book's settings agree."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
SETTINGS = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Known gaps"}


def test_the_version_is_one_and_the_changelog_tells_of_it_first():
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (?:not released yet|\d{4}-\d{2}-\d{2})$", CHANGELOG, re.MULTILINE)
    assert CITATION["version"] == PROJECT["version"] == versions[0]
    assert versions == sorted(versions, key=lambda v: [int(part) for part in v.split(".")], reverse=True)
    assert len(re.findall(r"^## ", CHANGELOG, re.MULTILINE)) == 1 + len(versions)  # and [Unreleased]
    assert set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE)) <= KINDS


def test_the_citation_names_what_the_project_names():
    assert [author["name"] for author in CITATION["authors"]] == [author["name"] for author in PROJECT["authors"]]
    assert CITATION["authors"][0]["name"] == SETTINGS["author"]
    assert CITATION["repository-code"] == SETTINGS["repository"]["url"]
    assert PROJECT["license"] in CITATION["license"]
    assert CITATION["title"].startswith(SETTINGS["title"] + ":")
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= CITATION.keys()  # what the form asks for
