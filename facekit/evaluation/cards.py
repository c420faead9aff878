"""The cards of SavedModels, to which evaluations add their figures."""

import json


def read_card(model):
    """Return ``card.json`` of a SavedModel folder, a ``Path``, as a dict."""
    return json.loads((model / "card.json").read_text())


def write_card(model, card):
    """Write ``card.json`` of a SavedModel folder, whole or not at all."""
    temporary = model / "card.json.partial"
    temporary.write_text(json.dumps(card, indent=2) + "\n")
    temporary.replace(model / "card.json")
