"""Whether the engine takes a text for a regular expression."""

from functools import cache

from cel_expr_python import cel  # type: ignore[import-untyped]  # it has no py.typed


def is_pattern(text: str) -> bool:
    """Tell whether RE2 takes it. Go, whose groups and names differ, may refuse it all the same."""
    try:
        result = _asking().eval(data={"pattern": text})
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the binding raises what it likes
        return False
    return bool(result.type() == cel.Type.BOOL)


@cache
def _asking() -> cel.Expression:
    return cel.NewEnv(variables={"pattern": cel.Type.STRING}).compile("''.matches(pattern)")
