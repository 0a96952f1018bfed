"""Where the files of a run lie. Snakemake replaces ``<results>`` and the like in inputs and outputs, not in params."""

from pathlib import Path

from supcore.sup_names import SupName

RESULTS = "<results>"
SHARED = "<shared>"  # data, weights and SUPs: the same as <results> unless two configurations have them in common


def manifest(dataset: str, split: str) -> str:
    """The pairs of a split."""
    return f"{SHARED}/manifests/{dataset}/{split}.csv"


def cache(dataset: str, split: str) -> str:
    """Its pairs at the working size."""
    return f"{SHARED}/cache/{dataset}/{split}"


def clean_predictions(dataset: str, split: str, network: str, weights: str) -> str:
    """A network's clean predictions of pairs that SUPs are optimized on."""
    return f"{SHARED}/clean/{dataset}/{split}/{network}/{weights}.npy"


def weights_file(network: str, weights: str) -> str:
    """Weights of a network."""
    return f"{SHARED}/weights/{network}/{weights}.safetensors"


def sup_file(source: str, weights: str, name: SupName, file: str = "sup.safetensors") -> str:
    """A SUP, or another file of its folder; ``weights`` as :attr:`supcore.workflow.sources.Source.folder` has them."""
    return f"{SHARED}/sups/{source}/{weights}/{name.folder}/{file}"


def evaluation(dataset: str, network: str, weights: str, file: str) -> str:
    """A file of the evaluation of a network on a data set."""
    return f"{RESULTS}/evaluations/{dataset}/{network}/{weights}/{file}"


def table(study: str, suffix: str = "csv") -> str:
    """The table of a study."""
    return f"{RESULTS}/tables/{study}.{suffix}"


def figure(name: str, suffix: str = "png") -> str:
    """A figure."""
    return f"{RESULTS}/figures/{name}.{suffix}"


def provenance(file: str) -> str:
    """What is known of how a file was made."""
    return f"{Path(file).parent}/{Path(file).stem}.json"
