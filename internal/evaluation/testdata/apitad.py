"""Cross-validates scikit-learn's classifiers on rows, classes and folds from standard input, and writes a line of JSON
for each: the accuracy and the F1 of the class attack, the mean of the folds for each seed."""

import json
import sys
import warnings

import numpy as np
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

warnings.simplefilter("ignore")  # of classes that are never predicted: their F1 is 0

# Defaults, unless named; what depends on the scale of the features gets them standardised.
CLASSIFIERS = {
    "random forest": lambda seed: RandomForestClassifier(n_estimators=100, random_state=seed),
    "bagging": lambda seed: BaggingClassifier(DecisionTreeClassifier(), n_estimators=100, random_state=seed),
    "decision tree": lambda seed: DecisionTreeClassifier(random_state=seed),
    "histogram gradient boosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "AdaBoost": lambda seed: AdaBoostClassifier(random_state=seed),
    "k nearest neighbours": lambda seed: make_pipeline(StandardScaler(), KNeighborsClassifier()),
    "SVM": lambda seed: make_pipeline(StandardScaler(), SVC(cache_size=1000)),
    "logistic regression": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "Gaussian naive Bayes": lambda seed: GaussianNB(),
}

task = json.load(sys.stdin)
rows, classes = np.array(task["rows"]).T, np.array(task["classes"])
for name, classifier in CLASSIFIERS.items():
    accuracy, attack = [], []
    for seed, folds in enumerate(task["folds"]):
        of_folds = []
        for fold in folds:
            rest = np.ones(len(rows), dtype=bool)
            rest[fold] = False
            predicted = classifier(seed).fit(rows[rest], classes[rest]).predict(rows[fold])
            of_folds.append(
                (
                    accuracy_score(classes[fold], predicted),
                    f1_score(classes[fold], predicted, labels=["attack"], average=None, zero_division=0)[0],
                )
            )
        accuracy.append(float(np.mean([a for a, _ in of_folds])))
        attack.append(float(np.mean([f for _, f in of_folds])))
    print(json.dumps({"classifier": name, "accuracy": accuracy, "attack_f1": attack}), flush=True)
