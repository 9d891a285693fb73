"""Packages that pyproject.toml cannot express: the JSON Schemas of the top level ship inside dtm."""

from __future__ import annotations

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dtm", "dtm.*"]), "dtm.schemas"],
    package_dir={"dtm.schemas": "schemas"},
)
