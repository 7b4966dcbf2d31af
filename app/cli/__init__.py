"""The command line: parse arguments, call one service, print its answer."""
