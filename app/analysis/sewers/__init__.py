"""Storm and combined sewers as a network, its model for EPA SWMM, and what an engine answers."""
