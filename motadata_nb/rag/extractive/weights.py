"""Weights of the extractive answer, fitted on the questions of XQuAD in English.

What is said of them in `tests/benchmarks` is measured on articles that were left out of the fit, six parts in turn.
"""

__all__ = [
    "FOREIGN_BIAS",
    "FOREIGN_FACTORS",
    "FOREIGN_THRESHOLD",
    "LIKELY",
    "STRANGE_THRESHOLD",
    "UNRELATED_THRESHOLD",
    "WORTH",
]

LIKELY: dict[str, float] = {
    "overlap": 0.477,
    "fuzzy": 0.242,
    "around": 2.445,
    "union": 0.657,
    "before": 0.224,
    "rare": 2.291,
    "lower": 1.221,
    "bigrams": 2.671,
    "passage": 0.510,
    "covered": 0.780,
    "named": 1.062,
    "most": 0.882,
    "rank": -1.160,
    "first": 0.005,
    "share": -0.079,
    "cue": 1.406,
    "names": -0.042,
    "numbers": 0.615,
    "short": -1.176,
    "long": 0.002,
    "fresh": -0.225,
    "capitals": 0.076,
    "count": 1.130,
    "pronoun": 0.476,
    "year": 0.824,
    "percent": 2.627,
    "money": 5.049,
    "person": 0.648,
    "means": 0.891,
    "called": 0.745,
    "several": 0.464,
}
"""Conditional logit over all sentences of the passages, by their words alone."""

WORTH: dict[str, float] = {
    "overlap": -0.214,
    "fuzzy": -0.678,
    "around": 2.208,
    "union": 1.082,
    "before": -0.629,
    "rare": 2.271,
    "lower": 0.945,
    "bigrams": 2.074,
    "passage": 0.254,
    "covered": 1.029,
    "named": 0.809,
    "most": 0.815,
    "rank": -0.599,
    "first": 0.287,
    "share": 0.702,
    "cue": 0.585,
    "names": -0.392,
    "numbers": 0.565,
    "short": -1.898,
    "long": -0.091,
    "fresh": -0.047,
    "capitals": 0.151,
    "count": 0.742,
    "pronoun": 0.555,
    "year": 0.574,
    "percent": 1.827,
    "money": 4.694,
    "person": 0.633,
    "means": 0.973,
    "called": 0.758,
    "several": 0.396,
    "cosine": 0.973,
    "square": 3.643,
    "cosine_around": 0.287,
    "cosine_before": 1.415,
    "nearest": 2.397,
    "below": -2.340,
    "place": -0.234,
    "cued": 1.532,
    "mean": 1.430,
}
"""Conditional logit over the likeliest sentences, once they are embedded."""

FOREIGN_FACTORS = {
    "soft": 3.0, "soft_near": 3.0, "unseen": 3.0, "rarest_unseen": 3.0, "last": 0.5, "unsaid": 0.0,
}  # fmt: skip
"""What the weights of `refusal.json` are multiplied by for a question in another language than English: there words are
told by their letters alone, so which one is missing says little, and how many are missing much. Chosen, with the two
figures below, on 200 questions each of XQuAD in German and Spanish."""

FOREIGN_BIAS = 2.2
"""What is added to the sum for it."""

FOREIGN_THRESHOLD = 0.08
"""Support from which a question in another language than English is answered: the bundled model understands less of it.
That of an English one stands with the weights in `refusal.json`."""

STRANGE_THRESHOLD = 0.1
"""Support from which an answer is given where a name of the question stands in no passage: "in Germany", where they
speak of Sweden and Poland."""

UNRELATED_THRESHOLD = 0.2
"""Support from which an answer is given where the sentence has nothing like what somebody does, what happens or what is
counted."""
