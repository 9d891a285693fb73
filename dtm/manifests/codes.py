"""Every diagnostic code with one sentence about it; documentation and SARIF rules are made from it."""

from __future__ import annotations

from typing import Final

CODES: Final = {
    "aliases": "YAML aliases that contain themselves or expand to too much.",
    "ambiguous-number": "A number with a leading zero; YAML versions read it differently.",
    "api-version": "A document whose apiVersion is not dtm/v1.",
    "conflict": "Fields that exclude each other.",
    "dangling-reference": "A name that refers to nothing.",
    "duplicate-item": "Something listed twice.",
    "duplicate-key": "A field given twice.",
    "duplicate-name": "Two resources of one kind (or two tasks) of the same name.",
    "empty-file": "A file without documents.",
    "encoding": "A file that is not UTF-8.",
    "invalid-value": "A value outside its form or range.",
    "key-type": "A field name that is not text.",
    "literal-secret": "A secret written into a manifest.",
    "merge-key": "A YAML merge key without a mapping.",
    "missing-field": "A required field that is not there.",
    "missing-file": "A source file that does not exist.",
    "missing-variable": "An environment variable that dtm.yaml needs and nobody set.",
    "no-effect": "A setting without effect.",
    "nothing-selected": "A selection that selects nothing.",
    "number-range": "A number that cannot be kept exactly.",
    "oracle-name": "A name Oracle would not take.",
    "outside-tree": "A path that leads out of the working tree.",
    "parameter-value": "A parameter value that does not fit its declaration.",
    "rename": "A renamedFrom that cannot be.",
    "reserved-name": "A name with a meaning of its own.",
    "settings": "dtm.yaml is not one document.",
    "source-unit": "A source file that is not one CREATE statement of the right kind.",
    "tag": "A YAML tag.",
    "template": "A template that cannot be rendered.",
    "undeclared-parameter": "A parameter the operation does not declare.",
    "unknown-field": "A field the schema does not know.",
    "unknown-kind": "A kind that does not exist.",
    "unreadable": "A file that cannot be read.",
    "wrong-type": "A value of the wrong type.",
    "wrong-value": "A value that is not among the allowed ones.",
    "yaml-syntax": "Text that is not YAML.",
}
