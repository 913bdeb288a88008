"""Settings: one readable module, everything variable comes from the environment (docs/operations.md lists it)."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.boolean("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", "")
BASE_URL = env.text("BASE_URL", "http://localhost:8000").rstrip("/")
ADMIN_PATH = env.text("ADMIN_PATH", "operator/").strip("/") + "/"
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", BASE_URL)
SECURE = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    *(["daphne"] if find_spec("daphne") else []),  # `runserver` only
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "accounts.apps.AccountsConfig",
    "quotas.apps.QuotasConfig",
    "avatars.apps.AvatarsConfig",
    "sessions.apps.SessionsConfig",
    "streaming.apps.StreamingConfig",
]

MIDDLEWARE = [
    "accounts.middleware.RequestContextMiddleware",
    "accounts.middleware.PermissionsPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.AccessMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.pages.shell",
            ]
        },
    }
]

# --- state -----------------------------------------------------------------------------------------------------------
DATABASES = {"default": dj_database_url.parse(env.text("DATABASE_URL"))}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "pool": {"min_size": 1, "max_size": env.integer("DATABASE_POOL_SIZE", 16), "timeout": 10},
}
DATABASE_APP_ROLE = env.text("DATABASE_APP_ROLE", "visavis_app")
REDIS_URL = env.text("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "cache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- identity --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "studio"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupName"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Visavis"
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {"add_webauthn": "accounts.mfa_forms.PasskeyForm"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
USERSESSIONS_TRACK_ACTIVITY = True
# Keyed hashes of API keys, tickets and invitations; rotating it makes all of them invalid.
TOKEN_PEPPER = env.text("TOKEN_PEPPER", SECRET_KEY)

# --- mail ------------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = env.text("EMAIL_FILE_PATH", str(BASE_DIR / ".visavis" / "mail"))
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Visavis <visavis@localhost>")

# --- REST ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.rest.authentication.ApiKeyAuthentication",
        "accounts.rest.authentication.PageAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.rest.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.rest.throttling.AccessThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.rest.parsing.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "accounts.rest.pagination.TimePagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.rest.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
API_RATE_LIMIT = env.text("API_RATE_LIMIT", "600/minute")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Visavis API",
    "VERSION": "1",
    "DESCRIPTION": "Real-time talking avatars: sessions, turns, voices and usage of a workspace.",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "SessionState": "sessions.models.SessionState",
        "TurnState": "sessions.models.TurnState",
        "AvatarState": "avatars.models.AvatarState",
        "EmotionName": "avatars.face.EMOTIONS",
        "SoundFormat": "avatars.rest.block_shapes.SOUNDS",
        "SoundUploadFormat": "avatars.rest.block_shapes.UPLOADS",
        "AvatarKind": "avatars.models.AvatarKind",
        "AssetKind": "avatars.blocks.models.AssetKind",
        "VideoFormat": "avatars.rest.video_shapes.FORMATS",
        "VideoState": "avatars.videos.models.VideoState",
        "WebhookDeliveryState": "accounts.webhooks.models.DeliveryState",
        "Metric": "quotas.rest.plan_shapes.METRICS",
        "Counter": "quotas.rest.usage_shapes.COUNTERS",
        "Watched": "quotas.rest.alert_shapes.WATCHED",
        "InvoiceState": "quotas.rest.money_shapes.ISSUED",
        "SubscriptionStatus": "quotas.rest.plan_shapes.LIVE",
    },
    "SERVERS": [{"url": "/"}],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.rest.schema.default_problem",
        "config.health.described",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Development and tests only: webhooks may go to http, any port and private addresses.
WEBHOOK_ALLOW_INSECURE = env.boolean("WEBHOOK_ALLOW_INSECURE", False)

# --- files of workspaces: private, never below STATIC_URL ------------------------------------------------------------
MEDIA_ROOT = env.text("MEDIA_ROOT", str(BASE_DIR / ".visavis" / "files"))
FILES_S3_BUCKET = env.text("FILES_S3_BUCKET", "")  # empty: a folder, MEDIA_ROOT
FILE_LINK_SECONDS = env.integer("FILE_LINK_SECONDS", 3600)
FILE_ORPHAN_HOURS = env.integer("FILE_ORPHAN_HOURS", 24)  # files without a row go after this; 0: never
AVATAR_PHOTO_BYTES = env.integer("AVATAR_PHOTO_BYTES", 20_000_000)
AVATAR_PHOTO_PIXELS = env.integer("AVATAR_PHOTO_PIXELS", 40_000_000)
AVATAR_HEAD_BYTES = env.integer("AVATAR_HEAD_BYTES", 30_000_000)
AVATAR_NAMES = "avatars.selectors.names"  # for the meter, which counts by ids and may not know the room of avatars
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "avatars.storage.PrivateFolder", "OPTIONS": {"location": MEDIA_ROOT}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if FILES_S3_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "avatars.bucket.PrivateBucket",
        "OPTIONS": {
            "bucket_name": FILES_S3_BUCKET,
            "endpoint_url": env.text("FILES_S3_ENDPOINT", "") or None,
            "region_name": env.text("FILES_S3_REGION", "") or None,
            "access_key": env.text("FILES_S3_ACCESS_KEY", "") or None,
            "secret_key": env.text("FILES_S3_SECRET_KEY", "") or None,
            "default_acl": None,
            "querystring_auth": True,
            "querystring_expire": 2 * FILE_LINK_SECONDS,
            "file_overwrite": False,
            "signature_version": "s3v4",
        },
    }

# --- pages -----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS: list[Any] = [BASE_DIR / "static", ("visavis", BASE_DIR / "clients" / "web" / "dist")]
# Until `collectstatic` has run, files are found where they lie and read afresh each time.
SERVESTATIC_USE_FINDERS = SERVESTATIC_AUTOREFRESH = not any(STATIC_ROOT.glob("*/"))
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# --- security --------------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = SECURE and env.boolean("SSL_REDIRECT", True)
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The camera takes portraits, the microphone hears whom the avatar talks with; pages ask the browser for little else.
_OFF = "accelerometer browsing-topics display-capture encrypted-media geolocation gyroscope hid idle-detection"
_OFF += " local-fonts magnetometer midi payment serial usb xr-spatial-tracking"
_SELF = "autoplay camera clipboard-write fullscreen microphone publickey-credentials-create publickey-credentials-get"
PERMISSIONS_POLICY = ", ".join([*(f"{name}=(self)" for name in _SELF.split()), *(f"{name}=()" for name in _OFF.split())])
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'", "blob:", "data:"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    }
}
FILES_ORIGIN = env.text("FILES_S3_PUBLIC_ORIGIN", "")  # where browsers fetch files when they lie in S3
if FILES_ORIGIN:
    for directive in ("img-src", "media-src", "connect-src"):
        CONTENT_SECURITY_POLICY["DIRECTIVES"][directive].append(FILES_ORIGIN)

# --- billing ---------------------------------------------------------------------------------------------------------
BILLING_ENABLED = env.boolean("BILLING_ENABLED", True)
PAYMENT_METHOD = env.text("PAYMENT_METHOD", "manual")  # of new workspaces: manual or stripe
STRIPE_API_KEY = env.text("STRIPE_API_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "")
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "https://api.stripe.com").rstrip("/")
STRIPE_TIMEOUT_SECONDS = env.integer("STRIPE_TIMEOUT_SECONDS", 20)
STRIPE_PUSH_USAGE = env.boolean("STRIPE_PUSH_USAGE", False)
STRIPE_METER_PREFIX = env.text("STRIPE_METER_PREFIX", "visavis_")
# The issuer of invoices, as each shows it; lines of the address and of the bank details are separated by "|".
INVOICE_ISSUER_NAME = env.text("INVOICE_ISSUER_NAME", "Visavis")
INVOICE_ISSUER_ADDRESS = env.text("INVOICE_ISSUER_ADDRESS", "")
INVOICE_ISSUER_COUNTRY = env.text("INVOICE_ISSUER_COUNTRY", "")
INVOICE_ISSUER_EMAIL = env.text("INVOICE_ISSUER_EMAIL", "")
INVOICE_ISSUER_TAX_NUMBER = env.text("INVOICE_ISSUER_TAX_NUMBER", "")
INVOICE_ISSUER_BANK = env.text("INVOICE_ISSUER_BANK", "")
INVOICE_SERIES = env.text("INVOICE_SERIES", "main")
INVOICE_PREFIX = env.text("INVOICE_PREFIX", "INV-")  # of a series when it begins
if STRIPE_API_KEY:
    # Browsers also hold a form's redirects to this: the buttons lead to Stripe's hosted pages.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += ["https://checkout.stripe.com", "https://billing.stripe.com"]

# --- live sessions ---------------------------------------------------------------------------------------------------
SESSION_IDLE_SECONDS = env.integer("SESSION_IDLE_SECONDS", 300)
SESSION_MAX_SECONDS = env.integer("SESSION_MAX_SECONDS", 3600)
SESSION_SLICE_SECONDS = env.integer("SESSION_SLICE_SECONDS", 20)
SESSION_CONNECT_SECONDS = env.integer("SESSION_CONNECT_SECONDS", 120)
SESSION_RESUME_SECONDS = env.integer("SESSION_RESUME_SECONDS", 30)
SESSION_MAX_VIEWERS = env.integer("SESSION_MAX_VIEWERS", 50)
WAV2LIP_WEIGHTS = env.text("VISAVIS_WAV2LIP_WEIGHTS", "")  # the operator's own; lips of photo avatars in videos
RENDER_BATCH = env.text("VISAVIS_RENDER_BATCH", "auto")  # auto (where torch draws on CUDA), on, off

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "accounts.logs.ContextFilter"}, "ready": {"()": "accounts.logs.NotReadyFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["context"]}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"httpx": {"level": "WARNING"}, "django.request": {"level": "ERROR", "filters": ["ready"]}},
}
