"""The map in the browser: parse a request, call one service, render its answer."""
