"""Names of units, beats and colleagues, and the running number of an incident."""

from django import template

from kalantar.territory import names

register = template.Library()
register.filter("unit_name", names.title)
