"""An application of Django and of Django REST framework, with views that are protected as tutorials show it:
django_app.py CONFIG, where CONFIG is a file with the port. Its database is beside that file."""

import sys
from pathlib import Path

import django
from django.conf import settings

CONFIG = Path(sys.argv[1])

# What `startproject` writes, as far as requests meet it.
settings.configure(
    DEBUG=True,
    SECRET_KEY="of-a-test-which-keeps-nothing-secret-0c7a52b1",
    ALLOWED_HOSTS=[],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "rest_framework",
        "rest_framework.authtoken",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": CONFIG.with_name("db.sqlite3")}},
    # The default takes a second for each login.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    USE_TZ=True,
)
django.setup()

from django.contrib.auth import authenticate, login  # noqa: E402
from django.contrib.auth.decorators import login_required, permission_required  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from rest_framework.authentication import (  # noqa: E402
    BasicAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.authtoken.models import Token  # noqa: E402
from rest_framework.exceptions import APIException  # noqa: E402
from rest_framework.permissions import IsAdminUser, IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

REPORTS = [{"title": "First quarter"}]


@csrf_exempt
def log_in(request):
    """Gives the test its session."""
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    login(request, user)
    return HttpResponse(status=204)


def json_bearer(request):
    """The 401 for a session, with the challenge of a scheme that nothing here accepts."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "Unauthorized"}, status=401, headers={"WWW-Authenticate": "Bearer"})
    return JsonResponse(REPORTS, safe=False)


def json_bare(request):
    if not request.user.is_authenticated:
        return JsonResponse({"error": "Authentication required"}, status=401)
    return JsonResponse(REPORTS, safe=False)


@login_required
def decorated(request):
    return JsonResponse(REPORTS, safe=False)


@permission_required("auth.view_user", raise_exception=True)
def with_permission(request):
    return JsonResponse(REPORTS, safe=False)


class Reports(APIView):
    """What all of DRF's views have in common."""

    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response(REPORTS)


class Basic(Reports):
    authentication_classes = [BasicAuthentication]
    permission_classes = [IsAdminUser]


class SessionFirst(Reports):
    """The default of DRF's settings."""

    authentication_classes = [SessionAuthentication, BasicAuthentication]
    permission_classes = [IsAdminUser]


class BasicFirst(Reports):
    authentication_classes = [BasicAuthentication, SessionAuthentication]


class WithToken(Reports):
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAdminUser]


class Code401(APIView):
    """`code` is a word of the body; the status stays 500."""

    authentication_classes = []
    permission_classes = []

    def get(self, request):
        if request.headers.get("Authorization") != "Bearer alice-token":
            raise APIException("Invalid token", code=401)
        return Response(REPORTS)


urlpatterns = [
    path("log-in", log_in),
    path("json-bearer/", json_bearer),
    path("json-bare/", json_bare),
    path("decorated/", decorated),
    path("with-permission/", with_permission),
    path("drf/basic/", Basic.as_view()),
    path("drf/session-first/", SessionFirst.as_view()),
    path("drf/basic-first/", BasicFirst.as_view()),
    path("drf/token/", WithToken.as_view()),
    path("drf/code-401/", Code401.as_view()),
]

if __name__ == "__main__":
    # If the port was taken, this is the second start.
    CONFIG.with_name("db.sqlite3").unlink(missing_ok=True)
    call_command("migrate", verbosity=0)
    alice = User.objects.create_superuser("alice", password="wonderland")
    bob = User.objects.create_user("bob", password="builder")
    Token.objects.create(user=alice, key="0a1b2c3d4e5f60718293a4b5c6d7e8f901234567")
    Token.objects.create(user=bob, key="9f8e7d6c5b4a39281706f5e4d3c2b1a098765432")
    call_command("runserver", "--noreload", f"127.0.0.1:{int(CONFIG.read_text())}")
