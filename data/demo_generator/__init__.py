"""Makes the bundled borough: a fictional town in the North Sea, so that no real street is shown.

``python -m data.demo_generator --seed 1 --out data/demo`` writes it; the same seed gives the same
bytes. The product never imports this package.
"""
