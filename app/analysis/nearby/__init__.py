"""What every analysis of nearby services stands on: homes, facilities, the walking network."""
