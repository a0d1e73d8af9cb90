#!/usr/bin/env python3
"""Trains the small XGBoost models that the tests read, and writes down what
XGBoost itself answers: python3 make.py [PREFIX], in the directory of this file.

It needs numpy and xgboost: 1.7.4 wrote the files here, 3.4.1 those with the prefix
v3_, with which only a few cases are made. For each case:
  NAME.json.gz           the model, as save_model writes it
  NAME.scores.csv.gz     of each row in rows.csv.gz: the classes' probabilities
  NAME.shap.csv.gz       of the first SHAP_ROWS rows: Booster.predict(pred_contribs=True),
                         the features' contributions and the bias, class after class
"""

import gzip
import os
import sys
import tempfile

import numpy as np
import xgboost as xgb

FEATURES = ["bytes", "packets", "rate", "ratio", "flag", "tiny"]
ROWS = 300
SHAP_ROWS = 30


def sample(rng, n, missing):
    """Rows on a grid, so that many values equal thresholds; some are missing, and
    the last column is about zero: both zeros, denormals and their neighbours."""
    x = np.empty((n, len(FEATURES)), dtype=np.float32)
    x[:, 0] = np.round(rng.lognormal(3, 2, n))
    x[:, 1] = rng.integers(0, 40, n)
    x[:, 2] = np.round(rng.normal(0, 1, n) * 8) / 8
    x[:, 3] = rng.uniform(0, 1, n)
    x[:, 4] = rng.integers(0, 2, n)
    x[:, 5] = rng.choice(np.array([-1, -1e-45, -0.0, 0, 1e-45, 1e-38, 1], dtype=np.float32), n)
    signal = (np.log1p(x[:, 0]) - 3) * x[:, 2] + x[:, 1] / 20 + 2 * x[:, 4] * x[:, 3] + (x[:, 5] > 0)
    signal += rng.normal(0, 0.5, n)
    x[rng.uniform(0, 1, x.shape) < missing] = np.nan
    return x, signal


def dump(name, rows):
    with open(name, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        for row in rows:
            out.write((",".join("%.9g" % v for v in row) + "\n").encode())


PREFIX = sys.argv[1] if len(sys.argv) > 1 else ""
OF_PREFIX = {"binary", "no_missing", "three_classes", "softmax", "two_of_softprob", "parallel", "dart", "only_leaves",
             "weighted", "logitraw", "sure", "categorical", "vector_leaves"}


def save(name, booster):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "m.json")
        booster.save_model(path)
        with open(path, "rb") as f, open(name + ".json.gz", "wb") as raw:
            with gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
                out.write(f.read())


def case(name, x, y, rounds, rows, names=FEATURES, weight=None, types=None, predicts=True, **params):
    if PREFIX and name not in OF_PREFIX:
        return
    name = PREFIX + name
    params = {"seed": 1, "nthread": 1, "verbosity": 0, **params}
    train = xgb.DMatrix(x, y, weight=weight, feature_names=names, feature_types=types, enable_categorical=bool(types))
    booster = xgb.train(params, train, rounds)
    save(name, booster)
    if not predicts:
        return
    test = xgb.DMatrix(rows, feature_names=names)

    margins = booster.predict(test, output_margin=True)
    if params["objective"] in ("multi:softprob", "multi:softmax"):
        # softmax gives only the best class: softprob of the same trees is the answer.
        booster.set_param({"objective": "multi:softprob"})
        scores = booster.predict(test)
        booster.set_param({"objective": params["objective"]})
    elif params["objective"] == "binary:logitraw":
        p = 1 / (1 + np.exp(-margins.astype(np.float64)))
        scores = np.stack([1 - p, p], 1)
    else:
        p = booster.predict(test).astype(np.float64)
        scores = np.stack([1 - p, p], 1)
    shap = booster.predict(xgb.DMatrix(rows[:SHAP_ROWS], feature_names=names), pred_contribs=True)

    dump(name + ".scores.csv.gz", scores)
    dump(name + ".shap.csv.gz", shap.reshape(SHAP_ROWS, -1))


