"""Which messages say the same of different instances."""

from __future__ import annotations

from dtm.model.alike import code_of, grouped, sense


def test_a_code_says_it_all() -> None:
    assert sense("ORA-12170: no answer from db7:1521/S7 within 20 s", "s7") == "ORA-12170"
    assert code_of("DPY-6005: cannot connect") == "DPY-6005"
    assert code_of("DBID is 4711") is None


def test_what_belongs_to_an_instance_does_not_tell_apart() -> None:
    one = "no version of P is released on emea-1; DBID 3865804755 at db1.x:1521/SALES"
    two = "no version of P is released on apac-2; DBID 1864218407 at db2.x:1521/SALES"
    assert sense(one, "emea-1") == sense(two, "apac-2")
    assert sense("P lacks CREATE TABLE", "a") != sense("P lacks CREATE VIEW", "b")
    assert sense("", "a") == ""


def test_the_largest_group_comes_first_and_order_is_kept() -> None:
    said = [
        ("a", "ORA-01017: x"),
        ("b", "locked on b"),
        ("c", "locked on c"),
        ("d", "ORA-01017: y"),
    ]
    said.append(("e", "locked on e"))
    found = grouped(said, lambda s: s[1], lambda s: s[0])
    assert [[name for name, _ in group] for group in found] == [["b", "c", "e"], ["a", "d"]]
