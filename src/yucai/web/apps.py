"""The one Django app."""

from importlib import import_module

from django.apps import AppConfig


class YucaiConfig(AppConfig):
    """All pages and records of Yucai; its tables are called ``web_...``."""

    name = "yucai.web"
    label = "web"
    verbose_name = "Yucai"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to who signs in."""
        import_module("yucai.web.accounts.signing").listen()
