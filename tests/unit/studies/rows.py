"""Small tables of the studies, as a configuration of three networks would give them."""

import pandas as pd

from supcore.studies import make_study
from supcore.studies.corruptions import with_change

DESIGNS = {"plain": ["plain_0", "plain_1"], "deform": ["deform_0", "deform_1"]}


def row(target, source="none", d1=2.0, *, half=1.0, **other):
    """One row of a transfer table; D1 with an interval of ± ``half``, EPE a tenth of it."""
    attack = source != "none"
    base = {"dataset": "kitti2015", "target": target, "source": source, "size": "tile64" if attack else ""}
    base |= {"epsilon": 0.02 if attack else 0.0, "seed": 0 if attack else pd.NA, "reference": "ground_truth"}
    base |= {"n_images": 40, "published_d1": None, "published_epe": None}
    for metric, value, width in (("d1", d1, half), ("epe", d1 / 10, half / 10)):
        base |= {f"{metric}_mean": value, f"{metric}_std": width}
        base |= {f"{metric}_ci_low": value - width, f"{metric}_ci_high": value + width}
    return base | other


def frame(rows):
    return pd.DataFrame(rows).astype({"seed": "Int64", "published_d1": "float64", "published_epe": "float64"})


def transfer_rows():
    """AANet's SUPs in three sizes and three epsilons on two networks."""
    rows = [row(target, published_d1=1.5) for target in ("aanet", "psmnet")]
    for target in ("aanet", "psmnet"):
        for epsilon in (0.005, 0.01, 0.02):
            rows.append(row(target, "noise", 2.2, epsilon=epsilon))
            for rank, size in enumerate(("tile16", "tile64", "full")):
                rows.append(row(target, "aanet", 1000 * epsilon + 10 * rank, size=size, epsilon=epsilon))
    return frame(rows)


def corruption_rows(severities=(1,), half=1.0):
    rows = []
    for target, clean in (("psmnet", 2.0), ("psmnet_deform25_patchmatch", 4.0)):
        rows.append(row(target, d1=clean, corruption="none", severity=0, half=half))
        for name, factor in (("gaussian", 1.3), ("jpeg", 3.0)):
            for severity in severities:
                labels = {"corruption": name, "severity": severity, "half": half}
                rows.append(row(target, d1=clean * factor * severity, **labels))
                rows.append(row(target, "psmnet", 10 * clean * factor, **labels))
    return with_change(frame(rows))


def class_rows():
    rows = []
    for class_id, (name, d1) in enumerate((("road", 9.0), ("sky", 30.0), ("car", 15.0))):
        for target, factor in (("aanet", 1.0), ("psmnet", 0.5)):
            label = {"class_id": class_id, "class": name}
            rows += [row(target, d1=factor, **label), row(target, "aanet", factor * d1, **label)]
            rows.append(row(target, "aanet", factor * d1, reference="clean", **label))
    return frame(rows)


def sample_rows():
    counts = ((10000, 40.0), (43000, 47.0), (5000, 20.0))
    return frame([row(n, n, d1, samples=samples) for n in ("aanet", "psmnet") for samples, d1 in counts])


def per_image_rows():
    attacks = (("ifgsm", 44.0), ("fgsm", 12.0))
    return frame([row(t, "aanet", d1, size="full", attack=a) for t in ("aanet", "psmnet") for a, d1 in attacks])


def targeted_rows():
    """Two goals on two networks, each with its own clean rows, noise and one source."""
    rows = []
    for goal, source in (("shift 5", "near"), ("scale 0.5", "far")):
        for target in ("aanet", "psmnet"):
            for name, success in (("none", 1.0), ("noise", 2.0), (source, 40.0)):
                numbers = {f"success_{part}": success for part in ("mean", "std", "ci_low", "ci_high")}
                rows.append(row(target, name, goal=goal, **numbers, reference="goal"))
    return frame(rows)


def design_transfer():
    rows = []
    networks = [n for names in DESIGNS.values() for n in names]
    for target in networks:
        seed, base = int(target[-1]), 60 if target.startswith("plain") else 20
        rows += [row(target, d1=2.0 + seed), row(target, "noise", 3.0 + seed)]
        rows += [row(target, source, base + seed) for source in networks]
    return frame(rows)


def finetuning_transfer():
    rows = []
    for target, scale in (("aanet", 1.0), ("tuned", 0.1)):
        rows.append(row(target, d1=2.0))
        for epsilon in (0.01, 0.02):
            rows.append(row(target, "aanet", 2000 * scale * epsilon, epsilon=epsilon))
            rows.append(row(target, "tuned", 1000 * epsilon, epsilon=epsilon))
    return frame(rows)


def tables_of(name, table, transfer, published, settings):
    """A study, its table (made from the transfer table where it is None), and what it reads."""
    study, tables = make_study(name, settings), {"transfer": transfer}
    table = study.table([], tables, published, 0) if table is None else table
    return study, table, tables


def matrices_of(name, table, transfer, published, settings):
    """The printed tables of a study."""
    study, table, tables = tables_of(name, table, transfer, published, settings)
    return list(study.matrices(study.shown(table, tables, published)))


def figure_of(name, table, transfer, published, settings, dataset="kitti2015"):
    """The figure of a study."""
    study, table, tables = tables_of(name, table, transfer, published, settings)
    return study.draw(study.shown(table, tables, published), tables, dataset=dataset)


def study_rows():
    """Every study: its name, its table, the transfer table beside it, its settings."""
    transfer = transfer_rows()
    yield "corruptions", corruption_rows(), transfer, {}
    yield "classes", class_rows(), transfer, {}
    yield "sampling_efficiency", sample_rows(), transfer, {}
    yield "per_image", per_image_rows(), transfer, {}
    yield "robust_design", None, design_transfer(), {"designs": DESIGNS}
    yield "finetuning", None, finetuning_transfer(), {"finetuned": {"aanet": "tuned"}}
    yield "targeted", targeted_rows(), transfer, {"targets": {"near": {"shift": 5}, "far": {"scale": 0.5}}}
    yield "tile_sizes", None, transfer, {}
