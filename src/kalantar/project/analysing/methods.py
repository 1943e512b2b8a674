"""Every method there is: importing a module of methods enters them into the table."""

from . import methods_counts, methods_places, methods_why
from .table import METHODS, Method, Work, by_question

MODULES = (methods_counts, methods_places, methods_why)

__all__ = ["METHODS", "MODULES", "Method", "Work", "by_question"]
