"""A face reads through a scope and changes through a verb: views, forms and template tags touch no manager."""

import ast

import pytest

from tests.house import reading

MANAGERS = {"objects", "_default_manager", "_base_manager"}
WRITES = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
FACES = ("views", "forms", "templatetags", "context", "api")


def faults(code: str) -> list[str]:
    """Every unscoped manager and every write in a module."""
    tree = ast.parse(code)
    scoped = set()
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"visible_to", "none"} and _is_manager(node.value):
            scoped.add(node.value)
    for node in ast.walk(tree):
        if _is_manager(node) and node not in scoped:
            found.append(f"{node.lineno}: {ast.unparse(node)} without a scope")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _writes(node):
            found.append(f"{node.lineno}: {ast.unparse(node.func)}() is a write; a verb does that")
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("get_object_or_404", "get_list_or_404")):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Name) and first.id[:1].isupper():
                found.append(f"{node.lineno}: {ast.unparse(node.func)}({first.id}) without a scope")
    return found


def _is_manager(node) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in MANAGERS


def _writes(call: ast.Call) -> bool:
    receiver, name = ast.unparse(call.func.value), call.func.attr
    if receiver.split(".")[-1] in {"session", "verbs"}:
        return False
    if name == "delete":  # a queryset or a row; a cache or a dictionary names what it deletes
        return not call.args and not call.keywords
    if name == "update":  # a queryset names fields; a dictionary is given another
        return bool(call.keywords) and not call.args
    return name in WRITES


@pytest.mark.parametrize(
    "bad",
    [
        "Report.objects.filter(state=1)",
        "Report.objects.all()",
        "Report._default_manager.get(pk=1)",
        "get_object_or_404(Report, pk=1)",
        "shortcuts.get_object_or_404(Report, pk=1)",
        "rows(Report.objects)",
        "report.save()",
        "form.save()",
        "Report.objects.create(title='')",
        "reports.update(state=2)",
        "report.delete()",
    ],
)
def test_it_catches(bad):
    assert faults(bad)


@pytest.mark.parametrize(
    "good",
    [
        "Report.objects.visible_to(request.actor).filter(state=1)",
        "get_object_or_404(Report.objects.visible_to(request.actor), pk=1)",
        "verbs.close(report, by=request.actor)",
        "verbs.create(by=request.actor)",
        "context.update({'a': 1})",
        "forms.ModelChoiceField(Report.objects.none())",
        "request.session.save()",
        "response.delete_cookie('language')",
    ],
)
def test_it_lets_pass(good):
    assert faults(good) == []


@pytest.mark.parametrize("path", reading.python_files(*FACES), ids=lambda path: str(path.relative_to(reading.PACKAGE)))
def test_a_face_keeps_to_scopes_and_verbs(path):
    assert faults(path.read_text(encoding="utf-8")) == []
