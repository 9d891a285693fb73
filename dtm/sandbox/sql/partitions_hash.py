"""Hash partitions: which of N a row lies in.

Oracle does not publish its hash function; what counts is that a row's place follows from its key,
that NULLs go to the first partition, and that adding a partition moves rows of one other only
(VLDB and Partitioning Guide 19c, "Hash Partitioning", "Adding a Partition to a Hash-Partitioned
Table").
"""

from __future__ import annotations

import binascii

from dtm.sandbox.sql.encoding import Encoded


def bucket(*arguments: Encoded) -> int:
    """The number (0 ...) of the partition out of `arguments[0]` for the key in the rest."""
    count = int(arguments[0] or 1)
    key = arguments[1:]
    if all(value is None for value in key):
        return 0
    digest = 0
    for value in key:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        data = value if isinstance(value, bytes) else repr(value).encode()
        digest = binascii.crc32(data + b"\0", digest)
    return place(digest, count)


def place(digest: int, count: int) -> int:
    """Linear hashing: the partitions of the last, unfinished doubling split one by one."""
    power = 1 << (count - 1).bit_length()
    found = digest % power
    return found if found < count else found - power // 2


def split_by(count: int) -> int:
    """The number of the partition whose rows a new one, number `count`, takes over in part."""
    power = 1 << count.bit_length()
    return count - power // 2
