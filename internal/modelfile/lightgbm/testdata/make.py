#!/usr/bin/env python3
"""Trains the small LightGBM models that the tests read, and writes down what
LightGBM itself answers: python3 make.py LIGHTGBM [PREFIX], in the directory of this
file; LIGHTGBM is its command line program. 4.6.0.99, the development after 4.6.0,
wrote the files here, 3.3.5 those with the prefix v3_, with which only a few cases
are made.

It needs numpy. For each case:
  NAME.txt.gz            the model, as output_model has it (its parameters cut off)
  NAME.scores.csv.gz     of each row in rows.csv.gz: the classes' probabilities
  NAME.shap.csv.gz       of the first SHAP_ROWS rows: what predict_contrib=true gives,
                         the features' contributions and the bias, class after class
"""

import gzip
import os
import subprocess
import sys
import tempfile

import numpy as np

FEATURES = ["bytes", "packets", "rate", "ratio", "flag", "tiny"]
ROWS = 300
SHAP_ROWS = 30


def sample(rng, n, missing):
    """Rows on a grid of float32; some values are missing, and the last column is
    about zero: both zeros, LightGBM's bound of zero and its neighbours."""
    bound = np.float32(1e-35)
    x = np.empty((n, len(FEATURES)), dtype=np.float32)
    x[:, 0] = np.round(rng.lognormal(3, 2, n))
    x[:, 1] = rng.integers(0, 40, n)
    x[:, 2] = np.round(rng.normal(0, 1, n) * 8) / 8
    x[:, 3] = rng.uniform(0, 1, n)
    x[:, 4] = rng.integers(0, 2, n)
    x[:, 5] = rng.choice([-1, -bound, -0.0, 0, bound, np.nextafter(bound, np.float32(1)), 1], n)
    signal = (np.log1p(x[:, 0]) - 3) * x[:, 2] + x[:, 1] / 20 + 2 * x[:, 4] * x[:, 3] + (x[:, 5] > 0)
    signal += rng.normal(0, 0.5, n)
    x[rng.uniform(0, 1, x.shape) < missing] = np.nan
    return x, signal


def dump(name, rows):
    with open(name, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        for row in rows:
            out.write((",".join("%.9g" % v for v in row) + "\n").encode())


def table(path, y, x, weight=None):
    """The digits that a float64 needs: LightGBM reads float64."""
    with open(path, "w") as out:
        out.write("label," + ",".join(FEATURES) + "\n")
        for label, row in zip(y, x.astype(np.float64)):
            out.write(",".join(["%g" % label] + ["%.17g" % v for v in row]) + "\n")
    if weight is not None:
        np.savetxt(path + ".weight", weight)


def run(program, **config):
    config = {"verbosity": -1, "num_threads": 1, "header": "true", "label_column": 0,
              "precise_float_parser": "true", **config}
    subprocess.run([program] + ["%s=%s" % kv for kv in config.items()], check=True)


PREFIX = sys.argv[2] if len(sys.argv) > 2 else ""
OF_PREFIX = {"binary", "no_missing", "sigmoid", "three_classes", "forest", "only_leaves"}


def case(program, name, x, y, rounds, rows, weight=None, predicts=True, **params):
    if PREFIX and name not in OF_PREFIX:
        return
    name = PREFIX + name
    with tempfile.TemporaryDirectory() as d:
        path = lambda f: os.path.join(d, f)
        table(path("train.csv"), y, x, weight)
        table(path("rows.csv"), np.zeros(len(rows)), rows)
        params = {"seed": 1, "deterministic": "true", "num_iterations": rounds, "learning_rate": 0.3, **params}
        run(program, task="train", data=path("train.csv"), output_model=path("m.txt"), **params)
        with open(path("m.txt")) as f:
            model = f.read()
        model = model[:model.index("\nparameters:")] + "\npandas_categorical:null\n"
        with open(name + ".txt.gz", "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
            out.write(model.encode())
        if not predicts:
            return
        run(program, task="predict", data=path("rows.csv"), input_model=path("m.txt"), output_result=path("scores"))
        run(program, task="predict", data=path("rows.csv"), input_model=path("m.txt"), output_result=path("shap"),
            predict_contrib="true")
        scores = np.loadtxt(path("scores"), ndmin=2)
        if len(scores) == 1:
            scores = scores.T
        if scores.shape[1] == 1:
            scores = np.hstack([1 - scores, scores])
        dump(name + ".scores.csv.gz", scores)
        dump(name + ".shap.csv.gz", np.loadtxt(path("shap"), ndmin=2)[:SHAP_ROWS])


def main(program):
    rng = np.random.default_rng(2)
    full, signal = sample(rng, 1200, 0)
    holes, signal_holes = sample(rng, 1200, 0.15)
    rows, _ = sample(rng, ROWS, 0.1)
    dump("rows.csv.gz", rows)

    two = (signal_holes > 1).astype(int)
    three = np.digitize(signal_holes, [0, 2])
    weight = rng.uniform(0.1, 5, len(two))
    binary, softmax = {"objective": "binary"}, {"objective": "multiclass", "num_class": 3}
    forest = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.7}

    case(program, "binary", holes, two, 12, rows, num_leaves=12, **binary)
    # No value is missing in training: missing_type None, NaN is taken for 0 in the rows.
    case(program, "no_missing", full, (signal > 1).astype(int), 8, rows, num_leaves=12, **binary)
    case(program, "not_used", holes, two, 6, rows, num_leaves=12, use_missing="false", **binary)
    case(program, "sigmoid", holes, two, 6, rows, num_leaves=8, sigmoid=0.7, is_unbalance="true", **binary)
    case(program, "weighted", holes, two, 6, rows, num_leaves=8, weight=weight, **binary)
    case(program, "deep", holes, two, 2, rows, num_leaves=120, min_data_in_leaf=1, min_sum_hessian_in_leaf=0, **binary)
    case(program, "three_classes", holes, three, 6, rows, num_leaves=8, **softmax)
    case(program, "two_of_multiclass", holes, two, 4, rows, num_leaves=8, objective="multiclass", num_class=2)
    case(program, "cross_entropy", holes, two * 0.8 + 0.1, 5, rows, num_leaves=8, objective="cross_entropy")
    case(program, "dart", holes, two, 12, rows, num_leaves=8, boosting="dart", drop_rate=0.4, skip_drop=0.2, **binary)
    case(program, "goss", holes, two, 6, rows, num_leaves=8, data_sample_strategy="goss", learning_rate=0.5, **binary)
    case(program, "forest", holes, two, 8, rows, num_leaves=16, **forest, **binary)
    case(program, "forest_classes", holes, three, 5, rows, num_leaves=8, **forest, **softmax)
    case(program, "stump", holes, two, 1, rows, num_leaves=2, **binary)
    case(program, "only_leaves", holes, two, 2, rows, min_gain_to_split=1e9, **binary)
    # What has to be refused.
    case(program, "zero_as_missing", holes, two, 6, rows, predicts=False, num_leaves=8, zero_as_missing="true", **binary)
    case(program, "categorical", holes, two, 6, rows, predicts=False, num_leaves=8, categorical_feature="1", **binary)
    case(program, "linear", holes, two, 2, rows, predicts=False, num_leaves=4, linear_tree="true", **binary)
    case(program, "one_versus_all", holes, three, 2, rows, predicts=False, num_leaves=4,
         objective="multiclassova", num_class=3)
    case(program, "regression", holes, signal_holes, 2, rows, predicts=False, num_leaves=4, objective="regression")


main(sys.argv[1])
