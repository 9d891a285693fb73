"""Instance: one target database with its client schema, and how to connect to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dtm.model.resources import Kind, Resource


class SecretKind(StrEnum):
    """Where a secret is looked up at the moment it is needed."""

    ENV = "env"
    FILE = "file"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A reference to a secret, never the secret: `value` is a variable, a path or argv."""

    kind: SecretKind
    value: str | tuple[str, ...]

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> SecretRef:
        """Build from `{env: NAME}`, `{file: PATH}` or `{command: [prog, arg]}`."""
        ((kind, value),) = spec.items()
        return cls(SecretKind(kind), tuple(value) if isinstance(value, list) else value)

    def __str__(self) -> str:
        shown = " ".join(self.value) if isinstance(self.value, tuple) else self.value
        return f"{self.kind.value}:{shown}"


@dataclass(frozen=True, slots=True)
class ConnectSpec:
    """How to connect: exactly one of `dsn` and `tns_alias`; a password reference or a wallet.

    `wallet` and `tns_admin` are directories. `user` may be a proxy, `login[owner]`.
    """

    user: str
    dsn: str | None = None
    tns_alias: str | None = None
    password: SecretRef | None = None
    wallet: str | None = None
    wallet_password: SecretRef | None = None
    tns_admin: str | None = None

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> ConnectSpec:
        """Build from a canonical `connect:` block (or the `repository:` block of dtm.yaml)."""

        def secret(key: str) -> SecretRef | None:
            return SecretRef.from_spec(spec[key]) if spec.get(key) else None

        return cls(
            user=spec["user"],
            dsn=spec.get("dsn"),
            tns_alias=spec.get("tnsAlias"),
            password=secret("password"),
            wallet=spec.get("wallet"),
            wallet_password=secret("walletPassword"),
            tns_admin=spec.get("tnsAdmin"),
        )

    @property
    def target(self) -> str:
        """What the driver connects to: the DSN or the alias."""
        return self.dsn or self.tns_alias or ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One target. A connection to a database not in `expect_db_unique_names` is refused."""

    name: str
    environment: str
    connect: ConnectSpec
    enabled: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)
    expect_db_unique_names: tuple[str, ...] = ()

    @classmethod
    def from_resource(cls, resource: Resource) -> Instance:
        """Build from a canonical resource of this kind."""
        assert resource.id.kind is Kind.INSTANCE  # noqa: S101 - a caller's mistake, not input
        spec = resource.spec
        return cls(
            name=resource.id.name,
            environment=spec["environment"],
            connect=ConnectSpec.from_spec(spec["connect"]),
            enabled=spec.get("enabled", True),
            labels=resource.metadata.get("labels", {}),
            expect_db_unique_names=tuple(spec.get("expect", {}).get("dbUniqueName", ())),
        )