def main():
    rng = np.random.default_rng(1)
    full, signal = sample(rng, 1200, 0)
    holes, signal_holes = sample(rng, 1200, 0.15)
    rows, _ = sample(rng, ROWS, 0.1)
    dump("rows.csv.gz", rows)

    two = (signal_holes > 1).astype(np.float32)
    three = np.digitize(signal_holes, [0, 2]).astype(np.float32)
    weight = rng.uniform(0.1, 5, len(two))
    logistic, softprob = {"objective": "binary:logistic"}, {"objective": "multi:softprob", "num_class": 3}

    case("binary", holes, two, 12, rows, max_depth=4, **logistic)
    case("exact", holes, two, 6, rows, max_depth=4, tree_method="exact", **logistic)
    case("no_missing", full, (signal > 1).astype(np.float32), 8, rows, max_depth=3, base_score=0.2,
         tree_method="hist", **logistic)
    case("three_classes", holes, three, 6, rows, max_depth=3, **softprob)
    case("softmax", holes, three, 3, rows, max_depth=3, objective="multi:softmax", num_class=3, base_score=0.9)
    case("two_of_softprob", holes, two, 4, rows, max_depth=3, objective="multi:softprob", num_class=2)
    case("deep", holes[:500], two[:500], 2, rows, max_depth=30, min_child_weight=0, reg_lambda=0.01, **logistic)
    case("lossguide", holes, two, 4, rows, tree_method="hist", grow_policy="lossguide", max_depth=0,
         max_leaves=40, **logistic)
    case("parallel", holes, three, 1, rows, names=None, max_depth=4, num_parallel_tree=6, subsample=0.6,
         colsample_bynode=0.6, learning_rate=1, **softprob)
    case("dart", holes, two, 12, rows, booster="dart", rate_drop=0.4, max_depth=3, **logistic)
    case("dart_classes", holes, three, 5, rows, booster="dart", rate_drop=0.5, one_drop=1, max_depth=3, **softprob)
    case("pruned", holes, two, 6, rows, max_depth=6, gamma=4, tree_method="exact", **logistic)
    case("stump", holes, two, 1, rows, max_depth=1, **logistic)
    case("only_leaves", holes, two, 2, rows, max_depth=3, gamma=1e9, base_score=0.3, **logistic)
    case("weighted", holes, two, 8, rows, max_depth=4, weight=weight, scale_pos_weight=3, **logistic)
    case("logitraw", holes, two, 5, rows, max_depth=3, objective="binary:logitraw", base_score=0.3)
    case("reg_logistic", holes, two * 0.8 + 0.1, 5, rows, max_depth=3, objective="reg:logistic")
    case("sure", holes, np.ones(len(holes)), 2, rows, max_depth=3, **logistic)
    # Half of the rows weigh nothing: leaves without hessian.
    case("no_hessian", holes, two, 2, rows, max_depth=4, min_child_weight=0, weight=np.where(holes[:, 1] > 20, 0, 1),
         **logistic)

    # What has to be refused.
    case("categorical", holes, two, 3, rows, types=["q", "c", "q", "q", "c", "q"], predicts=False, max_depth=4,
         tree_method="hist", max_cat_to_onehot=1, **logistic)
    case("linear", full, two, 3, rows, predicts=False, booster="gblinear", **logistic)
    case("regression", holes, signal_holes, 3, rows, predicts=False, max_depth=3, objective="reg:squarederror")
    case("targets", holes, np.stack([two, 1 - two], 1), 3, rows, predicts=False, max_depth=3, tree_method="hist", **logistic)
    if PREFIX:
        case("vector_leaves", holes, three, 3, rows, predicts=False, max_depth=3, tree_method="hist",
             multi_strategy="multi_output_tree", **softprob)


main()
