"""Classify wines and predict eruptions by mixtures, and ask both how sure they are."""

from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

from mixfold import MixtureClassifier, MixtureRegressor
from mixfold.datasets import load_faithful

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
classifier = MixtureClassifier(covariance_type="diag", random_state=0).fit(X_train, y_train)
print(f"wine: accuracy {classifier.score(X_test, y_test):.3f}")
print("components of each class:", [mixture.n_components for mixture in classifier.mixtures_])

eruptions = load_faithful().data
train, test = train_test_split(eruptions, random_state=0)
regressor = MixtureRegressor(random_state=0).fit(train[:, :1], train[:, 1])
mean, std = regressor.predict([[2.0], [3.0], [4.5]], return_std=True)
for minutes, wait, spread in zip((2.0, 3.0, 4.5), mean, std, strict=True):
    print(f"after {minutes} minutes: {wait:.0f} ± {spread:.0f} minutes of waiting")
print(f"log-score {regressor.log_score(test[:, :1], test[:, 1]):.3f} nats")
