"""Settings of one installation. Everything that differs between installations comes from the environment; every
default is safe. Names: docs/guide/en/settings.md."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from kalantar.kernel import keys as kept_keys
from kalantar.kernel import storage

PACKAGE = Path(__file__).resolve().parents[1]
PROFILES = ("demo", "station", "province", "test")

PROFILE = os.environ.get("KALANTAR_PROFILE", "")
if PROFILE not in PROFILES:
    raise SystemExit(f"kalantar.E001: KALANTAR_PROFILE is '{PROFILE}'. Set it to one of: {', '.join(PROFILES)}.")

if PROFILE == "test" and "KALANTAR_DATA" not in os.environ:
    os.environ["KALANTAR_DATA"] = tempfile.mkdtemp(prefix="kalantar-test-")
DATA = Path(os.environ.get("KALANTAR_DATA", "var/data")).resolve()
KEYS = Path(os.environ.get("KALANTAR_KEYS", f"{DATA}.keys")).resolve()
if PROFILE in {"demo", "test"}:
    kept_keys.make(KEYS)
try:
    SECRET_KEY = kept_keys.read(KEYS, "secret").decode()
except kept_keys.KeysRefused as refused:
    raise SystemExit(
        f"kalantar.E002: {refused.key} {refused.args_['path']}. Run './kalantar init' or restore the keys."
    ) from None

DEBUG = False
HOSTS = [host for host in os.environ.get("KALANTAR_HOSTS", "").split(",") if host]
ALLOWED_HOSTS = HOSTS or ["localhost", "127.0.0.1", "[::1]", *(["testserver"] if PROFILE == "test" else [])]
DATABASES = {"default": storage.database(os.environ.get("KALANTAR_DATABASE_URL"), DATA)}
if PROFILE == "test" and "sqlite3" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.sqlite3")}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "kalantar.kernel",
    "kalantar.people",
    "kalantar.web",
    "kalantar.territory",
    "kalantar.incidents",
    "kalantar.overview",
    "kalantar.project",
]
MIDDLEWARE = [
    "kalantar.web.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # random length and masked tokens: nothing to guess (BREACH)
    "django.middleware.security.SecurityMiddleware",
    "kalantar.project.health.HealthMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kalantar.web.middleware.ChosenLanguage",
    "kalantar.web.middleware.NotTooLarge",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "kalantar.people.middleware.WhoActs",
    "kalantar.web.middleware.SayWhy",
]
ROOT_URLCONF = "kalantar.project.urls"
WSGI_APPLICATION = "kalantar.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", "kalantar.web.context.page"],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "kalantar.web.templatetags.kalantar",
            ],
        },
    }
]

AUTH_USER_MODEL = "people.Officer"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if PROFILE == "test":
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "name_en")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "people:sign_in"

TLS = os.environ.get("KALANTAR_TLS", "no" if PROFILE in {"demo", "test"} else "yes") == "yes"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-session" if TLS else "session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if TLS else "csrftoken"
CSRF_FAILURE_VIEW = "kalantar.web.views.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in HOSTS] if TLS else []
SECURE_SSL_REDIRECT = TLS and os.environ.get("KALANTAR_TLS_REDIRECT", "yes") == "yes"
SECURE_REDIRECT_EXEMPT = ["^healthz$"]  # a probe on this machine asks without TLS
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if os.environ.get("KALANTAR_PROXY") == "yes" else None

LANGUAGE_CODE = "fa"
LANGUAGES = [("fa", "Persian"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "language"
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA / "uploads"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PROFILE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = PROFILE == "test"
WHITENOISE_AUTOREFRESH = False

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
BODY_MOST, VISITOR_BODY_MOST = 205_000_000, 100_000  # bytes of one request: a file with its form; a sign-in form
FILE_UPLOAD_TEMP_DIR = DATA / "tmp"  # what comes in is never outside DATA; the worker sweeps what a killed server left
with contextlib.suppress(OSError):  # a data folder that cannot be written is the gate's to refuse, in words
    FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
TEST_RUNNER = "django.test.runner.DiscoverRunner"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "kalantar": {"level": "INFO"},
        "django.security": {"level": "ERROR"},
        # A refused or missing page is no fault, and its address may hold an invitation.
        "django.request": {"level": "ERROR"},
    },
}
