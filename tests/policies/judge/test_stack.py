"""Looking up the resources of a stack by what they go by."""

from __future__ import annotations

from policies.judge.resources import Resource, Stack, resource

COLOURED = "test:index:Coloured"


def coloured(name: str, *colours: str, type_: str = COLOURED) -> Resource:
    return resource(type_, name, {"colours": list(colours)})


def colours(_: Stack, subject: Resource) -> list[str] | None:
    return subject["colours"].texts() or None


def names(found: list[Resource]) -> list[str]:
    return [each.name for each in found]


def test_those_that_share_a_handle_and_those_that_tell_none_come_in_the_order_of_the_stack() -> None:
    stack = Stack(
        [coloured("a", "red"), coloured("b"), coloured("c", "blue", type_="x"), coloured("d", "red", "blue")],
    )
    assert names(stack.sharing(colours, ["blue", "red"], COLOURED, "x")) == ["a", "b", "c", "d"]
    assert names(stack.sharing(colours, ["blue"], "x", COLOURED)) == ["b", "c", "d"]
    assert names(stack.sharing(colours, ["blue"], COLOURED)) == ["b", "d"]
    assert names(stack.sharing(colours, [], COLOURED)) == ["b"]


def test_each_resource_is_asked_once_however_often_the_stack_is() -> None:
    asked: list[str] = []

    def asking(stack: Stack, subject: Resource) -> list[str] | None:
        asked.append(subject.name)
        return colours(stack, subject)

    stack = Stack([coloured("a", "red"), coloured("b", "blue")])
    for _ in range(3):
        assert names(stack.sharing(asking, ["red"], COLOURED)) == ["a"]
    assert asked == ["a", "b"]


def test_several_types_come_in_the_order_of_the_stack() -> None:
    stack = Stack([coloured("a", type_="x"), coloured("b"), coloured("c", type_="x")])
    assert names(stack.of(COLOURED, "x")) == ["a", "b", "c"]
