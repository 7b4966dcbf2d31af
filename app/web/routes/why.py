"""Why."""

from flask import Blueprint

ROUTES = Blueprint("why", __name__)
