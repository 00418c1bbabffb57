"""The witness: a small server for the works council's own machine, without a portal, its databases or its keys."""
