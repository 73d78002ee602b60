"""The one Django app."""

from django.apps import AppConfig


class YucaiConfig(AppConfig):
    """All pages and records of Yucai; its tables are called ``web_...``."""

    name = "yucai.web"
    label = "web"
    verbose_name = "Yucai"
    default_auto_field = "django.db.models.BigAutoField"
