"""Interval partitions: made when the first row for them comes (VLDB and Partitioning Guide 19c,
"Interval Partitioning"). Above the last range partition (the transition point) every interval
is a partition of its own, whether or not the one below it exists.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import Catalog, now
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, Table
from dtm.sandbox.sql.encoding import Encoded, decode_number, encode_number, encode_timestamp
from dtm.sandbox.sql.partitions_sql import high_value
from dtm.sandbox.sql.partitions_template import from_template


def transition(partitioning: Partitioning) -> Encoded:
    """The upper bound of the last range partition."""
    return [p for p in partitioning.partitions if not p.interval][-1].values[0][0]


def bounds_for(partitioning: Partitioning, value: Encoded) -> tuple[Encoded, Encoded]:
    """(lower, upper) bound of the interval `value` lies in. ORA-14400 for NULL."""
    start = transition(partitioning)
    if value is None or start is None:
        raise OraError(14400)
    unit, size = partitioning.step or ("N", 1)
    if unit == "N":
        first, number = decode_number(start), decode_number(value)
        if first is None or number is None:
            raise OraError(14400)
        step = decode_number(size) or 1
        lower = first + (number - first) // step * step
        return encode_number(lower), encode_number(lower + step)
    moment = dt.datetime.fromisoformat(str(value))
    begin = dt.datetime.fromisoformat(str(start))
    if unit == "S":
        width = dt.timedelta(microseconds=int(size))
        low = begin + (moment - begin) // width * width
        return encode_timestamp(low), encode_timestamp(low + width)
    months = (moment.year - begin.year) * 12 + moment.month - begin.month
    count = months // int(size)
    while add_months(begin, count * int(size)) > moment:
        count -= 1
    low = add_months(begin, count * int(size))
    return encode_timestamp(low), encode_timestamp(add_months(begin, (count + 1) * int(size)))


def add_months(moment: dt.datetime, months: int) -> dt.datetime:
    """The same day and time `months` later; the day is at most 28 (ORA-14767)."""
    total = moment.year * 12 + moment.month - 1 + months
    return moment.replace(year=total // 12, month=total % 12 + 1)


def with_interval(
    catalog: Catalog, table: Table, partitioning: Partitioning, value: Encoded
) -> Partitioning:
    """The partitioning with a partition for `value`."""
    lower, upper = bounds_for(partitioning, value)
    if any(p.interval and p.values[0][0] == upper for p in partitioning.partitions):
        return partitioning
    number = catalog.new_id()
    columns = [c for name in partitioning.columns if (c := table.column(name)) is not None]
    made = Partition(
        id=number,
        name=f"SYS_P{number}",
        text=high_value(columns, partitioning.method, ((upper,),)),
        values=((upper,),),
        tablespace=table.tablespace,
        interval=True,
        lower=(lower,),
        created=now(),
    )
    if partitioning.sub is not None:
        made = from_template(catalog, partitioning.sub, made)
    partitions = [*partitioning.partitions, made]
    ranges = [p for p in partitions if not p.interval]
    intervals = sorted((p for p in partitions if p.interval), key=lambda p: p.values[0][0] or 0)
    return replace(partitioning, partitions=(*ranges, *intervals))


def solidified(partitioning: Partitioning, last: Partition) -> Partitioning:
    """The interval partitions up to `last` as range partitions: the transition point moves up
    (VLDB and Partitioning Guide, "Merging Interval Partitions", "Splitting Partitions")."""
    bound = last.values[0][0]
    partitions = tuple(
        replace(part, interval=False, lower=None)
        if part.interval and part.values[0][0] <= bound  # type: ignore[operator]
        else part
        for part in partitioning.partitions
    )
    return replace(partitioning, partitions=partitions)
