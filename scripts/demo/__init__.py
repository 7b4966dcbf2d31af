"""The demonstration town: invented from a seed, true to size, with facts planted to be found."""
