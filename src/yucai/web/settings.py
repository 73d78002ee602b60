"""Django's settings. Only this file and the command line read the environment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from yucai.web.policy import read_policy, read_service
from yucai.web.workspace import SETTINGS_FILE, Workspace, open_workspace, require_address, require_processes

HERE = Path(__file__).parent


def _workspace() -> Workspace:
    folder = os.environ.get("YUCAI_WORKSPACE", "")
    if folder:
        return open_workspace(Path(folder))
    # Type checks, documentation and tests load the settings without an office.
    nowhere = Path(tempfile.gettempdir()) / "yucai-without-workspace"
    return Workspace(folder=nowhere, name="Yucai", secret_key="only-for-tests-and-type-checks-" + "x" * 32)


def _database(address: str, sqlite: Path) -> dict[str, object]:
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sqlite,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                " PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;"
                # The log grows to 64 MB before it goes into the file: a page that changes often is copied once.
                " PRAGMA wal_autocheckpoint=16000;",
            },
        }
    parts = require_address(address)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
    }


WORKSPACE = _workspace()
SIGN_IN = read_policy(WORKSPACE.folder / SETTINGS_FILE)
IDENTITY_SERVICE = read_service(WORKSPACE.folder / SETTINGS_FILE)
SECRET_KEY = WORKSPACE.secret_key
DEBUG = False
ALLOWED_HOSTS = os.environ.get("YUCAI_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

# In how many processes the pages are made: what each counts in its own memory is a share of the whole.
PROCESSES = require_processes(os.environ.get("YUCAI_PROCESSES") or "1")

# Said by whoever puts HTTPS in front (nginx, Caddy), which must set X-Forwarded-Proto itself and pass no other on.
HTTPS = os.environ.get("YUCAI_HTTPS", "") == "1"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "yucai.web.apps.YucaiConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "yucai.web.packed.packed",  # what comes above sees a page as it goes out
    "yucai.web.programs.without_cookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "yucai.web.limits.limited",
    "yucai.web.limits.arrived",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",  # says how long a page is, so all that changes pages comes below
    "yucai.web.tongues.tongues_marked",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "yucai.web.accounts.guarding.only_open_sign_ins",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "yucai.web.accounts.requests.kept_by_no_cache",
    "yucai.web.registers.first.notices_first",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "yucai.web.urls"
WSGI_APPLICATION = "yucai.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "yucai.web.registers.tested.tested",
            ],
        },
    }
]
# Lets statements be forwarded to addresses that are not encrypted, within a network that is safe otherwise.
FORWARD_UNENCRYPTED = os.environ.get("YUCAI_FORWARD_UNENCRYPTED", "") == "1"
DATABASE_ADDRESS = os.environ.get("YUCAI_DATABASE", WORKSPACE.database)
DATABASES = {"default": _database(DATABASE_ADDRESS, WORKSPACE.records)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "web.Account"
PASSWORD_HASHERS = [
    "yucai.web.accounts.passwords.OfficeArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "yucai.web.accounts.passwords.LengthValidator"},
    {"NAME": "yucai.web.accounts.passwords.KnownPasswordValidator"},
]
LOGIN_URL = "start"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "start"

LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_CODE = "zh-hans" if WORKSPACE.language == "zh" else "en"
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # the files are served from the package; nothing is collected
WHITENOISE_AUTOREFRESH = False

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False  # other servers of a school may not be ready
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # those two
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # no script reads it: forms carry the token
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = SIGN_IN.longest_hours * 60 * 60
_ISSUER = urlsplit(IDENTITY_SERVICE.issuer) if IDENTITY_SERVICE is not None else None
ORIGIN_OF_SERVICE = f"{_ISSUER.scheme}://{_ISSUER.netloc}" if _ISSUER is not None else ""
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        # Signing out leads on to the identity service, if there is one; else forms stay here.
        "form-action": ["'self'", *([ORIGIN_OF_SERVICE] if ORIGIN_OF_SERVICE else [])],
        "base-uri": ["'self'"],
        "object-src": ["'none'"],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "yucai.web.logs.PlainFormatter", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
