"""Everything public explains itself: docstring with its source or chapter, types everywhere, shapes on every array."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "wgan_lib"
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
JAXTYPING = {"Shaped", "Num", "Inexact", "Float", "Real", "Integer", "Int", "UInt", "Bool", "Complex"} | {
    f"{kind}{bits}"
    for kind, sizes in {"Float": (16, 32, 64), "Int": (8, 32, 64), "UInt": (8,)}.items()
    for bits in sizes
}
BARE = {"ndarray", "NDArray", "ArrayLike", "Tensor", "FloatTensor"}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def bare_arrays(annotation: ast.expr) -> list[str]:
    """The array types of an annotation that say nothing about their shape; what callables take is their own matter."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    if isinstance(annotation, ast.Subscript) and name_of(annotation.value) in JAXTYPING | {"Callable"}:
        return []
    found = [name_of(annotation)] if name_of(annotation) in BARE else []
    children = [child for child in ast.iter_child_nodes(annotation) if isinstance(child, ast.expr)]
    return found + [bare for child in children for bare in bare_arrays(child)]


def complaints_about_function(
    function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, bound: bool
) -> Iterator[str]:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args][1 if bound else 0 :] + arguments.kwonlyargs
    named += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    for argument in named:
        if argument.annotation is None:
            yield f"{name}: argument {argument.arg} has no type"
        elif bare := bare_arrays(argument.annotation):
            yield f"{name}: argument {argument.arg} is a bare {', '.join(bare)} without a shape"
    if function.returns is None:
        yield f"{name}: no return type"
    elif bare := bare_arrays(function.returns):
        yield f"{name}: returns a bare {', '.join(bare)} without a shape"


def complaints_about_class(definition: ast.ClassDef) -> Iterator[str]:
    for node in definition.body:
        where = f"{definition.name}.{getattr(node, 'name', '')}"
        if isinstance(node, ast.AnnAssign) and not name_of(node.target).startswith("_"):
            if bare := bare_arrays(node.annotation):
                yield f"{definition.name}: field {name_of(node.target)} is a bare {', '.join(bare)} without a shape"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
            not node.name.startswith("_") or node.name in ("__init__", "__call__", "__post_init__")
        ):
            static = any(name_of(decorator) == "staticmethod" for decorator in node.decorator_list)
            yield from complaints_about_function(node, where, bound=not static)
            if not node.name.startswith("_") and not ast.get_docstring(node):
                yield f"{where}: no docstring"


def complaints(source: str, sources_wanted: bool = True) -> list[str]:
    """What is missing from the public definitions of a module."""
    tree, found = ast.parse(source), []
    if not ast.get_docstring(tree):
        found.append("the module: no docstring")
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and name_of(node.annotation) == "TypeAlias" and node.value:
            found += [f"{name_of(node.target)}: alias of a bare {bare}" for bare in bare_arrays(node.value)]
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        docstring = ast.get_docstring(node) or ""
        is_error = isinstance(node, ast.ClassDef) and any(name_of(base).endswith("Error") for base in node.bases)
        if not docstring:
            found.append(f"{node.name}: no docstring")
        elif sources_wanted and not is_error and "Source" not in docstring and "Chapter" not in docstring:
            found.append(f"{node.name}: the docstring names neither Source nor Chapter")
        if isinstance(node, ast.ClassDef):
            found += complaints_about_class(node)
        else:
            found += complaints_about_function(node, node.name, bound=False)
    return found


GOOD = '''
"""A module."""
Points: TypeAlias = Float[np.ndarray, "n d"] | None
class Law:
    """A law. Chapter: refresher."""
    points: Float[np.ndarray, "n d"]
    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Draw."""
    def _hidden(self, x): ...
class LawError(ValueError):
    """No law."""
def distance(x: Float[Tensor, "n"] | None, *, f: Callable[[Tensor], Tensor]) -> tuple[Num[Any, "n"], ...]:
    """Measure. Source: a paper."""
'''


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('"""A module."""\n', "", "the module: no docstring"),
        ('"""Draw."""', "...", "Law.sample: no docstring"),
        ('"""No law."""', "...", "LawError: no docstring"),
        (" Source: a paper.", "", "distance: the docstring names neither Source nor Chapter"),
        (" Chapter: refresher.", "", "Law: the docstring names neither Source nor Chapter"),
        ("n: int", "n", "Law.sample: argument n has no type"),
        (' -> tuple[Num[Any, "n"], ...]:', ":", "distance: no return type"),
        ('x: Float[Tensor, "n"]', "x: torch.Tensor", "distance: argument x is a bare Tensor without a shape"),
        ('x: Float[Tensor, "n"]', 'x: "np.ndarray"', "distance: argument x is a bare ndarray without a shape"),
        ('tuple[Num[Any, "n"], ...]', "list[np.ndarray]", "distance: returns a bare ndarray without a shape"),
        ('-> Float[Tensor, "n d"]', "-> Tensor", "Law.sample: returns a bare Tensor without a shape"),
        ('points: Float[np.ndarray, "n d"]', "points: NDArray", "Law: field points is a bare NDArray without a shape"),
        ('= Float[np.ndarray, "n d"]', "= np.ndarray", "Points: alias of a bare ndarray"),
    ],
)
def test_the_check_sees_what_is_missing(right, wrong, complaint):
    assert complaints(GOOD) == []
    assert GOOD.count(right) == 1
    assert complaints(GOOD.replace(right, wrong)) == [complaint]


@pytest.mark.parametrize("module", MODULES)
def test_public_definitions_explain_themselves(module):
    found = complaints((PACKAGE / module).read_text(), sources_wanted=module != "__main__.py")
    assert found == [], "\n".join(["", *found])
