"""A bundle holds every file under its name, described as RO-Crate 1.1 asks for it."""

import hashlib
import json
import zipfile

import yaml

from supcore.sharing.bundles import write_bundle


def bundled(tmp_path, name="bundle.zip"):
    results = tmp_path / "results"
    (results / "tables").mkdir(parents=True, exist_ok=True)
    (results / "tables/transfer.csv").write_text("a,b\n1,2\n")
    (tmp_path / "shared/sups").mkdir(parents=True, exist_ok=True)
    (tmp_path / "shared/sups/sup.safetensors").write_bytes(b"tiles")
    files = [results / "tables/transfer.csv", tmp_path / "shared/sups/sup.safetensors"]
    assert write_bundle(results / name, files, results, {"seed": 0, "image_size": (64, 128)}) == 2
    return results / name


def test_every_file_is_there_and_described(tmp_path):
    with zipfile.ZipFile(bundled(tmp_path)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    graph = {entity["@id"]: entity for entity in json.loads(contents.pop("ro-crate-metadata.json"))["@graph"]}
    assert yaml.safe_load(contents["configuration.yaml"]) == {"seed": 0, "image_size": [64, 128]}
    assert set(contents) == {"configuration.yaml", "tables/transfer.csv", "shared/sups/sup.safetensors"}
    assert {part["@id"] for part in graph["./"]["hasPart"]} == set(contents)
    table = graph["tables/transfer.csv"]
    assert table["sha256"] == hashlib.sha256(contents["tables/transfer.csv"]).hexdigest()
    assert (table["encodingFormat"], table["contentSize"]) == ("text/csv", "8")


def test_the_metadata_have_what_the_specification_requires(tmp_path):
    """Section 'RO-Crate structure' and 'Root data entity' of version 1.1."""
    with zipfile.ZipFile(bundled(tmp_path)) as archive:
        metadata = json.loads(archive.read("ro-crate-metadata.json"))
    graph = {entity["@id"]: entity for entity in metadata["@graph"]}
    assert len(graph) == len(metadata["@graph"])
    descriptor = graph["ro-crate-metadata.json"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"]["@id"] == "https://w3id.org/ro/crate/1.1"
    assert {"name", "description", "datePublished", "hasPart"} <= graph["./"].keys()
    referred = [part["@id"] for part in graph["./"]["hasPart"]] + [part["@id"] for part in graph["#run"]["result"]]
    assert set(referred) <= graph.keys()


def test_the_same_files_make_the_same_bytes(tmp_path):
    first = bundled(tmp_path)
    second = first.with_name("again.zip")
    files = [tmp_path / "results/tables/transfer.csv", tmp_path / "shared/sups/sup.safetensors"]
    write_bundle(second, reversed(files), tmp_path / "results", {"image_size": (64, 128), "seed": 0})
    assert first.read_bytes() == second.read_bytes()
