"""How long a search takes: python -m bench.search [--things 100000]."""

from __future__ import annotations

import argparse
import random
import statistics
import time

from clustergraph.questions.search import Index, Name

_WORDS = """Advanced Agro Auto Bio Blue Build Care Chem Circular Clean Cloud Composite Cyber Data Design Digital Energy
Food Forest Future Green Health Innova Inter Laser Life Light Logistic Marine Mat Mechatronic Media Micro Mobil Nano
Net Opto Pack Photon Plast Pole Polymer Robot Science Sensor Smart Space Steel System Tech Textile Tool Wave"""
_PLACES = "Lombardy Catalonia Rhône Alpes Baden Flanders Wales Malopolska Silesia Navarre Skåne Tyrol Veneto Zealand"
_KINDS = "Cluster Association Agency Institute University Foundation GmbH S.r.l. Network Park Platform Region"


def names(things: int) -> list[Name]:
    """Return made-up things with names like those of real ones, each with an acronym of its own."""
    draw = random.Random(5)
    parts, kinds, places = _WORDS.split(), _KINDS.split(), _PLACES.split()
    found = []
    for number in range(things):
        words = [draw.choice(parts) + draw.choice(parts).lower(), draw.choice(kinds), draw.choice(places)]
        label = " ".join(words) + (f" {number % 97}" if number % 3 == 0 else "")
        found.append(Name(f"https://e.org/{number}", label, label, "cluster"))
    return found


def typed(name: str, draw: random.Random) -> str:
    """Return a name as people type it: in small letters, and with one letter wrong, left out or doubled."""
    text, place = name.lower(), draw.randrange(1, len(name))
    return text[:place] + draw.choice(("", text[place - 1], draw.choice("aeinrst"))) + text[place:][draw.randrange(2) :]


def main() -> None:
    """Measure, and print milliseconds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--things", type=int, default=100_000)
    options.add_argument("--searches", type=int, default=500)
    chosen = options.parse_args()
    known = names(chosen.things)
    start = time.perf_counter()
    index = Index.of(known)
    print(f"{chosen.things:,} things: read in {time.perf_counter() - start:.1f} s")
    draw = random.Random(7)
    took, right = [], 0
    for _ in range(chosen.searches):
        name = draw.choice(known)
        text = typed(name.label, draw)
        start = time.perf_counter()
        hits = index.search(text)
        took.append((time.perf_counter() - start) * 1000)
        right += any(hit.label == name.label for hit in hits)
    took.sort()
    print(
        f"median {statistics.median(took):.1f} ms, 95% {took[int(len(took) * 0.95)]:.1f} ms, longest {took[-1]:.1f} ms;"
        f" {100 * right / len(took):.1f}% found among the first ten"
    )


if __name__ == "__main__":
    main()
