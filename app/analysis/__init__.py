"""Pure functions from layers and rules to results; each analysis declares itself."""
