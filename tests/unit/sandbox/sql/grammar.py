"""Random statements of Oracle SQL for the fuzz test: mostly well typed, seldom meaningful."""

from __future__ import annotations

import random

NUMBER, TEXT, DATE = "n", "t", "d"
LITERALS = {
    NUMBER: ["1", "0", "-3", "2.5", "1e3", "12345678901234567890123", "null", "1/3", "0.1f", ":1"],
    TEXT: ["'a'", "''", "'12'", "'2026-01-31'", "'01-JAN-26'", "'%'", "user", "null", "'ANN'"],
    DATE: [
        "date '2026-01-31'",
        "sysdate",
        "timestamp '2026-01-31 10:00:00.5'",
        "systimestamp",
        "trunc(sysdate)",
    ],
}
COLUMNS = {
    NUMBER: ["e.id", "e.sal", "e.mgr", "e.dept", "x.id", "sal", "mgr"],
    TEXT: ["e.nm", "x.dn", "nm"],
    DATE: ["e.d", "d"],
}
# Templates: %n, %t, %d are arguments of that type.
CALLS = {
    NUMBER: [
        "length(%t)", "instr(%t, %t)", "round(%n, 1)", "trunc(%n)", "mod(%n, %n)", "abs(%n)",
        "sign(%n)", "nvl(%n, %n)", "to_number(%t)", "months_between(%d, %d)", "decode(%t, %t, %n, 0)",
        "greatest(%n, %n)", "coalesce(%n, %n)", "nullif(%n, %n)", "extract(year from %d)",
        "power(%n, 2)", "regexp_instr(%t, 'a')", "ascii(%t)", "ora_hash(%t)", "ceil(%n)",
        "(%d - %d)", "(%n + %n)", "(%n - %n)", "(%n * %n)", "(%n / %n)", "- %n", "cast(%n as number(5,2))",
        "nvl2(%t, %n, %n)", "vsize(%t)", "bitand(%n, 3)", "case when %c then %n else %n end",
        "(select max(%n) from dept x)", "case %n when 1 then %n end",
    ],
    TEXT: [
        "upper(%t)", "substr(%t, %n, 2)", "lpad(%t, 3, '0')", "trim(%t)", "to_char(%n)",
        "to_char(%d, 'YYYY-MM-DD')", "nvl(%t, %t)", "replace(%t, %t, %t)", "translate(%t, 'a', 'b')",
        "regexp_substr(%t, '[a-z]+')", "regexp_replace(%t, 'a', %t)", "concat(%t, %t)", "(%t || %n)",
        "(%t || %t)", "initcap(%t)", "chr(65)", "decode(%n, 1, %t, %t)", "to_char(%n, '999.9')",
        "sys_context('USERENV', 'SID')", "dump(%t)", "rawtohex(%t)", "cast(%n as varchar2(10))",
        "case when %c then %t else %t end", "(select min(%t) from dept x)", "cast(%t as char(3))",
        "rowidtochar(e.rowid)", "greatest(%t, %t)",
    ],
    DATE: [
        "(%d + %n)", "(%d - 1)", "add_months(%d, %n)", "last_day(%d)", "trunc(%d, 'MM')",
        "to_date(%t, 'YYYY-MM-DD')", "nvl(%d, sysdate)", "next_day(%d, 'MON')", "round(%d)",
        "cast(%d as date)", "(%d + numtodsinterval(%n, 'HOUR'))", "(%d + interval '3' day)",
        "to_timestamp(%t, 'YYYY-MM-DD')", "greatest(%d, %d)", "case when %c then %d end",
    ],
}  # fmt: skip
AGGREGATES = {
    NUMBER: ["count(*)", "count(%t)", "sum(%n)", "avg(%n)", "max(%n)", "stddev(%n)", "median(%n)",
             "count(distinct %t)", "max(%n) keep (dense_rank first order by %t)"],
    TEXT: ["min(%t)", "listagg(%t, ',') within group (order by %n)"],
    DATE: ["max(%d)"],
}  # fmt: skip
WINDOWS = [
    "row_number() over (partition by %t order by %n)",
    "sum(%n) over (order by %d)",
    "lag(%n, 1, 0) over (order by %n)",
    "rank() over (order by %t desc nulls last)",
    "count(*) over ()",
    "first_value(%n) over (order by %t rows between 1 preceding and current row)",
    "ratio_to_report(%n) over ()",
    "ntile(2) over (order by %n)",
    "last_value(%n) ignore nulls over (order by %t)",
    "lag(%t ignore nulls, 1, %t) over (order by %n)",
    "count(*) over (order by %d range between 30 preceding and interval '1' day following)",
    "percentile_cont(0.5) within group (order by %n) over (partition by %t)",
    "max(%n) keep (dense_rank last order by %d) over (partition by %t)",
    "listagg(distinct %t, ',') within group (order by %n) over (partition by %n)",
]
CONDITIONS = [
    "%n = %n", "%n > %n", "%t <> %t", "%t <= %t", "%d < %d", "%n is null", "%t is not null",
    "%t like 'a%'", "%n in (1, %n)", "%t in (%t, 'x')", "%n between %n and %n", "%d >= sysdate - %n",
    "exists (select 1 from dept x where x.id = %n)", "%n in (select x.id from dept x)",
    "(%n, %t) in (select x.id, x.dn from dept x)", "%n > all (select x.id from dept x)",
    "regexp_like(%t, '^a')", "%n = any (1, 2)", "rownum <= 2", "not (%n = 1)", "%t = %n", "%d = %t",
    "e.rowid = %t", "lnnvl(%n > 1)", "rownum = %n", "mod(rownum, 2) = 1", "rownum < %n or %c",
]  # fmt: skip
TABLES = ["emp e, dept x", "emp e left join dept x on e.dept = x.id", "emp e cross join dept x",
          "emp e full join dept x on (x.id = e.dept and %c)",
          "emp e, (select id, dn from dept where rownum < 3 order by id) x",
          "emp e cross apply (select id, dn from dept where id >= e.dept or %c) x",
          "emp e left join lateral (select d.* from dept d where d.id = e.dept order by %t) x on %c",
          "(select * from emp) e join (select * from dept) unpivot (dn for id in (dn as 1)) x "
          "on %c", "emp e, dept sample (50) x"]  # fmt: skip


