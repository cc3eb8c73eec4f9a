"""YAML documents, read as kubectl reads them, each value with its place; of bounded cost."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import yaml

# The loader of libyaml, where there is one, is ten times faster.
SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_DEEPEST: Final = 100
"""Levels: no manifest has a third of them, and at some thousands libyaml exhausts the stack."""
_MOST_VALUES: Final = 1_000_000
"""In a document, each alias counted with all that it stands for."""
_NOT_A_TAG: Final = "not YAML: quote a text that begins with an exclamation mark"


class DocumentError(Exception):
    """Text that is not YAML, or none that is read.

    `place` is the line and the column, which count from 1, as far as they are known; `index` is
    where that is in the text. `is_tag`: a value begins with an exclamation mark.
    """

    def __init__(self, message: str, mark: Any = None, *, is_tag: bool = False) -> None:  # noqa: ANN401 - one of two classes of marks
        super().__init__(message)
        self.place = (mark.line + 1, mark.column + 1) if mark else ()
        self.index = mark.index if mark else 0
        self.is_tag = is_tag


def documents(text: str) -> Iterator[tuple[object, yaml.Node]]:
    """Yield the value of each document that has one, and the node that knows its places.

    Raise `DocumentError`.
    """
    try:
        _check_depth(text)
        loader = _Loader(text)
        try:
            while loader.check_node():
                node = loader.get_node()
                if node is not None and not _is_null(node):
                    _check_size(node)
                    yield loader.construct_document(node), node
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        is_tag = "determine a constructor for the tag" in str(error.problem)
        raise DocumentError(
            _NOT_A_TAG if is_tag else f"not YAML: {error.problem or error}", mark, is_tag=is_tag
        ) from error
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError) as error:
        raise DocumentError(f"not YAML that can be read: {error}") from error


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=SAFE_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise DocumentError(f"nested more than {_DEEPEST} levels deep", event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_size(root: yaml.Node) -> None:
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if isinstance(node, yaml.ScalarNode):
            return 1
        known = sizes.get(id(node))
        if known is None:
            sizes[id(node)] = _MOST_VALUES + 1  # until it is known: of what contains itself
            pairs = isinstance(node, yaml.MappingNode)
            children = chain.from_iterable(node.value) if pairs else node.value
            known = sizes[id(node)] = 1 + sum(map(size, children))
        return known

    if size(root) > _MOST_VALUES:
        raise DocumentError(
            f"more than {_MOST_VALUES} values, with what aliases stand for", root.start_mark
        )


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


class _Loader(SAFE_LOADER):  # type: ignore[misc]  # one of two classes
    """Reads as kubectl does, and what it writes: text that only YAML 1.1 takes for more is text.

    Such are dates, `=`, `<<` as a value, and numbers without a digit such as `0x_`. A key that
    stands twice is an error.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - overridden
        seen = set[str]()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key.value!r} is set twice", key.start_mark
                    )
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int | str:
        """Construct a number, or text that only looks like one."""
        try:
            number: int = super().construct_yaml_int(node)
        except ValueError:
            return str(node.value)
        return number


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
for _tag in ("merge", "value"):  # `<<` and `=` where they are no keys
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_yaml_str)
