"""Answers as pictures: SVG that needs no script, reads well in light and dark, and can be saved as a file."""

from clustergraph.ask.charts.chart import draw
from clustergraph.ask.charts.places import PLACES_QUERY, Place

__all__ = ["PLACES_QUERY", "Place", "draw"]
