"""Every HTTP route as its source declares it: method, path, permission, first line of the docstring.

Taken from the declaration of its service; what is still registered on a blueprint is read from the syntax tree.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

METHODS = frozenset({"get", "post", "put", "patch", "delete"})


class Route(NamedTuple):
    """`permission` is empty on a public route; both it and `why` are empty on a route that declares nothing."""

    program: str
    method: str
    path: str
    permission: str
    why: str
    about: str


def routes(root: Path) -> list[Route]:
    """All routes of all services and of the operations that each of them has, by program and path."""
    places = [("every service", root / "libs/runtime/src")]
    places += [(service.name, service / "src") for service in sorted((root / "services").iterdir())]
    found = [
        route for program, place in places for file in sorted(place.rglob("*.py")) for route in in_file(program, file)
    ]
    found += [route for file in sorted(root.glob("services/*/src/headwater/*/service.py")) for route in declared(file)]
    return sorted(found, key=lambda route: (route.path, route.method, route.program))


def declared(file: Path) -> Iterator[Route]:
    """The routes of the service that declares itself in this file."""
    service = importlib.import_module(f"headwater.{file.parent.name}.service").SERVICE
    for route in (route for group in service.routes for route in group):
        about = (route.view.__doc__ or "").strip().split("\n")[0]
        yield Route(service.name, route.method, route.path, route.permission or "", route.public, about)


def in_file(program: str, file: Path) -> Iterator[Route]:
    text = file.read_text()
    if "Blueprint(" not in text:
        return
    tree = _Constants(text).visit(ast.parse(text))
    prefixes = _prefixes(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from _of_function(program, node, prefixes)


class _Constants(ast.NodeTransformer):
    """Replaces names in capitals by the texts they stand for, own ones and imported ones."""

    def __init__(self, text: str) -> None:
        self._known: dict[str, str] = {}
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                self._known |= {_name(target): _text(node.value) for target in node.targets}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("headwater."):
                self._learn(node)

    def _learn(self, node: ast.ImportFrom) -> None:
        wanted = [alias for alias in node.names if alias.name.isupper()]
        module = importlib.import_module(node.module or "") if wanted else None
        for alias in wanted:
            value = getattr(module, alias.name)
            if isinstance(value, str):
                self._known[alias.asname or alias.name] = value

    def visit_Name(self, node: ast.Name) -> ast.expr:  # the name is ast's
        known = self._known.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return node if known is None else ast.Constant(known)


def _prefixes(tree: ast.AST) -> dict[str, str]:
    """Name of a blueprint's variable to its prefix."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _name(node.value.func) == "Blueprint":
            prefix = next((k.value for k in node.value.keywords if k.arg == "url_prefix"), None)
            for target in node.targets:
                found[_name(target)] = _text(prefix)
    return found


def _of_function(program: str, function: ast.FunctionDef, prefixes: dict[str, str]) -> Iterator[Route]:
    calls = [decorator for decorator in function.decorator_list if isinstance(decorator, ast.Call)]
    said = {_name(call.func): _text(call.args[0]) for call in calls if call.args and isinstance(call.func, ast.Name)}
    about = (ast.get_docstring(function) or "").split("\n")[0]
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.args:
            owner, verb = _name(call.func.value), call.func.attr
            if owner in prefixes and (verb in METHODS or verb == "route"):
                path = prefixes[owner] + _text(call.args[0])
                for method in [verb] if verb in METHODS else _methods(call):
                    permission, why = said.get("permission", ""), said.get("public", "")
                    yield Route(program, method.upper(), path, permission, why, about)


def _methods(call: ast.Call) -> list[str]:
    listed = next((k.value for k in call.keywords if k.arg == "methods"), None)
    return [_text(item) for item in listed.elts] if isinstance(listed, ast.List | ast.Tuple) else ["get"]


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
