"""Which operator made what, read back from the provenance beside it."""

import json

from supcore.workflow.provenance import mixed_backends, operator_backends


def record(folder, name, backend=None):
    path = folder / f"{name}.csv"
    device = {"device": {"deform_conv_backend": backend}} if backend else {}
    path.with_suffix(".json").write_text(json.dumps(device))
    return str(path)


def test_records_are_sorted_by_the_operator_that_made_them(tmp_path):
    fast, slow, again = (record(tmp_path, *made) for made in (("a", "cpp"), ("b", "torch"), ("c", "cpp")))
    silent, bare = record(tmp_path, "d"), str(tmp_path / "e.csv")
    assert operator_backends([fast, slow, again, silent, bare]) == {
        "cpp": [fast, again],
        "torch": [slow],
        "unknown": [silent, bare],
    }


def test_the_warning_is_one_line_that_names_a_record_of_each_operator():
    assert mixed_backends({}) is None
    assert mixed_backends({"cpp": ["a.csv", "b.csv"]}) is None
    warning = mixed_backends({"torch": ["c.csv"], "cpp": ["a.csv", "b.csv"]})
    assert "cpp (2, e.g. a.csv), torch (1, e.g. c.csv)" in warning
    assert "\n" not in warning