class Grammar:
    """Makes statements from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def value(self, kind: str | None = None, depth: int = 3) -> str:
        choose = self.random.choice
        if kind is None or self.chance(4):
            kind = choose([NUMBER, TEXT, DATE])
        roll = self.random.randrange(100)
        if depth <= 0 or roll < 30:
            return choose(COLUMNS[kind]) if self.chance(55) else choose(LITERALS[kind])
        return self.fill(choose(CALLS[kind]), depth - 1)

    def fill(self, template: str, depth: int) -> str:
        parts = template.split("%")
        text = parts[0]
        for part in parts[1:]:
            letter, rest = part[:1], part[1:]
            if letter in (NUMBER, TEXT, DATE):
                text += self.value(letter, depth) + rest
            elif letter == "c":
                text += self.condition(depth - 1) + rest
            else:
                text += "%" + part
        return text

    def condition(self, depth: int = 2) -> str:
        text = self.fill(self.random.choice(CONDITIONS), depth)
        if depth > 0 and self.chance(30):
            word = self.random.choice(["and", "or"])
            return f"({text} {word} {self.condition(depth - 1)})"
        return text

    def query(self, depth: int = 3) -> str:
        choose = self.random.choice
        tables = self.fill(choose(TABLES), 1)
        where = f" where {self.condition(depth)}" if self.chance(70) else ""
        if self.chance(35):
            return self.grouped(tables, where, depth)
        items = [self.value(None, depth) for _ in range(self.random.randint(1, 3))]
        if self.chance(20):
            items.append(self.fill(choose(WINDOWS), depth - 1))
        text = f"select {choose(['', '', '', 'distinct '])}{', '.join(items)} from {tables}{where}"
        if self.chance(10):
            text += " start with e.mgr is null connect by nocycle prior e.id = e.mgr"
        if self.chance(10):
            other = (
                self.query(depth - 1)
                if self.chance(30)
                else f"select {', '.join(items)} from {tables}"
            )
            text += f" {choose(['union', 'union all', 'minus', 'intersect'])} {other}"
        elif self.chance(30):
            text += f" order by {choose(['1', items[0]])} {choose(['', 'desc', 'nulls first'])}"
        if self.chance(15):
            text += choose([" fetch first 2 rows only", " fetch first 50 percent rows only",
                            " offset 1 row fetch next 1 row with ties"])  # fmt: skip
        return text

    def grouped(self, tables: str, where: str, depth: int) -> str:
        choose = self.random.choice
        key = self.value(None, 1)
        kind = choose([NUMBER, TEXT, DATE])
        items = [key, self.fill(choose(AGGREGATES[kind]), depth - 1)]
        text = f"select {', '.join(items)} from {tables}{where}"
        grouping = choose(
            [key, key, f"rollup({key})", f"grouping sets (({key}), (e.id, {key}), ())"]
        )
        text += f" group by {grouping}"
        if self.chance(20):
            text += f" having count(*) > {self.value(NUMBER, 0)}"
        return text + (" order by 1" if self.chance(30) else "")

    def statement(self) -> str:
        roll = self.random.randrange(100)
        if roll < 70:
            return self.query()
        if roll < 78:
            values = f"{self.value(NUMBER).replace('e.', '')}, {self.value(TEXT, 0)}"
            return f"insert into dept (id, dn) values ({values})"
        if roll < 83:
            return f"insert into dept select e.id, x.dn from {self.fill(TABLES[0], 1)}"
        if roll < 91:
            value = self.value(TEXT).replace("x.", "e.").replace("e.dn", "e.nm")
            return f"update emp e set nm = {value}, sal = {self.value(NUMBER, 0)} where {self.condition()}"
        if roll < 93:
            view = (
                f"(select e.*, {self.value(None, 1)} extra from emp e where {self.condition(1)})"
            )
            return f"update {view.replace('x.', 'e.').replace('e.dn', 'e.nm')} set sal = id"
        if roll < 95:
            return f"delete from emp e where {self.condition()}"
        return (
            "merge into dept t using (select id i, nm from emp) s on (t.id = s.i) "
            f"when matched then update set dn = {self.random.choice(['s.nm', 't.dn || s.nm'])} "
            "when not matched then insert (id, dn) values (s.i, s.nm)"
        )
