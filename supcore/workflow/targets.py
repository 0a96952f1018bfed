"""Whether a requested file can belong to a configuration, and one line about it if it cannot."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from supcore.errors import SupError
from supcore.studies import STUDIES
from supcore.sup_names import check_tile, epsilon_text
from supcore.workflow.sources import CONTROLS
from supcore.workflow.studies import Studies

# Rules whose perturbations may be a control in place of a source.
RULES_WITH_CONTROLS = ("evaluate_perturbed", "save_outputs")


@dataclass(frozen=True)
class Target:
    """A requested file as an output of a rule.

    Attributes:
        path: as it was asked for.
        rule: name of the rule.
        wildcards: values of the rule's wildcards.
    """

    path: str
    rule: str
    wildcards: Mapping[str, str]


def check_path(path: str, outputs: Iterable[tuple[str, str]], studies: Studies) -> None:
    """Check that a path that looks like an output of a rule can belong to the configuration.

    Args:
        path: what was asked for.
        outputs: name and output pattern, without constraints, of every rule.
        studies: of the configuration, with its settings.

    Raises:
        SupError: it can belong to it in no way in which the path can be read.
    """
    errors = []
    for rule, pattern in outputs:
        wildcards = _possible_wildcards(pattern, path)
        if wildcards is None or wildcards.get("study", "transfer") not in (*STUDIES, *studies.names):
            continue
        try:
            return check_target(Target(path, rule, wildcards), studies)
        except SupError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def check_target(target: Target, studies: Studies) -> None:
    """Check that a file can belong to the configuration.

    Args:
        target: the file.
        studies: of the configuration, with its settings.

    Raises:
        SupError: it cannot; the message names the file, the wrong part of it and the known values.
    """
    settings, wildcards = studies.settings, target.wildcards
    dataset, network, source = (wildcards.get(name) for name in ("dataset", "network", "source"))

    def check(what: str, value: str, known: Iterable[str]) -> None:
        if value not in (names := list(known)):
            raise SupError(f"target {target.path}: no {what} {value!r} here; known: {', '.join(names) or 'none'}")

    if target.rule == "predict_training":
        stored = "/".join(wildcards[name] for name in ("dataset", "split", "network", "weights"))
        return check("stored predictions", stored, map("/".join, settings.stored_predictions))
    _check_study(target, studies, check)
    if "figure" in wildcards:
        check("figure", wildcards["figure"], studies.figures)
    if dataset is not None:
        check("data set", dataset, settings.config["datasets"] if "split" in wildcards else settings.evaluated)
        if "split" in wildcards:
            check(f"split of {dataset}", wildcards["split"], settings.config["datasets"][dataset]["splits"])
    if source is not None:
        attacking = settings.sources if dataset is None else settings.attacking(dataset)
        check("source", source, [*attacking, *(CONTROLS if target.rule in RULES_WITH_CONTROLS else ())])
    if network is not None:
        check("network", network, settings.networks if dataset is None else settings.targets(dataset))
    if "weights" in wildcards:
        _check_weights(target, studies, check)
    _check_grid(target, settings.config["image_size"])


Check = Callable[[str, str, Iterable[str]], None]


def _check_study(target: Target, studies: Studies, check: Check) -> None:
    wildcards = target.wildcards
    if "study" not in wildcards:
        return
    check("study", wildcards["study"], studies.names)
    if "dataset" in wildcards:
        study, dataset = studies[wildcards["study"]], wildcards["dataset"]
        check(f"data set of the study {study.name}", dataset, study.datasets(studies.settings))
        jobs = study.jobs(studies.settings, dataset) if study.evaluates else []
        check(f"job of the study {study.name}", wildcards["network"], jobs)


def _check_weights(target: Target, studies: Studies, check: Check) -> None:
    """Results are labeled with the weights that they were made with."""
    settings, wildcards = studies.settings, target.wildcards
    network, dataset, weights = wildcards.get("network"), wildcards.get("dataset"), wildcards["weights"]
    if network is None:
        source = wildcards["source"]
        check(f"attacked weights of {source}", weights, [settings.source(source).folder])
    elif dataset is None:
        check(f"weights of {network}", weights, settings.config["networks"][network]["weights"])
    else:
        used = settings.evaluation_weights(dataset, network)
        check(f"weights of {network} on {dataset}", weights, [used])


def _check_grid(target: Target, image_size: list[int]) -> None:
    """Any tile that fills the image, and any epsilon as it is written in paths."""
    size, epsilon = target.wildcards.get("size"), target.wildcards.get("epsilon")
    if size is not None:
        if not re.fullmatch(r"full|tile[1-9]\d*(x[1-9]\d*)?", size):
            raise SupError(f"target {target.path}: {size!r} is neither 'full' nor like 'tile64'")
        check_tile(f"target {target.path}", size, (image_size[0], image_size[1]))
    if epsilon is not None:
        try:
            right = 0 < float(epsilon) <= 1 and epsilon_text(float(epsilon)) == epsilon
        except ValueError:
            right = False
        if not right:
            raise SupError(f"target {target.path}: {epsilon!r} is no epsilon above 0 and up to 1, written like 0.02")


def _possible_wildcards(pattern: str, path: str) -> dict[str, str] | None:
    """Wildcards of an output pattern that would make this path, whatever their values; None if it is another path."""
    literal, *rest = re.split(r"\{(\w+)\}", pattern)
    expression, seen = re.escape(literal), set[str]()
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        expression += f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+)"
        expression += re.escape(text)
        seen.add(name)
    found = re.fullmatch(expression, path)
    return found and found.groupdict()
